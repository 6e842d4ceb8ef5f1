//! Every sentence the product says. Plain words: what happened, what happens next, what it cost.

mod answer;
mod closing;
mod gate;
mod status;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::id::RunId;
use crate::outcome::Outcome;
use crate::post::{Action, Line, Mark, Post, Span};
use crate::route::{Candidate, Target};
use crate::run::{Job, Run, Stage, State};
use crate::talk::Person;

pub use answer::{answer, details, why};
pub use closing::closing;
pub use gate::{gate, gate_decided, gate_withdrawn, reminder};
pub use status::status;

/// The mark on the request.
pub fn mark(run: &Run) -> Mark {
    match &run.state {
        State::Routing { .. } | State::Resolving { .. } => Mark::Seen,
        State::Choosing { .. } => Mark::Waiting,
        State::Waiting { .. } | State::Gathering { .. } => Mark::Working,
        State::Working(job) => {
            let waits = job.phases.values().any(|progress| matches!(progress.stage, Stage::Deciding { .. }));
            if waits { Mark::Waiting } else { Mark::Working }
        }
        State::Closing { .. } => Mark::Working,
        State::Ended { outcome, .. } => match outcome {
            Outcome::Delivered | Outcome::Answered { .. } | Outcome::NoChangeNeeded { .. } | Outcome::Helped => {
                Mark::Done
            }
            Outcome::Stopped { .. } | Outcome::Rejected { .. } | Outcome::Expired { .. } => Mark::Stopped,
            Outcome::Blocked { .. } => Mark::Waiting,
            Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::BudgetExhausted { .. } | Outcome::Lost => {
                Mark::Failed
            }
        },
    }
}

/// Money, from millionths of a dollar: `$0.84`.
pub fn money(micro_usd: u64) -> String {
    let cents = (micro_usd + 5_000) / 10_000;
    if cents.is_multiple_of(100) && cents >= 100 {
        format!("${}", cents / 100)
    } else {
        format!("${}.{:02}", cents / 100, cents % 100)
    }
}

/// Asks where a request goes.
pub(crate) fn question(question: &str, candidates: &[Candidate], by: &Person) -> Post {
    let mut post = Post::default().and(Line::Text { spans: Vec::from([Span::Untrusted(question.into())]) });
    for candidate in candidates {
        let place = place(&candidate.target);
        post = post.and(Line::Text {
            spans: Vec::from([
                Span::Plain("• ".into()),
                Span::Strong(place.clone()),
                Span::Plain(" — ".into()),
                Span::Untrusted(candidate.reason.clone()),
            ]),
        });
        post = post.button(&place, Action::Choose { target: candidate.target.clone() });
    }
    post.footer = Vec::from([Span::Plain(format!(
        "{} can answer by button, or by writing repo:owner/name. I'll wait a day.",
        by.name
    ))]);
    post
}

/// The question, once it is answered.
pub(crate) fn chosen(target: &Target, by: &Person) -> Post {
    Post::line(format!("{} chose {}.", by.name, place(target)))
}

/// The question, once it does not matter any more.
pub(crate) fn question_over() -> Post {
    Post::line("(That question is over.)")
}

pub(crate) fn budget_warning(used: u64, cap: u64) -> Post {
    Post::line(format!(
        "{} of {} is used. At {} I stop and keep what is done so far.",
        money(used),
        money(cap),
        money(cap)
    ))
    .button("Stop", Action::Stop)
}

/// A title for a change request whose agent gave none: the request's first line, shortened.
pub(crate) fn title(request: &str) -> String {
    let line = request.lines().find(|line| !line.trim().is_empty()).unwrap_or("Change").trim();
    let mut title: String = line.chars().take(72).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    title
}

/// The description of a change request.
pub(crate) fn description(id: &RunId, by: &str, request: &str, body: &str, not_done: &str, job: &Job) -> String {
    let mut text = String::new();
    if let Some(reason) = &job.handoff {
        text.push_str(&format!("**Handed over as it is.** {reason}\n\n"));
    }
    if !body.trim().is_empty() {
        text.push_str(body.trim());
        text.push_str("\n\n");
    }
    if !not_done.trim().is_empty() {
        text.push_str(&format!("**Not done:** {}\n\n", not_done.trim()));
    }
    text.push_str(&format!("Asked for by {by}:\n\n"));
    for line in request.lines() {
        text.push_str(&format!("> {line}\n"));
    }
    if !job.checks.is_empty() {
        text.push_str("\nChecks run in devboxes:\n\n");
        for check in &job.checks {
            text.push_str(&format!("- {}: {}\n", check.name, if check.passed { "passed" } else { "failed" }));
        }
    }
    text.push_str(&format!("\n<!-- signalbox run:{id} -->\n"));
    text
}

/// A place, for people: the repository, or the workflow where there is none.
pub(crate) fn place(target: &Target) -> String {
    match &target.repository {
        Some(repository) => repository.to_string(),
        None => format!("{} (no repository)", target.workflow),
    }
}
