//! What people type: `ask`, `stop`, `approve`, `deny`, on repositories and with agents of their own.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::program::{PATIENCE, World, able, complained, processes, said, until};
use crate::repository::{bare, git, make};

/// An agent as a team would write one: a script that reads a prompt and leaves files.
pub(crate) const AGENT: &str = r#"
mkdir -p "$SIGNALBOX_OUT/proposals"
case "$SIGNALBOX_PHASE" in
plan)
  echo 'Change the greeting.' > "$SIGNALBOX_OUT/plan.md"
  echo '{"summary": "The greeting changes.", "risk": "low", "files": ["greeting.txt"]}' > "$SIGNALBOX_OUT/output.json" ;;
build)
  echo 'Good day, everybody.' > greeting.txt
  echo 'The greeting is friendlier.' > "$SIGNALBOX_OUT/summary.md"
  echo '{"proposal": "change_request", "title": "A friendlier greeting", "body": "It says good day now.", "not_done": ""}' > "$SIGNALBOX_OUT/proposals/1.json" ;;
review)
  echo '{"verdict": "approve", "comments": []}' > "$SIGNALBOX_OUT/output.json" ;;
answer)
  echo '{"proposal": "answer", "text": "Because of the way light scatters."}' > "$SIGNALBOX_OUT/proposals/1.json" ;;
esac
"#;

/// A workflow with a person in it.
pub(crate) const GATED: &str = "
name: build
description: Asks before it builds.
on:
  chat: { roles: [member] }
inputs:
  request: { type: string, required: true }
phases:
  approve:
    label: Approve
    gate: { kind: approve, roles: [maintainer], expires: 1h }
  build:
    label: Build
    needs: [approve]
    agent: { use: default, model: default, prompt: prompts/build.md }
    permissions: { contents: write }
  open:
    label: Open
    needs: [build]
    forge: open_change_request
    outputs:
      change_request: { max: 1, draft: true }
";

/// A prompt that passes on what there is.
pub(crate) const PROMPT: &str =
    "{{ request }}\n\n{{ followups }}\n\n{{ handoffs }}\n\n{{ feedback }}\n\n{{ context }}\n\n{{ outputs_guide }}\n";

/// Settings with one agent, which runs `command`, and one repository.
pub(crate) fn settings(command: &str) -> String {
    format!(
        "[[rooms]]\nname = \"web\"\ntopic = \"repo:acme/hello\"\n\n[[repositories]]\nfrom = \"hello\"\nname = \"acme/hello\"\n\n\
         [agents.default]\nadapter = \"command\"\ncommand = '''{command}'''\n"
    )
}

/// A world with a repository in the folder `hello`.
pub(crate) fn world(settings: &str, files: &[(&str, &str)]) -> World {
    let world = World::new(settings);
    let readme = [("README.md", "# Hello\n"), ("greeting.txt", "Hello.\n"), ("agent.sh", AGENT)];
    make(&world.path().join("hello"), &[&readme, files].concat());
    world
}

/// Files of a repository that asks before it builds.
pub(crate) const GATED_FILES: [(&str, &str); 2] =
    [(".signalbox/workflows/build/workflow.yaml", GATED), (".signalbox/workflows/build/prompts/build.md", PROMPT)];

#[track_caller]
fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}\n{}", said(output), complained(output));
    said(output)
}

#[track_caller]
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}\n{}", said(output), complained(output));
    said(output) + &complained(output)
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}\n{}", said(output), complained(output)))
}

#[test]
fn a_sentence_about_a_folder_of_ones_own_becomes_a_change_request() {
    if !able() {
        return;
    }
    let world = world("", &[]);
    let asked = world.run(["ask", "make the greeting friendlier", "--repo", "hello", "--agent", "command:sh agent.sh"]);
    let thread = succeeded(&asked);
    assert!(thread.contains("Ready for review: “A friendlier greeting”"), "{thread}");
    world.assert_vacated();

    let run = json(&world.run(["show", "last", "--json"]));
    let repository = run["state"]["job"]["plan"]["target"]["repository"].as_str().unwrap_or_else(|| panic!("{run}"));
    let forge = bare(&world.data(), repository);
    let branches = git(&forge, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    let branch = branches.lines().find(|branch| *branch != "main").unwrap();
    assert_eq!(git(&forge, &["show", &format!("{branch}:greeting.txt")]), "Good day, everybody.");
    // The person's own folder is only read.
    assert_eq!(fs::read_to_string(world.path().join("hello/greeting.txt")).unwrap(), "Hello.\n");
    assert_eq!(git(&world.path().join("hello"), &["status", "--porcelain"]), "");
}

#[test]
fn an_agent_that_does_nothing_is_never_believed() {
    if !able() {
        return;
    }
    let world = world("", &[]);
    let thread = failed(&world.run(["ask", "be friendlier", "--repo", "hello", "--agent", "command:true"]));
    assert!(thread.contains("plan.md") && !thread.contains("Ready for review"), "{thread}");

    let idle = "command:[ $SIGNALBOX_PHASE != build ] || exec touch $SIGNALBOX_OUT/summary.md; sh agent.sh";
    let thread = succeeded(&world.run(["ask", "be friendlier", "--repo", "hello", "--agent", idle]));
    assert!(thread.contains("Nothing needed to be changed"), "{thread}");
    world.assert_vacated();
}

#[test]
fn a_question_is_answered_without_a_repository() {
    if !able() {
        return;
    }
    let world = world("", &[]);
    let agent = format!("command:{AGENT}");
    let thread = succeeded(&world.run(["ask", "why is the sky blue?", "--agent", &agent]));
    assert!(thread.contains("Because of the way light scatters."), "{thread}");
    world.assert_vacated();
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    if !able() {
        return;
    }
    let world = world("", &[(".signalbox/workflows/build.yaml", &GATED.replace("needs:", "neads:"))]);
    let agent = ["--agent", "command:sh agent.sh"];
    let thread = failed(&world.run([&["ask", "be friendlier", "--repo", "hello"][..], &agent].concat()));
    assert!(thread.contains(".signalbox/workflows/build.yaml:14"), "{thread}");
    assert!(thread.contains("`neads`") && thread.contains("did you mean `needs`?"), "{thread}");

    let nowhere = failed(&world.run([&["ask", "be friendlier", "--repo", "no/such/folder"][..], &agent].concat()));
    assert!(nowhere.contains("no/such/folder"), "{nowhere}");
    let nobody = failed(&world.run(["ask", "be friendlier", "--repo", "hello"]));
    assert!(nobody.contains("no agent is set up"), "{nobody}");
}

#[test]
fn stopped_is_said_when_nothing_runs_any_more() {
    if !able() {
        return;
    }
    // A number that nobody else sleeps for.
    let world = world(&settings("sleep 6123 & setsid sleep 6123 & sleep 6123"), &[]);
    let (dispatcher, _) = world.serve();
    succeeded(&world.run(["ask", "be friendlier", "--room", "web"]));
    let sleeping = || processes().iter().filter(|(_, words)| words.iter().any(|word| word == "6123")).count();
    until("the agent sleeps", PATIENCE, || (sleeping() >= 3).then_some(()));

    let stopped = succeeded(&world.run(["stop", "last"]));
    assert_eq!((sleeping(), world.runners().len()), (0, 0));
    assert!(stopped.contains("Stopped by You"), "{stopped}");
    let again = failed(&world.run(["stop", "last"]));
    assert!(again.contains("is over already"), "{again}");
    world.assert_vacated();
    dispatcher.end();
}

#[test]
fn a_gate_is_decided_from_the_command_line() {
    if !able() {
        return;
    }
    let world = world(&settings("sh agent.sh"), &GATED_FILES);
    let (dispatcher, _) = world.serve();
    let waiting = || {
        until("the gate is open", PATIENCE, || {
            let run = json(&world.run(["show", "last", "--json"]));
            run.to_string().contains("deciding").then_some(())
        });
    };
    let ended = || {
        until("the run has ended", PATIENCE, || {
            let show = said(&world.run(["show", "last"]));
            ["Ready for review", "said no"].iter().any(|end| show.contains(end)).then_some(show)
        })
    };
    succeeded(&world.run(["ask", "be friendlier", "--room", "web"]));
    waiting();
    assert!(succeeded(&world.run(["approve", "last"])).contains("Approved."));
    let show = ended();
    assert!(show.contains("A friendlier greeting"), "{show}");
    let late = failed(&world.run(["deny", "last", "too late"]));
    assert!(late.contains("waits for no decision"), "{late}");

    succeeded(&world.run(["ask", "be even friendlier", "--room", "web"]));
    waiting();
    assert!(succeeded(&world.run(["deny", "last", "We are friendly enough."])).contains("Denied."));
    let show = ended();
    assert!(show.contains("We are friendly enough.") && !show.contains("Ready for review"), "{show}");
    world.assert_vacated();
    dispatcher.end();
}
