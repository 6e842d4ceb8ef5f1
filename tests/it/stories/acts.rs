//! What agents and scripts do in the stories.

use serde_json::json;
use signalbox_domain::devbox::{End, Proposal};
use signalbox_world::boxes::Act;

/// A plan of that risk.
pub(super) fn planned(risk: &str) -> Vec<Act> {
    let plan = json!({ "summary": "Change $9 to $12 on two pages.", "risk": risk, "files": ["src/pricing.html"] });
    vec![
        Act::Spend(110_000),
        Act::Report("reading src/pricing.html"),
        Act::Handoff("plan.md", "Change $9 to $12."),
        Act::Output(plan),
    ]
}

/// The page says $12.
pub(super) fn built() -> Vec<Act> {
    wrote("<p>$12</p>\n", "Pricing: $9 → $12")
}

/// The page says that, and the change request is to be called so.
pub(super) fn wrote(page: &'static str, title: &str) -> Vec<Act> {
    vec![
        Act::Write("src/pricing.html", page),
        Act::Spend(400_000),
        Act::Report("editing src/pricing.html"),
        Act::Handoff("summary.md", "Changed one price."),
        Act::Propose(Proposal::ChangeRequest {
            title: title.into(),
            body: "Changes the price.".into(),
            not_done: String::new(),
        }),
    ]
}

/// A review that finds nothing.
pub(super) fn approved() -> Vec<Act> {
    vec![Act::Spend(50_000), Act::Output(json!({ "verdict": "approve", "comments": [] }))]
}

/// A review that finds something.
pub(super) fn objected(comment: &str) -> Vec<Act> {
    let verdict = json!({ "verdict": "request_changes", "comments": [{ "comment": comment }] });
    vec![Act::Spend(50_000), Act::Output(verdict)]
}

/// A script that fails, with these last words.
pub(super) fn failed(words: &'static str) -> Vec<Act> {
    vec![Act::Say(words), Act::End(End::Exit { code: 1 })]
}

/// An agent that only proposes something.
pub(super) fn proposed(proposal: Proposal) -> Vec<Act> {
    vec![Act::Spend(30_000), Act::Propose(proposal)]
}

/// The same, after so many seconds.
pub(super) fn after(seconds: u64, acts: Vec<Act>) -> Vec<Act> {
    [vec![Act::Take(seconds)], acts].concat()
}
