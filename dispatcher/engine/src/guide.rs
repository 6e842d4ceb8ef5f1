//! What an agent is told about the files it must or may write.

use std::fmt::Write as _;

use serde_json::Value;
use signalbox_domain::context::{Bundle, Trust};
use signalbox_domain::workflow::{Phase, Work, Workflow};

/// The prefetcher whose pieces are guides.
const GUIDES: &str = "repo-guide@";
/// Where a box shows the agent what it was given.
pub(crate) const IN: &str = "/signalbox/in";
/// Where the agent leaves what it has to say.
const OUT: &str = "/signalbox/out";

/// The guide for one phase: short, with a place and a form for everything.
pub(crate) fn outputs(workflow: &Workflow, phase: &Phase, schema: Option<&Value>) -> String {
    let mut guide = String::from("# What to leave behind\n\n");
    for name in &phase.produces {
        let _ = writeln!(guide, "- `{OUT}/{name}`: required.");
    }
    if let Some(schema) = schema {
        let _ = writeln!(guide, "- `{OUT}/output.json`: required, JSON of this form:\n\n```json\n{schema:#}\n```\n");
    }
    let mut proposals = Vec::new();
    if changes(workflow, phase) {
        proposals.push(
            r#"the words of the change request: `{"proposal":"change_request","title":"…","body":"…","not_done":"what was asked and not done, or empty"}`"#,
        );
    }
    if answers(workflow, phase) {
        proposals.push(r#"the answer, required if there is one: `{"proposal":"answer","text":"…"}`"#);
    }
    proposals.push(r#"nothing has to change: `{"proposal":"no_change_needed","reason":"…"}`"#);
    proposals
        .push(r#"you cannot go on without a person: `{"proposal":"blocked","needs":"what you need, in a sentence"}`"#);
    let _ = writeln!(guide, "- `{OUT}/proposals/NAME.json`, a file for each that applies:");
    for proposal in proposals {
        let _ = writeln!(guide, "  - {proposal}");
    }
    guide
}

/// What holds in the repository, for whoever works in it: its own guides, the nearer ones over the others, and its
/// commands by name.
pub(crate) fn repository(bundle: &Bundle, tools: &[String]) -> String {
    let mut guide = String::new();
    let guides: Vec<&str> = bundle
        .items
        .iter()
        .filter(|item| item.trust == Trust::Reviewed && item.prefetcher.starts_with(GUIDES))
        .filter(|item| !item.title.starts_with("README"))
        .map(|item| item.title.as_str())
        .collect();
    if !guides.is_empty() {
        let _ = writeln!(
            guide,
            "# What holds in this repository\n\nIts own rules for whoever works in it lie in `{IN}/context.md`, as it has \
             them reviewed; where two differ the one deeper in its folders counts:\n"
        );
        for title in guides {
            let _ = writeln!(guide, "- {title}");
        }
    }
    if !tools.is_empty() {
        let gap = if guide.is_empty() { "" } else { "\n" };
        let _ = writeln!(guide, "{gap}# Its commands\n\nTo see whether your work is right:\n");
        for tool in tools {
            let _ = writeln!(guide, "- `{tool}`");
        }
    }
    guide
}

/// Whether the phase may propose words for a change request: it may change something, and one will be opened.
pub(crate) fn changes(workflow: &Workflow, phase: &Phase) -> bool {
    phase.grant.writes() && workflow.phases.iter().any(|other| matches!(other.work, Work::OpenChange))
}

/// Whether the phase may propose an answer: it is granted, or the workflow is there for nothing else.
pub(crate) fn answers(workflow: &Workflow, phase: &Phase) -> bool {
    let nothing_else = workflow.phases.iter().all(|other| !other.grant.writes());
    phase.grant.outputs.contains_key("answer") || nothing_else
}
