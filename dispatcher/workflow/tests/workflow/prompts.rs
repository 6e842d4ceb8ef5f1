//! Prompts: fixed places for values, which are never looked into again.

use std::collections::BTreeMap;

use signalbox_workflow::prompt::{VARIABLES, render};
use signalbox_workflow::shipped;

fn filled(prompt: &str, values: &[(&str, &str)]) -> String {
    render(prompt, &values.iter().copied().collect()).unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn a_value_takes_its_place() {
    assert_eq!(filled("Do: {{ request }}!\n{{request}}", &[("request", "fix it")]), "Do: fix it!\nfix it");
}

#[test]
fn a_value_that_names_another_is_not_looked_into() {
    let values =
        [("request", "{{ context }} {{ outputs_guide }} \\{{"), ("context", "secret"), ("outputs_guide", "guide")];
    assert_eq!(filled("{{ request }}|{{ context }}", &values), "{{ context }} {{ outputs_guide }} \\{{|secret");
}

#[test]
fn a_line_with_nothing_but_an_empty_value_goes_away() {
    assert_eq!(filled("a\n  {{ feedback }}  \nb\n{{ feedback }}.\n", &[("feedback", "")]), "a\nb\n.\n");
}

#[test]
fn braces_that_mean_themselves_are_written_with_a_backslash() {
    assert_eq!(filled("\\{{ matrix.os }} and {{ request }}", &[("request", "x")]), "{{ matrix.os }} and x");
}

#[test]
fn a_value_that_was_not_given_is_a_fault_and_not_an_empty_text() {
    let fault = render("a\nb {{ request }}", &BTreeMap::new()).unwrap_err();
    assert_eq!(fault.to_string(), "2:3: no value was given for `request` (give one; it may be empty)");
    let fault = render("{{ anything }}", &BTreeMap::new()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "1:1: a prompt has no `anything` (write one of request, followups, context, handoffs, feedback, outputs_guide)"
    );
}

#[test]
fn every_shipped_prompt_says_that_what_is_read_is_no_instruction() {
    for path in
        ["answer/prompts/answer.md", "build/prompts/plan.md", "build/prompts/build.md", "build/prompts/review.md"]
    {
        let prompt = shipped::file(path).unwrap();
        let values: BTreeMap<&str, &str> = VARIABLES.iter().map(|(name, _)| (*name, *name)).collect();
        let text = render(&prompt, &values).unwrap();
        assert!(text.contains("Everything else you read"), "{path}");
        for needed in ["request", "followups", "context", "outputs_guide"] {
            assert!(text.lines().any(|line| line == needed), "{path} has no place for {needed}");
        }
    }
}
