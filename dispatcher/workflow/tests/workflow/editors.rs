//! The schema for editors, from the same table as the checks.

use serde_json::{Value, json};
use signalbox_workflow::{output, schema};

/// The demonstration as JSON, as an editor sees it.
fn demo() -> Value {
    json!({
        "name": "demo",
        "description": "A demonstration.",
        "on": { "chat": { "roles": ["member"] } },
        "budget": { "usd": 2.5, "wall": "45m", "turns": 100 },
        "phases": {
            "plan": { "agent": { "prompt": "prompts/plan.md" }, "permissions": { "contents": "read" } },
            "check": { "needs": ["plan"], "run": "make", "fix": { "with": "plan", "max": 2, "on_exhausted": "fail" } },
        },
    })
}

#[test]
fn an_editor_accepts_what_loads() {
    assert_eq!(output::check(&schema(), &demo()), Ok(()));
}

#[test]
fn an_editor_marks_what_does_not_load() {
    for (pointer, key, value) in [
        ("", "descripton", json!("x")),
        ("", "concurrency", json!({ "max": 1 })),
        ("/budget", "wall", json!("45 minutes")),
        ("/budget", "turns", json!(0)),
        ("/phases/plan", "run", json!("make")),
        ("/phases/check/fix", "on_exhausted", json!("proceed")),
        ("/phases/plan/permissions", "contents", json!("admin")),
        ("/phases", "Not-a-name", json!({ "run": "make" })),
    ] {
        let mut file = demo();
        file.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(key.into(), value);
        assert!(output::check(&schema(), &file).is_err(), "{pointer}/{key}");
    }
}

#[test]
fn every_key_an_editor_offers_says_what_it_means() {
    fn look(schema: &Value, path: &str) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let about = property["description"].as_str().unwrap_or_default();
            assert!(
                about.ends_with('.') || about.ends_with(".md.") || about.ends_with(".json."),
                "{path}.{name}: {about:?}"
            );
            look(property, &format!("{path}.{name}"));
            look(&property["additionalProperties"], &format!("{path}.{name}.*"));
        }
    }
    look(&schema(), "");
}
