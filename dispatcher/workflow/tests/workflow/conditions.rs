//! Conditions: what can be decided, and what is refused where.

use expect_test::{Expect, expect};
use serde_json::json;
use signalbox_domain::workflow::Phase;

use crate::team::Team;

const WHEN: &str = "plan.output.risk == \"high\" || plan.output.files > 10";

fn with(condition: &str) -> Team {
    Team::new().change(WHEN, condition)
}

fn refused(conditions: &[&str], expect: Expect) {
    let told: String = conditions.iter().map(|condition| with(condition).told()).collect();
    expect.assert_eq(&told);
}

fn gate(team: &Team) -> Phase {
    let loaded = team.load().unwrap_or_else(|problems| panic!("{problems:#?}"));
    loaded.workflow.phases.into_iter().find(|phase| phase.name == *"approve").expect("the phase is there")
}

#[test]
fn what_can_be_decided_is_decided_as_it_reads() {
    let high = json!({ "plan": { "ok": true, "output": { "risk": "high", "files": 3, "breaking": false, "tags": ["ui"], "cost": { "usd": 1.5 } } } });
    let low = json!({ "plan": { "ok": true, "output": { "risk": "low", "files": 30, "breaking": true } }, "inputs": { "where": "home" } });
    let nothing = json!({});
    let table: String = [
        "plan.output.risk == \"high\"",
        "plan.output.risk != 'low'",
        "\"!(plan.output.risk == 'low')\"",
        "plan.output.risk in [\"medium\", \"high\"]",
        "plan.output.files > 10 && plan.output.files <= 30",
        "plan.output.files >= -1 && plan.output.files < 1e2",
        "plan.output.files < 3 || plan.output.files >= 30",
        "plan.output.files <= 3 || plan.output.files > 30",
        "plan.output.breaking",
        "plan.output.breaking == true || has(plan.output.cost)",
        "'\"ui\" in plan.output.tags'",
        "plan.output.cost.usd > 1.0",
        "plan.output[\"risk\"] == \"high\"",
        "plan.ok && inputs.where == \"home\"",
        "(plan.output.risk == \"high\" || plan.output.breaking) && !(plan.output.files == 3)",
    ]
    .iter()
    .map(|condition| {
        let when = gate(&with(condition)).when.unwrap();
        let held =
            [&high, &low, &nothing].map(|facts| if when.holds(facts.as_object().unwrap()) { "yes" } else { "-" });
        format!("{:4}{:4}{:4}{condition}\n", held[0], held[1], held[2])
    })
    .collect();
    expect![[r#"
        yes -   -   plan.output.risk == "high"
        yes -   yes plan.output.risk != 'low'
        yes -   yes "!(plan.output.risk == 'low')"
        yes -   -   plan.output.risk in ["medium", "high"]
        -   yes -   plan.output.files > 10 && plan.output.files <= 30
        yes yes -   plan.output.files >= -1 && plan.output.files < 1e2
        -   yes -   plan.output.files < 3 || plan.output.files >= 30
        yes -   -   plan.output.files <= 3 || plan.output.files > 30
        -   yes -   plan.output.breaking
        yes yes -   plan.output.breaking == true || has(plan.output.cost)
        yes -   -   '"ui" in plan.output.tags'
        yes -   -   plan.output.cost.usd > 1.0
        yes -   -   plan.output["risk"] == "high"
        -   yes -   plan.ok && inputs.where == "home"
        -   yes -   (plan.output.risk == "high" || plan.output.breaking) && !(plan.output.files == 3)
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_name_that_resolves_to_nothing_is_refused_at_its_place() {
    refused(
        &[
            "plan.output.rsk == \"high\"",
            "pln.output.risk == \"high\"",
            "plan.risk == \"high\"",
            "build.output.risk == \"high\"",
            "plan.output.cost.eur > 1",
            "plan.output.risk.level == \"high\"",
            "inputs.wher == \"home\"",
            "inputs.request == \"fix it\"",
            "has(plan.output.rsk)",
        ],
        expect![[r#"
            demo.yaml:19:11: `plan.output` has no field `rsk`
                |
             19 |     when: plan.output.rsk == "high"
                |           ^^^^^^^^^^^^^^^^
             = did you mean `risk`?
            demo.yaml:19:11: `pln` names nothing that is known here
                |
             19 |     when: pln.output.risk == "high"
                |           ^^^^^^^^^^^^^^^^
             = did you mean `plan`?
            demo.yaml:19:11: a phase has only `plan.output.<field>` and `plan.ok`
                |
             19 |     when: plan.risk == "high"
                |           ^^^^^^^^^^
             = write `plan.output.` and a field of its schema
            demo.yaml:19:11: `build` is not over when this is decided
                |
             19 |     when: build.output.risk == "high"
                |           ^^^^^^^^^^^^^^^^^^
             = add `build` to `needs`
            demo.yaml:19:11: `plan.output.cost` has no field `eur`
                |
             19 |     when: plan.output.cost.eur > 1
                |           ^^^^^^^^^^^^^^^^^^^^^
             = write usd
            demo.yaml:19:11: the schema does not say which fields `plan.output.risk` has
                |
             19 |     when: plan.output.risk.level == "high"
                |           ^^^^^^^^^^^^^^^^^^^^^^^
             = list them under `properties`
            demo.yaml:19:11: there is no input `wher`
                |
             19 |     when: inputs.wher == "home"
                |           ^^^^^^^^^^^^
             = did you mean `where`?
            demo.yaml:19:11: the request is in a person's words, over which nothing is decided
                |
             19 |     when: inputs.request == "fix it"
                |           ^^^^^^^^^^^^^^^
             = let an agent's output say what it asks for
            demo.yaml:19:14: `plan.output` has no field `rsk`
                |
             19 |     when: has(plan.output.rsk)
                |              ^^^^^^^^^^^^^^^^^
             = did you mean `risk`?
        "#]],
    );
}

#[test]
fn what_a_model_happens_to_say_is_never_compared() {
    refused(
        &["plan.output.summary == \"done\"", "plan.output.anything == 1", "plan.output == 1", "plan.output.risk"],
        expect![[r#"
            demo.yaml:19:11: this is text as a model happens to word it, which is never compared
                |
             19 |     when: plan.output.summary == "done"
                |           ^^^^^^^^^^^^^^^^^^^^
             = give the field an `enum` in the output's schema
            demo.yaml:19:11: the schema does not say of which type `plan.output.anything` is
                |
             19 |     when: plan.output.anything == 1
                |           ^^^^^^^^^^^^^^^^^^^^^
             = give it a `type` or an `enum` there
            demo.yaml:19:11: an object cannot be compared
                |
             19 |     when: plan.output == 1
                |           ^^^^^^^^^^^^
             = compare single fields
            demo.yaml:19:11: this is text, not true or false
                |
             19 |     when: plan.output.risk
                |           ^^^^^^^^^^^^^^^^
             = compare it with something: == , != , < , in
        "#]],
    );
}

#[test]
fn a_value_that_cannot_be_is_refused() {
    refused(
        &[
            "plan.output.risk == \"hihg\"",
            "plan.output.risk in [\"high\", \"severe\"]",
            "plan.output.risk == 3",
            "plan.output.files > \"10\"",
            "plan.output.risk > \"low\"",
            "plan.output.risk in \"high\"",
            "plan.output.tags == [\"ui\"]",
            "plan.output.risk == null",
        ],
        expect![[r#"
            demo.yaml:19:31: the field is never "hihg"
                |
             19 |     when: plan.output.risk == "hihg"
                |                               ^^^^^^
             = did you mean `high`?
            demo.yaml:19:31: the field is never "severe"
                |
             19 |     when: plan.output.risk in ["high", "severe"]
                |                               ^^^^^^^^^^^^^^^^^
             = write one of low, medium, high
            demo.yaml:19:11: text is compared with a number
                |
             19 |     when: plan.output.risk == 3
                |           ^^^^^^^^^^^^^^^^^^^^^
             = compare values of one type
            demo.yaml:19:11: a number is compared with text
                |
             19 |     when: plan.output.files > "10"
                |           ^^^^^^^^^^^^^^^^^^^^^^^^
             = compare values of one type
            demo.yaml:19:11: only numbers have an order
                |
             19 |     when: plan.output.risk > "low"
                |           ^^^^^^^^^^^^^^^^^^^^^^^^
             = use == , != or in
            demo.yaml:19:31: `in` needs a list
                |
             19 |     when: plan.output.risk in "high"
                |                               ^^^^^^
             = write it as plan.output.risk in ["medium", "high"]
            demo.yaml:19:11: a list cannot be compared
                |
             19 |     when: plan.output.tags == ["ui"]
                |           ^^^^^^^^^^^^^^^^^
             = compare single fields
            demo.yaml:19:31: nothing is compared with null
                |
             19 |     when: plan.output.risk == null
                |                               ^^^^
             = write has(…) or !has(…)
        "#]],
    );
}

#[test]
fn what_cannot_be_lowered_is_refused_with_what_to_write_instead() {
    refused(
        &[
            "plan.output.files + 1 > 10",
            "size(plan.output.tags) > 1",
            "plan.output.tags.exists(tag, tag == \"ui\")",
            "plan.output.summary.startsWith(\"x\")",
            "\"plan.output.breaking ? true : false\"",
            "\"{'a': 1}.a == 1\"",
            "plan.output.tags[0] == \"ui\"",
            "plan.output.risk ==",
            "plan.output.risk = \"high\"",
            "plan.output.risk == \"h\u{fc}gh\" && plan.output.rsk == \"\"",
        ],
        expect![[r#"
            demo.yaml:19:11: a condition does not calculate
                |
             19 |     when: plan.output.files + 1 > 10
                |           ^^^^^^^^^^^^^^^^^^^^^
             = let the output's schema have a field that holds the result
            demo.yaml:19:15: `size(…)` is not supported
                |
             19 |     when: size(plan.output.tags) > 1
                |               ^^^^^^^^^^^^^^^^^^
             = let the output's schema have a field that says it, as an enum or true or false
            demo.yaml:19:34: `all`, `exists`, `map` and `filter` are not supported
                |
             19 |     when: plan.output.tags.exists(tag, tag == "ui")
                |                                  ^
             = let the output's schema have a field that says it
            demo.yaml:19:11: `startsWith(…)` is not supported
                |
             19 |     when: plan.output.summary.startsWith("x")
                |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
             = let the output's schema have a field that says it, as an enum or true or false
            demo.yaml:19:12: `a ? b : c` is not supported
                |
             19 |     when: "plan.output.breaking ? true : false"
                |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
             = write (a && b) || (!a && c)
            demo.yaml:19:12: this names no field
                |
             19 |     when: "{'a': 1}.a == 1"
                |            ^^^^^^^^^^^
             = write a phase's name, `.output.` and a field: plan.output.risk
            demo.yaml:19:11: this names no field
                |
             19 |     when: plan.output.tags[0] == "ui"
                |           ^^^^^^^^^^^^^^^^^^
             = write a phase's name, `.output.` and a field: plan.output.risk
            demo.yaml:19:30: this is not CEL: mismatched input at the end
                |
             19 |     when: plan.output.risk ==
                |                              ^
             = write it as plan.output.risk == "high" || has(plan.output.files)
            demo.yaml:19:28: this is not CEL: token recognition error at: '= '
                |
             19 |     when: plan.output.risk = "high"
                |                            ^
             = write it as plan.output.risk == "high" || has(plan.output.files)
            demo.yaml:19:31: the field is never "hügh"
                |
             19 |     when: plan.output.risk == "hügh" && plan.output.rsk == ""
                |                               ^^^^^^
             = did you mean `high`?
            demo.yaml:19:41: `plan.output` has no field `rsk`
                |
             19 |     when: plan.output.risk == "hügh" && plan.output.rsk == ""
                |                                         ^^^^^^^^^^^^^^^^
             = did you mean `risk`?
        "#]],
    );
}

#[test]
fn a_gate_that_cannot_fire_is_refused_and_one_that_always_does_is_told() {
    refused(
        &[
            "false",
            "true",
            "1 > 2",
            "plan.output.risk == \"low\" && plan.output.risk == \"high\"",
            "plan.output.breaking && !plan.output.breaking",
            "plan.output.risk == \"low\" || plan.output.risk != \"low\"",
            "\"!plan.ok\"",
        ],
        expect![[r#"
            demo.yaml:19:11: this never holds: the gate cannot fire
                |
             19 |     when: false
                |           ^^^^^
             = correct the condition, or remove the phase
            it loads, but
            demo.yaml:19:11: this always holds
                |
             19 |     when: true
                |           ^^^^
             = remove `when`
            demo.yaml:19:11: this never holds: the gate cannot fire
                |
             19 |     when: 1 > 2
                |           ^^^^^
             = correct the condition, or remove the phase
            demo.yaml:19:11: this never holds: the gate cannot fire
                |
             19 |     when: plan.output.risk == "low" && plan.output.risk == "high"
                |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
             = correct the condition, or remove the phase
            demo.yaml:19:11: this never holds: the gate cannot fire
                |
             19 |     when: plan.output.breaking && !plan.output.breaking
                |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
             = correct the condition, or remove the phase
            it loads, but
            demo.yaml:19:11: this always holds
                |
             19 |     when: plan.output.risk == "low" || plan.output.risk != "low"
                |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
             = remove `when`
            demo.yaml:19:11: this never holds: the gate cannot fire
                |
             19 |     when: "!plan.ok"
                |           ^^^^^^^^^^
             = correct the condition, or remove the phase
        "#]],
    );
}

#[test]
fn a_condition_too_deep_or_too_long_is_refused_before_it_is_parsed() {
    let deep = format!("{}true{}", "(".repeat(400), ")".repeat(400));
    let bangs = format!("\"{}plan.ok\"", "!".repeat(900));
    let long = format!("plan.ok{}", " && plan.ok".repeat(200));
    let told: String = [deep, bangs, long]
        .iter()
        .map(|condition| with(condition).load().unwrap_err()[0].message.clone() + "\n")
        .collect();
    expect![[r#"
        the condition nests deeper than 16
        the condition nests deeper than 16
        the condition is longer than 1000 characters
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_condition_over_several_lines_is_told_where_it_begins() {
    refused(
        &[">\n      plan.output.rsk ==\n      \"high\""],
        expect![[r#"
        demo.yaml:20:7: `plan.output` has no field `rsk`
            |
         20 |       plan.output.rsk ==
            |       ^^^^^^^^^^^^^^^^^^
         = did you mean `risk`?
    "#]],
    );
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let list = r##"{ "type": "object", "properties": { "risk": { "$ref": "#/$defs/a" } }, "$defs": { "a": { "type": "array", "items": { "$ref": "#/$defs/a" } }, "b": { "$ref": "#/$defs/b" } } }"##;
    let told =
        |schema: &str| Team::new().write("schemas/plan.json", schema).change(WHEN, "plan.output.risk == 1").brief();
    expect![[r#"
        demo.yaml:19:11: the schema does not say of which type `plan.output.risk` is (give it a `type` or an `enum` there)
        demo.yaml:19:11: the schema does not say of which type `plan.output.risk` is (give it a `type` or an `enum` there)
    "#]].assert_eq(&format!("{}{}", told(list), told(&list.replacen("defs/a", "defs/b", 1))));
}

#[test]
fn many_comparisons_are_not_deep() {
    assert_eq!(with(&["plan.output.files != -1"; 30].join(" && ")).brief(), "it loads\n");
}

#[test]
fn the_deepest_condition_that_is_read_needs_no_deep_stack_of_the_caller() {
    let told = |depth: usize| {
        let condition = format!("{}plan.ok{}", "(plan.ok && (".repeat(depth / 2), "))".repeat(depth / 2));
        let reading = std::thread::Builder::new().stack_size(512 * 1024).spawn(move || with(&condition).brief());
        reading.unwrap().join().unwrap()
    };
    assert_eq!(told(16), "it loads\n");
    assert_eq!(told(18), "demo.yaml:19:11: the condition nests deeper than 16 (write it flatter)\n");
}
