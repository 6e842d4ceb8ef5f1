//! The world's own addresses: what a plugin's author uses with curl or in a browser.

use serde_json::{Value, json};
use signalbox_world_github::World;

use crate::client::{Client, Clock};

/// A world nobody has furnished, and a script without a token.
fn empty() -> (World, Client) {
    let world = World::start(Clock::new().closure()).unwrap();
    let script = Client::new(&world, None);
    (world, script)
}

fn sent(script: &Client, what: &str, body: Value) -> Value {
    let json = [("content-type", "application/json")];
    let answer = script.call("POST", &format!("/_world/{what}"), body, &json).unwrap();
    assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    answer.body
}

#[test]
fn a_script_makes_a_repository_talks_in_it_and_reads_what_was_said() {
    let (_world, script) = empty();
    sent(&script, "repositories", json!({"name": "acme/website", "files": {"README.md": "hello\n"}}));
    sent(&script, "collaborators", json!({"repository": "acme/website", "login": "ana", "role": "write"}));
    sent(&script, "installations", json!({"account": "acme"}));
    sent(&script, "hook", json!({"url": "http://127.0.0.1:9/"}));
    let issue =
        json!({"as": "ana", "method": "POST", "path": "/repos/acme/website/issues", "body": {"title": "Prices"}});
    assert_eq!(sent(&script, "act", issue)["number"], 1);
    let script_of_ci = json!({"workflow": "CI", "jobs": [{"name": "test", "conclusion": "failure", "log": "no\n"}]});
    sent(&script, "ci", json!({"repository": "acme/website", "script": script_of_ci}));
    sent(&script, "push", json!({"as": "ana", "repository": "acme/website", "branch": "x", "files": {"a": "1"}}));
    let token = sent(&script, "token", json!({"login": "ana"}));
    let ana = Client { token: token["token"].as_str().map(str::to_owned), ..script.clone() };
    assert_eq!(ana.post("/repos/acme/website/issues/1/comments", json!({"body": "hi"})).status, 201);
    let read = script.get("/_world/conversations/acme/website/1");
    assert_eq!((&read.body["title"], &read.body["comments"][0]["by"]), (&json!("Prices"), &json!("ana")));
    assert_eq!(script.get("/_world/checks/acme/website").body[0]["conclusion"], "failure");
    assert_eq!(script.get("/_world/overview").body["repositories"][0]["issues"][0]["number"], 1);
    assert!(script.get("/_world/app").body["private_key"].as_str().unwrap().contains("RSA"));
}

#[test]
fn a_page_of_somebody_else_changes_nothing() {
    let (_world, script) = empty();
    let foreign =
        script.call("POST", "/_world/users", json!({"login": "eve"}), &[("content-type", "text/plain")]).unwrap();
    assert_eq!(foreign.status, 415);
    assert_eq!(script.get("/_world/nothing").status, 404);
    assert!(script.get("/").body.as_str().unwrap().contains("A GitHub that remembers"));
}
