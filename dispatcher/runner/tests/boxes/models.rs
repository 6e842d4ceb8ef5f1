//! Boxes with a gateway: what models are asked through it, what it costs, who goes on, and what is not reached.
//!
//! The agent is a few lines that speak as `claude-code` does; the real one is in the end-to-end stories.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use signalbox_domain::devbox::{Driver, End, Task};

use crate::dispatcher::{CLAIM, REPORT};
use crate::world::{TOKEN, World, assignment, script};

/// An agent that asks its model once, and does what it says.
const CLAUDE: &str = r#"#!/usr/bin/env python3
import json, os, sys, urllib.error, urllib.request
prompt = sys.stdin.read()
def say(**line): print(json.dumps(line), flush=True)
say(type="system", subtype="init", session_id="session-0001")
model = sys.argv[sys.argv.index("--model") + 1]
resumed = "--resume" in sys.argv
body = {"model": model, "max_tokens": 8000, "messages": [{"role": "user", "content": prompt}]}
headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01", "content-type": "application/json"}
for _ in range(2 if "twice" in prompt else 1):
    request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", json.dumps(body).encode(), headers)
    try:
        answer = json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        words = json.load(error)["error"]["message"]
        say(type="result", subtype="success", is_error=True, api_error_status=error.code, result=words)
        sys.exit(1)
    if answer["content"][0]["text"] == "break" and not resumed:
        say(type="result", is_error=True, result="the connection was terminated: fetch failed")
        sys.exit(1)
open("said.txt", "a").write(answer["content"][0]["text"] + "\n")
say(type="assistant", message={"content": answer["content"]})
say(type="result", subtype="success", is_error=False, result=answer["content"][0]["text"], num_turns=1,
    usage={"input_tokens": 1, "output_tokens": 1})
"#;

fn world() -> World {
    let mut world = World::new();
    let tools = world.path().join("tools");
    fs::create_dir_all(tools.join("bin")).unwrap();
    let program = tools.join("bin/claude");
    fs::write(&program, CLAUDE).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    world.tools.push(tools);
    world
}

fn claude(prompt: &str, then: &[&str]) -> Task {
    let next = |model: &&str| Driver {
        adapter: "claude-code".to_owned(),
        model: Some((*model).to_owned()),
        settings: Default::default(),
    };
    Task::Agent {
        adapter: "claude-code".to_owned(),
        model: Some("claude-sonnet-4-5".to_owned()),
        settings: Default::default(),
        prompt: prompt.to_owned(),
        then: then.iter().map(next).collect(),
        prices: String::new(),
    }
}

fn says(text: &str, read: u64, written: u64) -> (u16, String) {
    let usage = json!({ "input_tokens": read, "output_tokens": written });
    let answer = json!({ "type": "message", "content": [{ "type": "text", "text": text }], "usage": usage });
    (200, answer.to_string())
}

fn fails(status: u16, kind: &str, words: &str) -> (u16, String) {
    (status, json!({ "type": "error", "error": { "type": kind, "message": words } }).to_string())
}

#[test]
fn a_model_is_asked_through_the_dispatcher_and_what_it_counted_is_what_is_reported() {
    let world = world();
    world.dispatcher.models(&[says("Done.", 1_234, 56)]);
    let finish = world.run(assignment(claude("Say it.", &[]), None));
    assert_eq!((finish.end, finish.summary.as_str()), (End::Ok, "Done."));
    // $3 and $15 for a million: what the provider says, whatever the agent does.
    let used = finish.usage;
    assert_eq!((used.tokens_in, used.tokens_out, used.turns, used.micro_usd), (1_234, 56, 1, 4_542));
    let asked = world.dispatcher.asked();
    assert_eq!((asked.len(), asked[0].0.as_str()), (1, "anthropic/v1/messages"));
    assert_eq!(asked[0].1["messages"][0]["content"], "Say it.");
    let transcript = world.dispatcher.blob(&finish.transcript.unwrap());
    for line in [r#""entry":"session""#, r#""entry":"usage""#, r#""entry":"text""#, r#""entry":"end""#] {
        assert!(transcript.contains(line), "{line} in {transcript}");
    }
}

#[test]
fn where_a_model_lets_nobody_in_the_next_goes_on_and_it_is_written_down() {
    let world = world();
    world.dispatcher.models(&[fails(429, "rate_limit_error", "slow down"), says("By the second.", 10, 10)]);
    let finish = world.run(assignment(claude("Say it.", &["claude-opus-4-5"]), None));
    assert_eq!((finish.end, finish.summary.as_str()), (End::Ok, "By the second."));
    let asked = world.dispatcher.asked();
    let models: Vec<_> = asked.iter().map(|(_, body)| body["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["claude-sonnet-4-5", "claude-opus-4-5"]);
    let begun = asked[1].1["messages"][0]["content"].as_str().unwrap();
    assert!(begun.starts_with("Say it.\n\nAnother agent began this"), "{begun}");
    let transcript = world.dispatcher.blob(&finish.transcript.unwrap());
    let said =
        "claude-code (claude-sonnet-4-5) has reached its provider's rate limit: claude-code (claude-opus-4-5) goes on";
    assert!(transcript.contains(said), "{transcript}");
    assert_eq!(finish.usage.tokens_in, 10, "what was refused cost nothing");
}

#[test]
fn where_none_is_left_it_is_said_who_was_not_let_in() {
    let world = world();
    world.dispatcher.models(&[fails(429, "rate_limit_error", "slow down"), fails(401, "authentication_error", "no")]);
    let finish = world.run(assignment(claude("Say it.", &["claude-opus-4-5"]), None));
    let End::Broken { transient: false, detail } = finish.end else { panic!("{:?}", finish.end) };
    assert!(
        detail.starts_with("claude-code is not let in by its provider: the team's credential is not taken"),
        "{detail}"
    );
}

#[test]
fn where_the_line_breaks_it_goes_on_in_its_session() {
    let world = world();
    world.dispatcher.models(&[says("break", 10, 1), says("Done at last.", 20, 2)]);
    let finish = world.run(assignment(claude("Say it.", &[]), None));
    assert_eq!((finish.end, finish.summary.as_str()), (End::Ok, "Done at last."));
    let asked = world.dispatcher.asked();
    assert_eq!(asked[1].1["messages"][0]["content"], "The connection to the model broke. Go on where you were.");
    assert_eq!((finish.usage.tokens_in, finish.usage.turns), (30, 2));
}

#[test]
fn the_call_that_would_pass_the_cap_is_made_by_nobody_and_the_work_so_far_is_kept() {
    let world = world();
    world.dispatcher.models(&[says("Once.", 10, 3_000), says("Again.", 10, 3_000)]);
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let mut assignment = assignment(claude("Say it twice.", &[]), Some(world.checkout(&start)));
    assignment.budget.micro_usd = 100_000;
    let finish = world.run(assignment);
    assert_eq!(finish.end, End::Budget, "{}", finish.summary);
    assert_eq!((world.dispatcher.asked().len(), finish.usage.micro_usd), (1, 45_030));
    assert!(
        finish.summary.contains("may spend is left. The work so far is kept; a person can raise the budget"),
        "{}",
        finish.summary
    );
}

#[test]
fn the_gateway_is_all_there_is_and_it_leads_to_what_was_granted_only() {
    let world = World::new();
    let probe = r#"
cat > /tmp/probe.py <<'END'
import os, socket, urllib.error, urllib.request
def attempt(what, url, proxy=True):
    handler = urllib.request.ProxyHandler(None if proxy else {})
    try:
        urllib.request.build_opener(handler).open(url, timeout=5)
        print(what, "reached")
    except urllib.error.HTTPError as error:
        print(what, error.code, error.read().decode()[:150])
    except OSError as error:
        print(what, "no route")
gateway = os.environ["SIGNALBOX_GATEWAY"]
attempt("not granted", "http://other.example/")
attempt("granted, and at an address that is not public", "http://localhost.localdomain:8080/")
attempt("a model", gateway + "/anthropic/v1/messages", False)
attempt("the dispatcher's own", gateway + "/boxes/report", False)
attempt("beside it", "http://1.1.1.1/", False)
try:
    tunnel = socket.create_connection(("127.0.0.1", 7070), 5)
    tunnel.sendall(b"CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n")
    print("tunnel", tunnel.recv(20).decode())
except OSError as error:
    print("tunnel", error)
print(sorted(os.listdir("/signalbox/gate")))
END
python3 /tmp/probe.py
"#;
    let mut assignment = assignment(script(probe), None);
    assignment.network = vec!["http://localhost.localdomain:8080".to_owned()];
    let finish = world.run(assignment);
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    let said = &finish.summary;
    assert!(said.contains("not granted 403") && said.contains("is not granted to this phase"), "{said}");
    assert!(said.contains("that is not public 403") && !said.contains("reached"), "{said}");
    assert!(said.contains("a model 403") && said.contains("the dispatcher's own 403"), "{said}");
    assert!(said.contains("beside it no route"), "{said}");
    assert!(said.contains("tunnel HTTP/1.1 403"), "{said}");
    assert!(said.ends_with("[]\n"), "the hatch is closed: {said}");
    for secret in [CLAIM, REPORT, TOKEN] {
        assert!(!world.dispatcher.everything().contains(secret));
    }
}

#[test]
fn what_is_not_granted_has_no_gateway_at_all() {
    let tried = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 7070), 5)' 2>&1 | tail -1; \
                 echo \"[${HTTP_PROXY:-}${SIGNALBOX_GATEWAY:-}]\"; ls /signalbox";
    let said = World::new().run(assignment(script(tried), None)).summary;
    assert!(said.contains("Connection refused") && said.contains("[]") && !said.contains("gate"), "{said}");
}

#[test]
fn a_grant_that_is_none_is_told_in_words() {
    let mut assignment = assignment(script("true"), None);
    assignment.network = vec!["1.2.3.4".to_owned()];
    let finish = World::new().run(assignment);
    let End::Broken { transient: false, detail } = finish.end else { panic!("{:?}", finish.end) };
    assert!(detail.contains("\"1.2.3.4\": that is no host's name"), "{detail}");
}
