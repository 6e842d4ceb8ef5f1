//! The one closing message: the result, where to look, what was not done, what it cost.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::devbox::Proposal;
use crate::outcome::Outcome;
use crate::post::{Action, Line, Post, Span};
use crate::reply::{answer, money};
use crate::run::{Job, Run};
use crate::time::Time;
use crate::workflow::Work;

/// The closing message of a run that ends at `at`.
pub fn closing(run: &Run, at: Time) -> Post {
    let Some(outcome) = run.outcome() else { return Post::default() };
    let job = run.job();
    let mut post = match outcome {
        Outcome::Helped => return answer::helped(run),
        Outcome::Delivered => delivered(job),
        Outcome::Answered { text } => Post::default().and(Line::Quote { text: text.clone() }),
        Outcome::NoChangeNeeded { reason } => {
            because("Nothing needed to be changed", reason, "the agent changed nothing and did not say why")
        }
        Outcome::Blocked { needs } => because("I need a person to go on", needs, "it was not said for what"),
        Outcome::Refused { reason } => {
            Post::default().and(Line::Text { spans: Vec::from([Span::Untrusted(reason.clone())]) })
        }
        Outcome::Rejected { by, reason } if reason.is_empty() => {
            Post::line(format!("{} said no, so nothing more was done.", by.name))
        }
        Outcome::Rejected { by, reason } => Post::line(format!("{} said no, so nothing more was done:", by.name))
            .and(Line::Quote { text: reason.clone() }),
        Outcome::Failed { cause, .. } => {
            Post::default().and(Line::Text { spans: Vec::from([Span::Untrusted(cause.clone())]) })
        }
        Outcome::BudgetExhausted { limit } => {
            Post::line(format!("Stopped at the budget: {limit} is used up. What was done so far is kept."))
        }
        Outcome::Stopped { by, deleted: true } => Post::line(format!("{} deleted the request, so I stopped.", by.name)),
        Outcome::Stopped { by, deleted: false } => {
            Post::line(format!("Stopped by {}. Its devbox is gone and it costs nothing any more.", by.name))
        }
        Outcome::Expired { asked } => {
            Post::line(format!("Nobody answered {asked} in time, so I stopped here. Ask again whenever you like."))
        }
        Outcome::Lost => Post::line(
            "The devbox was lost again and again, so I gave up. Nothing was changed by that; please try again.",
        ),
    };
    if let Some(job) = job {
        post = tail(post, outcome, job);
    }
    if outcome.retryable() {
        post = post.button("Retry", Action::Retry);
    }
    if let Outcome::Failed { details, .. } = outcome
        && !details.is_empty()
    {
        post = post.button("Details", Action::Details);
    }
    post.footer = footer(run, at);
    post
}

fn delivered(job: Option<&Job>) -> Post {
    let title = job.and_then(|job| job.change.as_ref()).map_or_else(String::new, |change| change.title.clone());
    Post::default().and(Line::Text {
        spans: Vec::from([Span::Strong("Ready for review: ".into()), Span::Untrusted(format!("“{title}”"))]),
    })
}

fn because(what: &str, reason: &str, silent: &str) -> Post {
    if reason.is_empty() {
        return Post::line(format!("{what} ({silent})."));
    }
    Post::default()
        .and(Line::Text { spans: Vec::from([Span::Plain(format!("{what}: ")), Span::Untrusted(reason.into())]) })
}

/// What was done, what was checked, what was not done.
fn tail(mut post: Post, outcome: &Outcome, job: &Job) -> Post {
    if let Some(change) = &job.change {
        let diff = change.diff;
        let files = if diff.files == 1 { "One file".to_string() } else { format!("{} files", diff.files) };
        post = post.and(Line::text(format!("{files} changed (+{} −{}){}", diff.added, diff.removed, checks(job))));
        post = post.button("View change request", Action::View { url: change.url.clone() });
    } else if job.head.is_some() && !matches!(outcome, Outcome::Delivered) {
        post =
            post.and(Line::text("What was changed so far is kept on the run's branch; no change request was opened."));
    }
    let not_done = job.proposals.iter().find_map(|proposal| match proposal {
        Proposal::ChangeRequest { not_done, .. } if !not_done.trim().is_empty() => Some(not_done.trim()),
        Proposal::ChangeRequest { .. }
        | Proposal::Answer { .. }
        | Proposal::NoChangeNeeded { .. }
        | Proposal::Blocked { .. } => None,
    });
    if let Some(not_done) = not_done {
        post = post.and(Line::Text {
            spans: Vec::from([Span::Strong("Not done: ".into()), Span::Untrusted(not_done.into())]),
        });
    }
    for refused in &job.refused {
        post = post
            .and(Line::Text { spans: Vec::from([Span::Plain("Refused: ".into()), Span::Untrusted(refused.clone())]) });
    }
    post
}

fn checks(job: &Job) -> String {
    let reviews = job.plan.workflow.phases.iter().filter(|phase| {
        let agent = matches!(&phase.work, Work::Agent(agent) if agent.consumes.iter().any(|name| name == "diff"));
        agent && job.phases.get(&phase.name).is_some_and(|progress| progress.stage.passed())
    });
    let reviewed = if reviews.count() > 0 { ", reviewed once" } else { "" };
    let failed: Vec<&str> = job.checks.iter().filter(|check| !check.passed).map(|check| check.name.as_str()).collect();
    match (job.checks.len(), failed.as_slice()) {
        (0, _) => format!(". No checks ran{reviewed}."),
        (_, []) => format!(", all checks pass{reviewed}."),
        (_, failed) => format!(". These checks fail: {}.", failed.join(", ")),
    }
}

/// Where, which phases, how long, how much, which run.
fn footer(run: &Run, at: Time) -> Vec<Span> {
    let mut parts: Vec<String> = Vec::new();
    if let Some(repository) = run.target().and_then(|target| target.repository.as_ref()) {
        parts.push(repository.to_string());
    }
    if let Some(job) = run.job() {
        let done: Vec<String> = job
            .plan
            .workflow
            .phases
            .iter()
            .filter(|phase| {
                phase.boxed() && job.phases.get(&phase.name).is_some_and(|progress| !progress.transcripts.is_empty())
            })
            .map(|phase| phase.label.to_lowercase())
            .collect();
        if !done.is_empty() {
            parts.push(done.join(" → "));
        }
    }
    parts.push((at - run.asked).words());
    parts.push(money(run.usage().micro_usd));
    parts.push(format!("run:{}", run.id));
    Vec::from([Span::Plain(parts.join(" · "))])
}
