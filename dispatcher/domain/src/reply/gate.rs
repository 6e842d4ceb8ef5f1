//! Gates: what will happen, why it is asked, who may decide, until when.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::id::Digest;
use crate::post::{Action, Line, Post, Span};
use crate::reply::place;
use crate::run::{Job, Run};
use crate::talk::Person;
use crate::time::Time;
use crate::workflow::{Gate, Phase, Work};

/// Asks for a decision.
pub fn gate(job: &Job, phase: &Phase, gate: &Gate, digest: &Digest, at: Time) -> Post {
    let paused = !matches!(phase.work, Work::Gate(_));
    let asks = if paused {
        format!("{} is still not content. Go on with it as it is?", phase.label)
    } else {
        format!("May I go on with {}?", place(&job.plan.target))
    };
    let mut post = Post::default().and(Line::Text { spans: Vec::from([Span::Strong(asks)]) });
    for (name, fact) in &job.facts {
        if let Some(summary) = fact.pointer("/output/summary").and_then(|value| value.as_str()) {
            let label = job.plan.workflow.phase(&name.as_str().into()).map_or(name.as_str(), |phase| &phase.label);
            post = post.and(Line::text(format!("{label}:"))).and(Line::Quote { text: summary.to_string() });
        }
    }
    let next = job.plan.workflow.phases.iter().find(|other| other.needs.contains(&phase.name));
    if let Some(next) = next {
        post = post.and(Line::text(format!(
            "If you approve, {} begins. If you deny, nothing more is done.",
            next.label.to_lowercase()
        )));
    }
    let who = if gate.not_requester { "somebody other than the person who asked" } else { "anyone" };
    post.footer = Vec::from([Span::Plain(format!(
        "{who}, {} or above · {} left · exactly this: {}",
        gate.role.words(),
        (at + gate.expires - at).words(),
        digest.short()
    ))]);
    post.button("Approve", Action::Approve { phase: phase.name.clone(), digest: digest.clone() })
        .button("Deny", Action::Deny { phase: phase.name.clone(), digest: digest.clone(), reason: "".into() })
}

/// The gate, once it is decided: the buttons are gone, the decision and its author stand there.
pub fn gate_decided(phase: &Phase, by: &Person, deny: Option<&str>, _at: Time) -> Post {
    match deny {
        None => Post::line(format!("{}: approved by {}.", phase.label, by.name)),
        Some("") => Post::line(format!("{}: denied by {}.", phase.label, by.name)),
        Some(reason) => {
            Post::line(format!("{}: denied by {}:", phase.label, by.name)).and(Line::Quote { text: reason.into() })
        }
    }
}

/// The gate, once it is not asked any more.
pub fn gate_withdrawn() -> Post {
    Post::line("(This is not asked any more.)")
}

/// A gate still waits.
pub fn reminder(label: &str, run: &Run) -> Post {
    Post::line(format!("{label} still waits for a decision; {} asked for it.", run.request.by.name))
}
