//! What a file says is what the frozen workflow says, nothing more and nothing less.

use std::collections::BTreeMap;

use expect_test::expect;
use serde_json::{Value, json};
use signalbox_workflow::bounds;

use crate::team::Team;

/// The value without digests, which have stories of their own.
fn without_digests(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("sha256:") => json!("sha256"),
        Value::Array(items) => items.iter().map(without_digests).collect(),
        // Sorted, whatever order other crates have objects keep.
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), without_digests(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn frozen(team: &Team) -> String {
    let workflow = team.load().unwrap_or_else(|problems| panic!("{problems:#?}")).workflow;
    let mut value = without_digests(&serde_json::to_value(workflow).expect("it is data"));
    let phases = value["phases"].take();
    let lines = phases.as_array().into_iter().flatten().map(|phase| format!("{phase}\n"));
    std::iter::once(format!("{value}\n")).chain(lines).collect()
}

#[test]
fn everything_a_file_says_is_in_the_frozen_workflow() {
    expect![[r#"
        {"budget":{"micro_usd":2500000,"turns":100,"wall":2700000},"description":"A demonstration.","digest":"sha256","name":"demo","phases":null,"repository":true,"role":"member"}
        {"fix":null,"grant":{"network":[],"outputs":{},"permissions":{"contents":"read","issues":"read"}},"label":"Make a plan","name":"plan","needs":[],"output":"sha256","produces":["plan.md"],"retry":{"backoff":30000,"max":2},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":null,"work":{"adapter":"default","consumes":[],"kind":"agent","model":"large","prompt":"sha256"}}
        {"fix":null,"grant":{"network":[],"outputs":{},"permissions":{}},"label":"Approve","name":"approve","needs":["plan"],"output":null,"produces":[],"retry":{"backoff":30000,"max":2},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":{"any":[{"compare":["equal",{"at":["plan","output","risk"]},{"is":"high"}]},{"compare":["more",{"at":["plan","output","files"]},{"is":10}]}]},"work":{"binds":["plan.md","head"],"expires":86400000,"kind":"gate","not_requester":true,"remind":14400000,"role":"maintainer"}}
        {"fix":null,"grant":{"network":["registry.npmjs.org:443"],"outputs":{},"permissions":{"contents":"write"}},"label":"Build","name":"build","needs":["approve"],"output":null,"produces":["summary.md"],"retry":{"backoff":10000,"max":1},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":null,"work":{"adapter":"some-agent","consumes":["plan.md"],"kind":"agent","model":null,"prompt":"sha256"}}
        {"fix":{"max":2,"on_exhausted":"handoff","until":null,"with":"build"},"grant":{"network":[],"outputs":{},"permissions":{"contents":"read"}},"label":"Check","name":"check","needs":["build"],"output":null,"produces":[],"retry":{"backoff":30000,"max":2},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":null,"work":{"kind":"script","script":"make lint test"}}
        {"fix":{"max":2,"on_exhausted":"pause","until":{"compare":["equal",{"at":["review","output","verdict"]},{"is":"approve"}]},"with":"build"},"grant":{"network":[],"outputs":{},"permissions":{"contents":"read"}},"label":"Review","name":"review","needs":["check"],"output":"sha256","produces":[],"retry":{"backoff":30000,"max":2},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":null,"work":{"adapter":"default","consumes":["plan.md","diff"],"kind":"agent","model":null,"prompt":"sha256"}}
        {"fix":null,"grant":{"network":[],"outputs":{"change_request":{"draft":true,"max":1,"protect":["ci/**"],"title_prefix":"demo: "}},"permissions":{}},"label":"Open","name":"open","needs":["review"],"output":null,"produces":[],"retry":{"backoff":30000,"max":2},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":null,"work":{"kind":"open_change"}}
    "#]].assert_eq(&frozen(&Team::new()));
}

#[test]
fn what_a_file_leaves_out_is_nothing_or_the_documented_default() {
    let team = Team::new().write("prompts/least.md", "{{ request }}").write(
        "demo.yaml",
        "name: demo\ndescription: Least.\nphases:\n  long_name:\n    agent: { prompt: prompts/least.md }\n  ask:\n    gate: { kind: approve }\n",
    );
    expect![[r#"
        {"budget":{"micro_usd":8000000,"turns":200,"wall":5400000},"description":"Least.","digest":"sha256","name":"demo","phases":null,"repository":false,"role":"member"}
        {"fix":null,"grant":{"network":[],"outputs":{},"permissions":{}},"label":"Long name","name":"long_name","needs":[],"output":null,"produces":[],"retry":{"backoff":30000,"max":2},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":null,"work":{"adapter":"default","consumes":[],"kind":"agent","model":null,"prompt":"sha256"}}
        {"fix":null,"grant":{"network":[],"outputs":{},"permissions":{}},"label":"Ask","name":"ask","needs":[],"output":null,"produces":[],"retry":{"backoff":30000,"max":2},"timeout":{"idle":300000,"start":60000,"wall":1200000},"when":null,"work":{"binds":[],"expires":86400000,"kind":"gate","not_requester":false,"remind":null,"role":"maintainer"}}
    "#]].assert_eq(&frozen(&team));
    let workflow = team.load().unwrap().workflow;
    assert_eq!(workflow.budget, bounds::BUDGET);
    assert_eq!(workflow.phases[0].timeout, bounds::TIMEOUT);
    assert_eq!(workflow.phases[0].retry, bounds::RETRY);
}

#[test]
fn phases_come_after_those_they_need_and_otherwise_as_in_the_file() {
    let team = Team::new().write(
        "demo.yaml",
        "name: demo\ndescription: Order.\nphases:\n  d: { run: x, needs: [b, c] }\n  c: { run: x, needs: [a] }\n  b: { run: x, needs: [a] }\n  e: { run: x }\n  a: { run: x }\n",
    );
    let order: Vec<String> = team.load().unwrap().workflow.phases.into_iter().map(|phase| phase.name.0).collect();
    assert_eq!(order, ["e", "a", "c", "b", "d"]);
}
