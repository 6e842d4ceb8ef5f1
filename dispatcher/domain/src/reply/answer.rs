//! Answers to what people ask about a run: help, status, why, plan, cost.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::command::{self, Command};
use crate::outcome::Outcome;
use crate::post::{Line, Post, Span};
use crate::reply::{closing, money, place, status};
use crate::route::{Decision, Ground};
use crate::run::{Job, Run, State};
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

fn nothing_asked() -> Post {
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

/// Why the request went where it went, and what the agent knew.
pub fn why(run: &Run) -> Post {
    let Some(route) = &run.route else {
        return match run.outcome() {
            Some(Outcome::Helped) => nothing_asked(),
            Some(_) => Post::line("It ended before it was decided where this goes."),
            None => Post::line("It is not decided yet where this goes."),
        };
    };
    let mut post = match &route.decision {
        Decision::Go { grounds, .. } => grounds.iter().fold(Post::default(), |post, ground| post.and(reason(ground))),
        Decision::Ask { question, .. } => {
            let post = Post::default().and(Line::Text {
                spans: Vec::from([Span::Plain("I asked: ".into()), Span::Untrusted(question.clone())]),
            });
            match (&route.chosen, run.target()) {
                (Some(by), Some(target)) => post.and(Line::text(format!("{} chose {}.", by.name, place(target)))),
                (Some(_) | None, Some(_) | None) if run.ended() => post.and(Line::text("It was not answered.")),
                (Some(_) | None, Some(_) | None) => post.and(Line::text("It is not answered yet.")),
            }
        }
        Decision::Nowhere { reason, .. } => Post::default().and(Line::Text {
            spans: Vec::from([Span::Plain("No router took it: ".into()), Span::Untrusted(reason.clone())]),
        }),
    };
    let (Decision::Go { failed, .. } | Decision::Ask { failed, .. } | Decision::Nowhere { failed, .. }) =
        &route.decision;
    for (router, error) in failed {
        post = post.and(Line::Text {
            spans: Vec::from([
                Span::Plain("Failed and passed over: ".into()),
                Span::Code(router.clone()),
                Span::Plain(" — ".into()),
                Span::Untrusted(error.clone()),
            ]),
        });
    }
    if run.again {
        post = post.and(Line::text("It tries the thread's last run again, where that one went."));
    }
    if let Some(job) = run.job() {
        post = context(post, job);
    }
    post.footer = Vec::from([Span::Plain(format!(
        "Decided by rules, not by a model. Every router's part is kept as {}.",
        route.trace.short()
    ))]);
    post
}

fn reason(ground: &Ground) -> Line {
    let mut spans = Vec::from([
        Span::Plain("I chose ".into()),
        Span::Strong(ground.decided.clone()),
        Span::Plain(" because ".into()),
        Span::Untrusted(ground.reason.clone()),
    ]);
    let matched = ground.matched.iter().filter(|word| !word.is_empty());
    let matched: Vec<String> = matched.map(|word| format!("“{word}”")).collect();
    if !matched.is_empty() {
        spans.push(Span::Plain(" (your words: ".into()));
        spans.push(Span::Untrusted(matched.join(", ")));
        spans.push(Span::Plain(")".into()));
    }
    spans.push(Span::Plain(format!(" · router {}, rule {}, {} % sure", ground.router, ground.rule, ground.score / 10)));
    Line::Text { spans }
}

fn context(post: Post, job: &Job) -> Post {
    let knew = if job.context.is_empty() { "nothing besides your words".into() } else { job.context.join(", ") };
    let mut post =
        post.and(Line::Text { spans: Vec::from([Span::Plain("The agent was given: ".into()), Span::Untrusted(knew)]) });
    for omission in &job.omissions {
        post = post.and(Line::Text {
            spans: Vec::from([
                Span::Plain("Left out: ".into()),
                Span::Untrusted(format!("{} ({})", omission.what, omission.why)),
            ]),
        });
    }
    post
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
