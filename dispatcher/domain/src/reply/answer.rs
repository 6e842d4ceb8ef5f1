//! Answers to what people ask about a run: help, status, why, plan, cost.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::command::{self, Command};
use crate::outcome::Outcome;
use crate::post::{Line, Post, Span};
use crate::reply::{closing, money, status, why};
use crate::run::{Run, State};
use crate::time::Time;

/// Answers a word of ours.
pub fn answer(command: &Command, run: &Run, at: Time) -> Post {
    match command {
        Command::Why => why(run),
        Command::Cost => cost(run),
        Command::Plan => plan(run),
        Command::Status => {
            let mut post = match &run.state {
                State::Ended { at: end, .. } => closing(run, *end),
                State::Routing { .. } => Post::line("Working out where this goes …"),
                State::Choosing { .. } => Post::line("Waiting to be told where this goes."),
                State::Resolving { .. }
                | State::Waiting { .. }
                | State::Gathering { .. }
                | State::Working(_)
                | State::Closing { .. } => status(run, at).unwrap_or_default(),
            };
            post.buttons.clear();
            post
        }
        Command::Dashboard => Post::line("Runs and settings are on the dashboard."),
        Command::Nothing
        | Command::Help
        | Command::Approve
        | Command::Deny(_)
        | Command::Stop
        | Command::Retry
        | Command::Aside
        | Command::Mute
        | Command::Quiet
        | Command::Verbose
        | Command::Now(_)
        | Command::Words(_) => help(run),
    }
}

/// The closing message of a run that only helped.
pub(super) fn helped(run: &Run) -> Post {
    match command::parse(&run.request.text) {
        Command::Nothing | Command::Help => help(run),
        Command::Dashboard => Post::line("Runs and settings are on the dashboard."),
        Command::Status
        | Command::Why
        | Command::Plan
        | Command::Cost
        | Command::Approve
        | Command::Deny(_)
        | Command::Stop
        | Command::Retry
        | Command::Aside
        | Command::Mute
        | Command::Quiet
        | Command::Verbose
        | Command::Now(_)
        | Command::Words(_) => nothing_asked(),
    }
}

pub(super) fn nothing_asked() -> Post {
    Post::line("Nothing has been asked for in this thread yet.").and(Line::text("Say `help` to see what I can do."))
}

/// Help, with two examples that work here.
fn help(run: &Run) -> Post {
    let known = run.target().or(run.memory.as_ref()).and_then(|target| target.repository.as_ref());
    let example = match known {
        Some(repository) => format!("the pricing page says $9, it should say $12 repo:{repository}"),
        None => "the pricing page says $9, it should say $12".into(),
    };
    Post::line("Tell me in a sentence what should change, or ask a question. For example:")
        .and(Line::text(format!("• {example}")))
        .and(Line::text("• why does the sign-up form ask for a phone number?"))
        .and(Line::text("While I work: reply to add something, `now: …` to interrupt, `stop`, `status`, `why`, `plan`, `cost`, `approve`, `deny <reason>`, `retry`, `mute`, `verbose`."))
}

fn cost(run: &Run) -> Post {
    let used = run.usage();
    let cap = run
        .plan()
        .map_or_else(|| "no cap yet".to_string(), |plan| format!("of {}", money(plan.workflow.budget.micro_usd)));
    Post::line(format!(
        "{} {cap} · {} model turn{} · {} tokens read, {} written",
        money(used.micro_usd),
        used.turns,
        if used.turns == 1 { "" } else { "s" },
        thousands(used.tokens_in),
        thousands(used.tokens_out)
    ))
}

/// `36,666`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn plan(run: &Run) -> Post {
    let summary =
        run.job().and_then(|job| job.facts.values().find_map(|fact| fact.pointer("/output/summary")?.as_str()));
    match summary {
        Some(summary) => Post::line("The plan:").and(Line::Quote { text: summary.to_string() }),
        None => Post::line("There is no plan yet."),
    }
}

/// More about a failure.
pub fn details(run: &Run) -> Post {
    match run.outcome() {
        Some(Outcome::Failed { cause, details }) => {
            let post = Post::default().and(Line::Text { spans: Vec::from([Span::Untrusted(cause.clone())]) });
            if details.is_empty() {
                post.and(Line::text("There is nothing more to tell."))
            } else {
                post.and(Line::Quote { text: details.clone() })
            }
        }
        Some(_) | None => Post::line("There is nothing more to tell."),
    }
}
