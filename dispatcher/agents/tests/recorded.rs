//! What the agents really printed, read.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use signalbox_agents::{Entry, Over, Then, What, named};
use signalbox_domain::devbox::Usage;

/// Everything that a recorded session means, and how it ended with that exit.
fn read(agent: &str, session: &str, code: i32) -> (Vec<Entry>, Over) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/agents/fixtures");
    let path = fixtures.join(agent).join(format!("{session}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut agent = named(agent).unwrap();
    let entries = text.lines().flat_map(|line| agent.read(line)).collect();
    (entries, agent.exited(code))
}

fn used(entries: &[Entry]) -> Usage {
    let usage = |entry: &Entry| if let Entry::Usage(usage) = entry { Some(*usage) } else { None };
    entries.iter().filter_map(usage).fold(Usage::default(), |sum, usage| sum + usage)
}

#[test]
fn a_change_reads_the_same_whoever_made_it() {
    // Tokens: what the provider said that was used, in the same session.
    let agents = [
        ("claude-code", 36 + 9_850 + 37_750, 414, 6),
        ("codex", 37_570, 434, 3),
        ("opencode", 47_490, 474, 6),
        ("gemini", 47_490, 474, 6),
        ("pi", 47_490, 474, 6),
    ];
    for (agent, tokens_in, tokens_out, calls) in agents {
        let (entries, over) = read(agent, "change", 0);
        let words = "Seats from 100 on cost 8 USD each; the page says that the price is a month's. One test was added and passes.";
        assert_eq!(over, Over::Done(words.to_owned()), "{agent}");
        assert!(matches!(&entries[0], Entry::Session(id) if id.len() > 8), "{agent}: {:?}", entries[0]);
        assert!(entries.contains(&Entry::Text("I'll look at the code first.".to_owned())), "{agent}: {entries:#?}");
        let called: Vec<&str> = entries
            .iter()
            .filter_map(|entry| if let Entry::ToolCall { tool, .. } = entry { Some(tool.as_str()) } else { None })
            .collect();
        assert_eq!(called.len(), calls, "{agent}: {called:?}");
        let results: Vec<bool> = entries
            .iter()
            .filter_map(|entry| if let Entry::ToolResult { ok, .. } = entry { Some(*ok) } else { None })
            .collect();
        assert_eq!(results, vec![true; calls], "{agent}");
        let tested = |entry: &Entry| matches!(entry, Entry::ToolResult { output, .. } if output.contains("2 passed"));
        assert!(entries.iter().any(tested), "{agent}");
        let usage = used(&entries);
        assert_eq!((usage.tokens_in, usage.tokens_out), (tokens_in, tokens_out), "{agent}");
        assert!(entries.iter().rev().any(|entry| matches!(entry, Entry::Over(Over::Done(_)))), "{agent}");
    }
}

#[test]
fn what_went_wrong_is_known_by_what_helps() {
    let ends = [
        ("claude-code", "limited", 1, What::Limited, Then::Failover),
        ("claude-code", "overloaded", 1, What::Outage, Then::Failover),
        ("claude-code", "broken", 1, What::Outage, Then::Failover),
        ("claude-code", "no-model", 1, What::NoModel, Then::Failover),
        ("claude-code", "unauthorized", 1, What::Unauthorized, Then::Fail),
        ("claude-code", "unpaid", 1, What::Unpaid, Then::Fail),
        ("claude-code", "cap", 1, What::Unpaid, Then::Fail),
        ("claude-code", "too-long", 1, What::TooLong, Then::Fail),
        ("claude-code", "declined", 1, What::Declined, Then::Fail),
        ("codex", "limited", 1, What::Limited, Then::Failover),
        ("codex", "overloaded", 1, What::Outage, Then::Failover),
        ("codex", "broken", 1, What::Outage, Then::Failover),
        ("codex", "failed-in-stream", 1, What::Outage, Then::Failover),
        ("codex", "no-model", 1, What::NoModel, Then::Failover),
        ("codex", "dropped", 1, What::Cut, Then::Retry),
        ("codex", "unauthorized", 1, What::Unauthorized, Then::Fail),
        ("codex", "unpaid", 1, What::Unpaid, Then::Fail),
        ("codex", "cap", 1, What::Unpaid, Then::Fail),
        ("codex", "cut", 1, What::Unpaid, Then::Fail),
        ("codex", "too-long", 1, What::TooLong, Then::Fail),
        // It exits well, and has nothing to say.
        ("codex", "declined", 0, What::Declined, Then::Fail),
        ("opencode", "cap", 1, What::Unpaid, Then::Fail),
        ("gemini", "cap", 144, What::Unpaid, Then::Fail),
        ("gemini", "unauthorized", 145, What::Unauthorized, Then::Fail),
        ("gemini", "too-long", 144, What::TooLong, Then::Fail),
        // It exits well whatever happens.
        ("pi", "cap", 0, What::Unpaid, Then::Fail),
        ("pi", "unauthorized", 0, What::Unauthorized, Then::Fail),
        ("pi", "limited", 0, What::Limited, Then::Failover),
    ];
    for (agent, session, code, what, then) in ends {
        let (_, over) = read(agent, session, code);
        let Over::Failed(failure) = over else { panic!("{agent} {session}: {over:?}") };
        assert_eq!((failure.what, failure.what.then()), (what, then), "{agent} {session}: {}", failure.detail);
        assert!(!failure.detail.is_empty(), "{agent} {session}");
    }
}

#[test]
fn what_an_agent_got_over_by_itself_is_not_its_end() {
    for (agent, session) in [
        ("claude-code", "limited-once"),
        ("claude-code", "dropped"),
        ("claude-code", "failed-in-stream"),
        ("codex", "limited-once"),
    ] {
        let (entries, over) = read(agent, session, 0);
        assert_eq!(over, Over::Done("All done.".to_owned()), "{agent} {session}");
        let again = entries.iter().any(|entry| matches!(entry, Entry::Again(_)));
        assert!(again || session == "failed-in-stream", "{agent} {session}: {entries:?}");
    }
}

#[test]
fn what_makes_no_sense_means_nothing() {
    for agent in ["claude-code", "codex", "opencode", "gemini", "pi"] {
        let mut agent = named(agent).unwrap();
        for line in ["", "x", "{", "[]", "null", "{\"type\":7}", "{\"type\":\"result\"", "{\"type\":\"nothing known\"}"]
        {
            assert_eq!(agent.read(line), [], "{line}");
        }
        assert!(matches!(agent.exited(0), Over::Failed(ref failure) if failure.what == What::Silent));
        assert!(matches!(agent.exited(137), Over::Failed(ref failure) if failure.detail.contains("137")));
    }
    assert!(named("nobody").is_none());
}

#[test]
fn no_agent_is_given_a_credential_or_another_way_out() {
    let task = signalbox_agents::Task {
        prompt: "Do it.".to_owned(),
        model: Some("some-model".to_owned()),
        session: None,
        gateway: "http://127.0.0.1:7070".to_owned(),
        placeholder: "placeholder".to_owned(),
        home: "/home/agent".to_owned(),
    };
    for agent in ["claude-code", "codex", "opencode", "gemini", "pi"] {
        let launch = named(agent).unwrap().launch(&task);
        let all = format!("{launch:?}");
        assert!(all.contains("http://127.0.0.1:7070/"), "{all}");
        assert!(all.contains("some-model") && launch.env["HOME"] == "/home/agent", "{all}");
        let told = launch.command.iter().any(|word| word == "Do it.") || launch.input == b"Do it.";
        assert!(told, "{all}");
        assert!(launch.files.keys().all(|path| !path.starts_with('/')), "{all}");
    }
}
