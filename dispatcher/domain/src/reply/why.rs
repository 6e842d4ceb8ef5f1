//! Why a request went where it went, which router said what, and what would have to be said for it to go elsewhere.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::outcome::Outcome;
use crate::post::{Line, Post, Span};
use crate::reply::{answer, place};
use crate::route::{Decision, EXPLICIT, Ground};
use crate::run::{Job, Routed, Run};

/// Why the request went where it went, and what the agent knew.
pub fn why(run: &Run) -> Post {
    let Some(route) = &run.route else {
        return match run.outcome() {
            Some(Outcome::Helped) => answer::nothing_asked(),
            Some(Outcome::Refused { reason }) => Post::default().and(refused(reason)),
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
    post = parts(post, route, failed);
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
    if let Some(Outcome::Refused { reason }) = run.outcome()
        && !matches!(route.decision, Decision::Nowhere { .. })
    {
        post = post.and(refused(reason));
    }
    if run.again {
        post = post.and(Line::text("It tries the thread's last run again, where that one went."));
    }
    post = post.and(Line::text(elsewhere(route)));
    if let Some(job) = run.job() {
        post = context(post, job);
    }
    post.footer = Vec::from([Span::Plain(format!(
        "Decided by rules, not by a model. The whole record of it is kept as {}.",
        route.trace.short()
    ))]);
    post
}

fn refused(reason: &str) -> Line {
    Line::Text { spans: Vec::from([Span::Plain("It was not taken up: ".into()), Span::Untrusted(reason.into())]) }
}

/// What each router said, without those that failed: they are named by themselves.
fn parts(post: Post, route: &Routed, failed: &[(String, String)]) -> Post {
    let heard = route.parts.iter().filter(|part| failed.iter().all(|(router, _)| *router != part.router));
    heard.fold(post, |post, part| {
        post.and(Line::Text {
            spans: Vec::from([
                Span::Plain("• ".into()),
                Span::Code(part.router.clone()),
                Span::Plain(" ".into()),
                Span::Untrusted(part.said.clone()),
            ]),
        })
    })
}

/// What would have to be said for it to go elsewhere.
fn elsewhere(route: &Routed) -> String {
    let (went, sure) = match &route.decision {
        Decision::Go { target, grounds, .. } => {
            let sure = grounds.iter().map(|ground| ground.score).max();
            (target.repository.as_ref().map_or("no repository", |name| name.as_str()), sure.unwrap_or_default())
        }
        Decision::Ask { .. } | Decision::Nowhere { .. } => ("", 0),
    };
    let mut others: Vec<&(String, u16)> =
        route.parts.iter().filter_map(|part| part.place.as_ref()).filter(|(place, _)| *place != went).collect();
    others.sort_by_key(|(_, score)| core::cmp::Reverse(*score));
    let next = match others.first() {
        Some((place, score)) if !went.is_empty() => format!("Next in line was {place}, {} % sure. ", score / 10),
        Some(_) | None => String::new(),
    };
    let words = if sure >= EXPLICIT {
        "You said so outright, and nothing outweighs that: for another place, ask again with that one's name in `repo:owner/name`, or another `workflow:name`."
    } else {
        "What you say outright outweighs all of this: `repo:owner/name` sends it to another repository, `workflow:name` to another workflow."
    };
    format!("{next}{words}")
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
