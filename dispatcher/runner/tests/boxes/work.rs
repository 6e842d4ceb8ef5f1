//! Work that goes well, and work that does not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use serde_json::json;
use signalbox_domain::devbox::{DiffStat, End, News, Proposal, Usage};

use crate::world::{BRANCH, World, agent, assignment, edit, script, session};

#[test]
fn an_agent_edits_a_file_and_the_change_is_on_the_branch_in_the_name_of_who_asked() {
    let world = World::new();
    let start = world.commit("main", &[("src/price.html", "<b>10 €</b>\n"), ("README.md", "A shop.\n")]);
    let mut work = assignment(
        session(&[
            json!({"say": "Looking."}),
            edit("src/price.html", "10 €", "12 €"),
            json!({"run": "cat \"$SIGNALBOX_IN\"/notes/context.md > seen.md && echo read it"}),
            json!({"handoff": {"name": "plan.md", "content": "# Plan\n"}}),
            json!({"output": {"risk": "low"}}),
            json!({"propose": {"proposal": "change_request", "title": "Price", "body": "It was wrong."}}),
            json!({"usage": {"micro_usd": 1200, "tokens_in": 900, "tokens_out": 70, "turns": 1}}),
            json!({"usage": {"micro_usd": 300, "turns": 1}}),
            json!({"say": "Done: 12 €."}),
        ]),
        Some(world.checkout(&start)),
    );
    work.files.insert("notes/context.md".to_owned(), "the price is 12\n".to_owned());
    work.produces.push("plan.md".to_owned());

    let finish = world.run(work);

    assert_eq!(finish.end, End::Ok);
    assert_eq!(finish.summary, "Done: 12 €.");
    assert_eq!(finish.diff, DiffStat { files: 3, added: 3, removed: 1 });
    assert_eq!(finish.usage, Usage { micro_usd: 1500, tokens_in: 900, tokens_out: 70, turns: 2 });
    assert_eq!(finish.output, Some(json!({"risk": "low"})));
    let title = |proposal: &Proposal| serde_json::to_value(proposal).unwrap()["title"].clone();
    assert_eq!(finish.proposals.iter().map(title).collect::<Vec<_>>(), ["Price"]);
    assert_eq!(world.dispatcher.blob(&finish.artifacts["plan.md"]), "# Plan\n");
    assert_eq!(world.pushed("src/price.html").as_deref(), Some("<b>12 €</b>"));
    assert_eq!(world.pushed("seen.md").as_deref(), Some("the price is 12"));
    assert_eq!(world.pushed(".signalbox/runs/01J/plan.md").as_deref(), Some("# Plan"));
    let log = world.git(&["log", "-1", "--format=%H %P%n%an <%ae> %cn%n%B", BRANCH], world.forge());
    let head = finish.head.unwrap();
    assert_eq!(
        log,
        format!(
            "{head} {start}\nDana <dana@acme.example> Signalbox\nCorrect the price\n\nSignalbox-Run: 01J\n\
             Requested-by: Dana"
        )
    );
    let transcript = world.dispatcher.blob(&finish.transcript.unwrap());
    for said in ["recorded session", "Make the price right.", "src/price.html", "read it", "12 €"] {
        assert!(transcript.contains(said), "{said}: {transcript}");
    }
    let reports = world.dispatcher.reports();
    assert!((1..).zip(&reports).all(|(number, report)| report.sequence == number && report.epoch == 3));
    assert!(
        reports.iter().any(|report| matches!(&report.news, News::Progress { activity, .. } if !activity.is_empty()))
    );
}

#[test]
fn any_program_that_reads_a_prompt_can_be_the_agent() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let command = "sed 's/^/asked: /' > asked.md; git log --format=%s; git diff --stat; echo I am done";
    let finish = world.run(assignment(agent("command", "command", command), Some(world.checkout(&start))));
    assert_eq!(finish.end, End::Ok);
    assert_eq!(finish.summary, "I am done");
    assert_eq!(world.pushed("asked.md").as_deref(), Some("asked: Make the price right."));
    assert!(world.dispatcher.blob(&finish.transcript.unwrap()).contains("By a person"));
}

#[test]
fn however_busy_the_agent_is_it_is_told_about_every_two_seconds_at_most() {
    let world = World::new();
    let steps: Vec<_> =
        (0..200).map(|number| json!({"write": {"path": format!("{number}.md"), "content": "x"}})).collect();
    let before = Instant::now();
    world.run(assignment(session(&steps), None));
    let reports = world.dispatcher.reports();
    let told = reports.iter().filter(|report| matches!(report.news, News::Progress { .. })).count();
    assert!((1..=1 + before.elapsed().as_secs() / 2).contains(&u64::try_from(told).unwrap()), "{told}");
}

#[test]
fn tools_of_the_team_are_there_to_run_and_not_to_change() {
    let mut world = World::new();
    let tools = world.path().join("tools");
    fs::create_dir_all(tools.join("bin")).unwrap();
    fs::write(tools.join("bin/hello"), "#!/bin/sh\necho hello from a tool\n").unwrap();
    fs::set_permissions(tools.join("bin/hello"), fs::Permissions::from_mode(0o755)).unwrap();
    world.tools.push(tools.clone());
    let try_it = format!("hello; (echo x > {}/bin/planted) 2>/dev/null || echo no", tools.display());
    assert_eq!(world.run(assignment(script(&try_it), None)).summary, "hello from a tool\nno\n");
}

#[test]
fn an_agent_that_fails_says_why_and_its_work_so_far_is_kept() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let steps = [json!({"write": {"path": "half.md", "content": "half"}}), edit("README.md", "nowhere", "")];
    let finish = world.run(assignment(session(&steps), Some(world.checkout(&start))));
    assert_eq!(finish.end, End::Exit { code: 1 });
    assert_eq!(
        finish.summary,
        "line 2 of the recorded session edits README.md, where `nowhere` occurs 0 times instead of once"
    );
    assert_eq!(world.pushed("half.md").as_deref(), Some("half"));
}

#[test]
fn a_handoff_that_was_promised_and_is_missing_breaks_the_phase_and_not_the_work() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let mut work = assignment(agent("command", "command", "echo half > half.md"), Some(world.checkout(&start)));
    work.produces.push("plan.md".to_owned());
    let finish = world.run(work);
    assert!(matches!(finish.end, End::Broken { transient: false, .. }), "{:?}", finish.end);
    assert_eq!(world.pushed("half.md").as_deref(), Some("half"));
}

#[test]
fn words_about_a_change_that_was_not_made_are_no_change() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let steps = [json!({"handoff": {"name": "plan.md", "content": "All done."}})];
    let mut work = assignment(session(&steps), Some(world.checkout(&start)));
    work.produces.push("plan.md".to_owned());
    let finish = world.run(work);
    assert_eq!((finish.end, finish.head), (End::Ok, None));
    assert_eq!(world.pushed(".signalbox/runs/01J/plan.md"), None);
    assert_eq!(world.dispatcher.blob(&finish.artifacts["plan.md"]), "All done.");
}

#[test]
fn a_script_that_passes_changes_nothing_and_shows_its_output() {
    let world = World::new();
    let start = world.commit("main", &[("test.sh", "echo 3 passed\n")]);
    let finish = world.run(assignment(script("sh ./test.sh"), Some(world.checkout(&start))));
    assert_eq!((finish.end, finish.head), (End::Ok, None));
    assert_eq!(finish.summary, "3 passed\n");
    assert_eq!(world.dispatcher.blob(&finish.artifacts["output.txt"]), "3 passed\n");
    assert_eq!(world.pushed("test.sh"), None);
}

#[test]
fn a_script_that_fails_ends_with_its_code_and_the_end_of_its_output() {
    let world = World::new();
    let flood = "i=0; while [ $i -lt 4000 ]; do echo \"line ä $i\"; i=$((i+1)); done; echo 2 failed >&2; exit 7";
    let finish = world.run(assignment(script(flood), None));
    assert_eq!(finish.end, End::Exit { code: 7 });
    assert!(finish.summary.len() <= 8 << 10 && finish.summary.contains("line ä 3999"), "{}", finish.summary);
    let output = world.dispatcher.blob(&finish.artifacts["output.txt"]);
    assert!(output.contains("line ä 0\n") && output.contains("2 failed"));
}
