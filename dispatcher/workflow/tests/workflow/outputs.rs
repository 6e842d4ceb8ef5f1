//! Typed outputs against their schemas.

use expect_test::expect;
use serde_json::json;
use signalbox_workflow::{output, shipped};

fn check(schema: &str, value: &serde_json::Value) -> String {
    let schema = serde_json::from_str(&shipped::file(schema).expect("it is shipped")).expect("it is JSON");
    output::check(&schema, value).map_or_else(|faults| faults.join("\n"), |()| "good".into())
}

#[test]
fn an_output_that_fits_is_good() {
    let plan = json!({ "summary": "Pricing goes from $9 to $12.", "risk": "low", "files": ["src/pricing.html"] });
    assert_eq!(check("build/schemas/plan.json", &plan), "good");
    assert_eq!(check("build/schemas/verdict.json", &json!({ "verdict": "approve", "comments": [] })), "good");
}

#[test]
fn an_output_that_does_not_fit_is_told_how() {
    let wrong = [
        check("build/schemas/plan.json", &json!({ "summary": "x", "risk": "none", "files": "all", "extra": 1 })),
        check("build/schemas/plan.json", &json!("the plan is simple")),
        check("build/schemas/plan.json", &json!({ "risk": "low" })),
        check("build/schemas/verdict.json", &json!({ "verdict": "request_changes", "comments": [] })),
        check(
            "build/schemas/verdict.json",
            &json!({ "verdict": "approve", "comments": [{ "line": 0, "comment": "x".repeat(9000) }] }),
        ),
    ];
    expect![[r#"
        files: "all" is not of type "array"
        risk: "none" is not one of "low", "medium" or "high"
        Additional properties are not allowed ('extra' was unexpected)
        --
        "the plan is simple" is not of type "object"
        --
        "summary" is a required property
        "files" is a required property
        --
        comments: [] has less than 1 item
        --
        comments.0.comment: value is longer than 2000 characters
        comments.0.line: 0 is less than the minimum of 1"#]]
    .assert_eq(&wrong.join("\n--\n"));
}

#[test]
fn a_schema_that_is_none_is_said_to_be_wrong_and_fetches_nothing() {
    for schema in [
        json!({ "type": 3 }),
        json!({ "$ref": "https://example.com/schema.json" }),
        json!({ "$ref": "file:///etc/passwd" }),
    ] {
        assert!(output::check(&schema, &json!({})).unwrap_err()[0].starts_with("the schema itself is wrong"));
    }
}

#[test]
fn a_schema_that_refers_to_itself_is_checked_and_ends() {
    for schema in [
        json!({ "type": "object", "$ref": "#" }),
        json!({ "type": "object", "allOf": [{ "$ref": "#/$defs/a" }], "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }),
        json!({ "type": "object", "properties": { "a": { "$ref": "#" } } }),
    ] {
        assert_eq!(output::check(&schema, &json!({ "a": { "a": {} } })), Ok(()));
    }
}
