//! Gates: what will happen, why it is asked, who may decide, until when.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::id::Digest;
use crate::post::{Action, Line, Post, Span};
use crate::reply::{findings, place, within};
use crate::run::{Job, Run};
use crate::talk::Person;
use crate::time;
use crate::workflow::{Gate, Phase, Work};

/// Asks for a decision.
pub fn gate(job: &Job, phase: &Phase, gate: &Gate, digest: &Digest) -> Post {
    let mut post = Post::default().and(Line::Text { spans: Vec::from([Span::Strong(asks(job, phase))]) });
    for (name, fact) in &job.facts {
        if let Some(summary) = fact.pointer("/output/summary").and_then(|value| value.as_str()) {
            let label = job.plan.workflow.phase(&name.as_str().into()).map_or(name.as_str(), |phase| &phase.label);
            post = post.and(Line::text(format!("{label}:"))).and(Line::Quote { text: summary.to_string() });
        }
    }
    if paused(phase)
        && let Some(found) = findings(job, &phase.name)
    {
        post = post.and(Line::text(format!("{} says:", phase.label))).and(Line::Quote { text: found });
    }
    let next = job.plan.workflow.phases.iter().find(|other| other.needs.contains(&phase.name));
    if let Some(next) = next {
        let then = match next.work {
            Work::WatchChecks => "the forge's checks are awaited".to_string(),
            Work::OpenChange => "a draft change request is opened".to_string(),
            Work::Agent(_) | Work::Script { .. } | Work::Gate(_) => format!("{} begins", within(&next.label)),
        };
        post = post.and(Line::text(format!("If you approve, {then}. If you deny, nothing more is done.")));
    }
    let but = if gate.not_requester { ", but not the person who asked," } else { "" };
    post.footer = Vec::from([Span::Plain(format!(
        "Any {}{but} can decide, by button or by writing approve or deny · {} left · exactly this: {}",
        gate.role.words(),
        gate.expires.words(),
        digest.short()
    ))]);
    post.button("Approve", Action::Approve { phase: phase.name.clone(), digest: digest.clone() })
        .button("Deny", Action::Deny { phase: phase.name.clone(), digest: digest.clone(), reason: "".into() })
}

/// The gate, once it is decided: the buttons are gone, the decision and its author stand there.
pub fn gate_decided(job: &Job, phase: &Phase, by: &Person, denied: bool) -> Post {
    over(job, phase, &format!("{} by {}", if denied { "denied" } else { "approved" }, by.name))
}

/// The gate, once it is not asked any more.
pub fn gate_withdrawn(job: &Job, phase: &Phase) -> Post {
    over(job, phase, "not asked any more")
}

/// A gate still waits, for so much longer.
pub fn reminder(run: &Run, left: time::Span) -> Post {
    Post::line(format!(
        "This still waits for somebody to approve or deny it ({} left); {} asked for it.",
        left.words(),
        run.request.by.name
    ))
}

fn asks(job: &Job, phase: &Phase) -> String {
    if paused(phase) {
        format!("{} is still not content. Shall I go on with it as it is?", phase.label)
    } else {
        format!("May I go on with {}?", place(&job.plan.target))
    }
}

/// Whether it is asked because the phase's rounds are used up.
fn paused(phase: &Phase) -> bool {
    !matches!(phase.work, Work::Gate(_))
}

fn over(job: &Job, phase: &Phase, what: &str) -> Post {
    let spans = Vec::from([Span::Strong(asks(job, phase)), Span::Plain(format!(" — {what}"))]);
    Post::default().and(Line::Text { spans })
}
