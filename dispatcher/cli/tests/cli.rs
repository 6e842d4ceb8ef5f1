//! What the program says before anything is worked: help, complaints that name their place, what is missing.
#![expect(clippy::unwrap_used, reason = "a broken story stops where it breaks")]

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

fn run(folder: &TempDir, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signalbox"));
    command.args(["--data", "data"]).args(words).current_dir(folder).env_remove("SIGNALBOX_HOME").output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn complained(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_names_every_command() {
    let folder = TempDir::new().unwrap();
    let help = run(&folder, &["--help"]);
    assert!(help.status.success());
    let commands =
        ["demo", "serve", "ask", "runs", "show", "why", "route", "stop", "approve", "deny", "replay", "doctor"];
    for command in commands {
        assert!(said(&help).contains(&format!("\n  {command}")), "{command} is missing in\n{}", said(&help));
    }
    // Only looking for help makes no folder.
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_setting_that_is_not_known_is_told_with_its_place() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("signalbox.toml"), "name = \"Ana\"\nlissten = \"127.0.0.1:0\"\n").unwrap();
    let complaint = complained(&run(&folder, &["runs"]));
    for part in ["signalbox.toml", "line 2", "`lissten`", "`listen`"] {
        assert!(complaint.contains(part), "{part}: {complaint}");
    }
}

#[test]
fn an_agent_that_is_half_set_up_is_told() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("signalbox.toml"), "[agents.default]\nadapter = \"command\"\n").unwrap();
    let complaint = complained(&run(&folder, &["runs"]));
    assert!(complaint.contains("[agents.default] needs a line `command = \"PROGRAM\"`"), "{complaint}");
}

const TEAM: &str = "[[repositories]]\nname = \"acme/website\"\n\n[[repositories]]\nname = \"acme/billing\"\n\n[[workflows]]\n\
    name = \"build\"\ndescription = \"Builds.\"\nrepository = true\n\n[plugins.keywords.repositories]\n\
    \"pricing page\" = \"acme/website\"\n";

#[test]
fn a_corpus_of_messages_is_sent_where_the_plugins_send_it_and_differences_are_told_in_words() {
    let folder = TempDir::new().unwrap();
    let corpus = folder.path().join("corpus");
    fs::create_dir(&corpus).unwrap();
    let nothing = run(&folder, &["route", "test", "corpus"]);
    assert!(complained(&nothing).contains("holds no messages"), "{nothing:?}");

    let messages = corpus.join("messages.jsonl");
    let good = "{\"text\":\"the pricing page is wrong\",\"expect\":\"acme/website build\"}\n\
                {\"text\":\"fix it\",\"expect\":\"ask\"}\n";
    let bad = format!("{good}{{\"text\":\"fix the rounding in billing\",\"expect\":\"acme/website build\"}}\n");
    fs::write(&messages, &bad).unwrap();
    assert!(complained(&run(&folder, &["route", "test", "corpus"])).contains("team.toml"));
    fs::write(corpus.join("team.toml"), TEAM).unwrap();

    let failed = run(&folder, &["route", "test", "corpus"]);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    let wanted = "messages:3: \"fix the rounding in billing\" should go to acme/website build, and goes to acme/billing, build: \
                  \"in billing\" is the name of acme/billing (keywords@0.1.0)";
    assert!(said(&failed).contains(wanted), "{}", said(&failed));

    assert!(run(&folder, &["route", "test", "corpus", "--update"]).status.success());
    assert!(fs::read_to_string(&messages).unwrap().starts_with(good), "what was right stays as it was");
    let passed = run(&folder, &["route", "test", "corpus"]);
    assert!(passed.status.success(), "{}", said(&passed));

    fs::write(&messages, "{\"text\":\"fix it\",\"expct\":\"ask\"}\n").unwrap();
    let complaint = complained(&run(&folder, &["route", "test", "corpus"]));
    assert!(complaint.contains("messages.jsonl: line 1: unknown field `expct`"), "{complaint}");
}

#[test]
fn an_address_that_others_can_reach_has_to_be_meant() {
    let folder = TempDir::new().unwrap();
    let complaint = complained(&run(&folder, &["serve", "--listen", "0.0.0.0:0"]));
    assert!(complaint.contains("open_to_the_network"), "{complaint}");
}

#[test]
fn a_folder_without_runs_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let runs = run(&folder, &["runs"]);
    assert!(said(&runs).contains("signalbox ask"), "{runs:?}");
    let complaint = complained(&run(&folder, &["show", "01ABC"]));
    assert!(complaint.contains("there is no run `01ABC`") && complaint.contains("signalbox runs"), "{complaint}");
    let complaint = complained(&run(&folder, &["ask", "be friendlier"]));
    assert!(complaint.contains("--agent") && complaint.contains("[agents.default]"), "{complaint}");
}

#[test]
fn the_doctor_says_what_is_missing_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let doctor = run(&folder, &["doctor", "--json"]);
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&doctor.stdout).unwrap();
    let mut found: Vec<&str> = findings.iter().map(|finding| finding["what"].as_str().unwrap()).collect();
    // A row for each property of boxes.
    found.dedup();
    assert_eq!(found, ["git", "sandbox", "plugins", "folder", "agents", "dispatcher"]);
    for finding in &findings {
        let fine = finding["well"] == true && finding["doubtful"] == false;
        assert_eq!(fine, finding["remedy"] == "", "{finding}");
    }
    // No agent is set up: that is enough not to be well.
    assert_eq!(doctor.status.code(), Some(1));
}
