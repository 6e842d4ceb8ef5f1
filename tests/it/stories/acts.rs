//! What agents and scripts do in the stories.

use serde_json::json;
use signalbox_domain::change::{Checks, Ran, Remark, Review, Verdict};
use signalbox_domain::devbox::{End, Proposal};
use signalbox_world::World;
use signalbox_world::boxes::Act;

/// A plan of that risk.
pub(crate) fn planned(risk: &str) -> Vec<Act> {
    let plan = json!({ "summary": "Change $9 to $12 on two pages.", "risk": risk, "files": ["src/pricing.html"] });
    vec![
        Act::Spend(110_000),
        Act::Report("reading src/pricing.html"),
        Act::Handoff("plan.md", "Change $9 to $12."),
        Act::Output(plan),
    ]
}

/// The page says $12.
pub(crate) fn built() -> Vec<Act> {
    wrote("<p>$12</p>\n", "Pricing: $9 → $12")
}

/// The page says that, and the change request is to be called so.
pub(crate) fn wrote(page: &'static str, title: &str) -> Vec<Act> {
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
pub(crate) fn approved() -> Vec<Act> {
    vec![Act::Spend(50_000), Act::Output(json!({ "verdict": "approve", "comments": [] }))]
}

/// A review that finds something.
pub(crate) fn objected(comment: &str) -> Vec<Act> {
    let verdict = json!({ "verdict": "request_changes", "comments": [{ "comment": comment }] });
    vec![Act::Spend(50_000), Act::Output(verdict)]
}

/// A script that fails, with these last words.
pub(crate) fn failed(words: &'static str) -> Vec<Act> {
    vec![Act::Say(words), Act::End(End::Exit { code: 1 })]
}

/// An agent that only proposes something.
pub(crate) fn proposed(proposal: Proposal) -> Vec<Act> {
    vec![Act::Spend(30_000), Act::Propose(proposal)]
}

/// The same, after so many seconds.
pub(crate) fn after(seconds: u64, acts: Vec<Act>) -> Vec<Act> {
    [vec![Act::Take(seconds)], acts].concat()
}

/// How one check stands at the forge.
pub(crate) fn ran(name: &str, verdict: Verdict, log: &str) -> Checks {
    let url = format!("https://forge.example/checks/{name}");
    Checks { ran: vec![Ran { name: name.into(), verdict, url, log: log.into() }], held: false }
}

/// The unit tests pass at the forge.
pub(crate) fn pass() -> Checks {
    ran("unit", Verdict::Passed, "")
}

/// The unit tests are under way at the forge.
pub(crate) fn pending() -> Checks {
    ran("unit", Verdict::Pending, "")
}

/// The unit tests fail at the forge, and log that.
pub(crate) fn fail(log: &str) -> Checks {
    ran("unit", Verdict::Failed, log)
}

/// Somebody asks for changes of a line of the pricing page.
pub(crate) fn review(id: &str, remark: &str) -> Review {
    Review {
        id: id.into(),
        url: format!("https://forge.example/reviews/{id}"),
        asks: true,
        text: "Nearly there.".into(),
        remarks: vec![Remark { path: "src/pricing.html".into(), line: Some(1), text: remark.into() }],
    }
}

/// What the agents of a phase were told, attempt by attempt.
pub(crate) fn told(world: &World, phase: &str, words: &str) -> Vec<bool> {
    let all = world.boxes.assignments();
    let of_phase = all.iter().filter(|assignment| assignment.attempt.phase.0 == phase);
    of_phase.map(|assignment| format!("{:?}", assignment.task).contains(words)).collect()
}
