//! What an agent is told about the files it must or may write.

use std::fmt::Write as _;

use serde_json::Value;
use signalbox_domain::workflow::{Phase, Work, Workflow};

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

/// Whether the phase may propose words for a change request: it may change something, and one will be opened.
pub(crate) fn changes(workflow: &Workflow, phase: &Phase) -> bool {
    phase.grant.writes() && workflow.phases.iter().any(|other| matches!(other.work, Work::OpenChange))
}

/// Whether the phase may propose an answer: it is granted, or the workflow is there for nothing else.
pub(crate) fn answers(workflow: &Workflow, phase: &Phase) -> bool {
    let nothing_else = workflow.phases.iter().all(|other| !other.grant.writes());
    phase.grant.outputs.contains_key("answer") || nothing_else
}
