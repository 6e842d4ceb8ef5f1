//! The one closing message: the result, where to look, what was not done, what it cost.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::change::Verdict;
use crate::devbox::Proposal;
use crate::outcome::Outcome;
use crate::post::{Action, Line, Post, Span};
use crate::reply::{answer, discontent, findings, money, within};
use crate::run::{Job, Run, Stage};
use crate::time::Time;
use crate::workflow::{Phase, Work};

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
        Outcome::Blocked { needs } if job.is_some_and(|job| job.handoff.is_some()) => {
            because("I could not finish this alone", needs, "")
        }
        Outcome::Blocked { needs } => because("I need a person to go on", needs, "it was not said for what"),
        Outcome::Refused { reason } | Outcome::Failed { cause: reason, .. } => {
            Post::default().and(Line::Text { spans: Vec::from([Span::Untrusted(reason.clone())]) })
        }
        Outcome::Rejected { by, reason } if reason.is_empty() => {
            Post::line(format!("{} said no, so nothing more was done.", by.name))
        }
        Outcome::Rejected { by, reason } => Post::line(format!("{} said no, so nothing more was done:", by.name))
            .and(Line::Quote { text: reason.clone() }),
        Outcome::BudgetExhausted { limit } => Post::line(format!("I stopped at the budget of {limit}.")),
        Outcome::Stopped { by, deleted: true } => Post::line(format!("{} deleted the request, so I stopped.", by.name)),
        Outcome::Stopped { by, deleted: false } if run.epoch == 0 => {
            Post::line(format!("Stopped by {} before any work began.", by.name))
        }
        Outcome::Stopped { by, deleted: false } => {
            Post::line(format!("Stopped by {}. Nothing runs any more, and nothing more is spent.", by.name))
        }
        Outcome::Expired { asked } => Post::line(format!("Nobody said in time {asked}, so I stopped here.")),
        Outcome::Lost => Post::line("The devbox was lost again and again, so I gave up."),
    };
    if let Some(job) = job {
        post = result(post, outcome, job);
    }
    if let Some(next) = next(run, outcome) {
        post = post.and(Line::text(next));
    }
    if run.retryable() {
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

/// What a person can do now, where that is not plain.
fn next(run: &Run, outcome: &Outcome) -> Option<String> {
    let Some(job) = run.job() else {
        return match outcome {
            Outcome::Failed { .. } => Some("Nothing was changed. Once that is put right, press Retry.".into()),
            Outcome::Delivered
            | Outcome::Answered { .. }
            | Outcome::NoChangeNeeded { .. }
            | Outcome::Blocked { .. }
            | Outcome::Refused { .. }
            | Outcome::Rejected { .. }
            | Outcome::BudgetExhausted { .. }
            | Outcome::Stopped { .. }
            | Outcome::Expired { .. }
            | Outcome::Lost
            | Outcome::Helped => None,
        };
    };
    match outcome {
        Outcome::Blocked { .. } if job.change.is_some() => {
            Some("Take the draft over, or reply here with what to try, and I'll go on from there.".into())
        }
        Outcome::Blocked { .. } => Some("Reply here with the answer, and I'll go on from there.".into()),
        Outcome::Refused { .. } => Some("Reply here with what should be different, and I'll go on from there.".into()),
        Outcome::Failed { .. }
        | Outcome::Lost
        | Outcome::Expired { .. }
        | Outcome::BudgetExhausted { .. }
        | Outcome::Stopped { deleted: false, .. } => resumes(job, outcome),
        Outcome::Stopped { deleted: true, .. }
        | Outcome::Delivered
        | Outcome::Answered { .. }
        | Outcome::NoChangeNeeded { .. }
        | Outcome::Rejected { .. }
        | Outcome::Helped => None,
    }
}

/// What is done, and where trying again goes on.
fn resumes(job: &Job, outcome: &Outcome) -> Option<String> {
    let phases = || job.plan.workflow.phases.iter();
    let stage = |phase: &&Phase| job.phases.get(&phase.name).map(|progress| &progress.stage);
    let done: Vec<String> = phases()
        .filter(|phase| phase.boxed() && stage(phase).is_some_and(|stage| matches!(stage, Stage::Done)))
        .map(|phase| within(&phase.label))
        .collect();
    let left = phases().find(|phase| stage(phase).is_some_and(|stage| !stage.passed()))?;
    if done.is_empty() {
        return None;
    }
    let fresh = match outcome {
        Outcome::BudgetExhausted { .. } => ", with a fresh budget",
        Outcome::Delivered
        | Outcome::Answered { .. }
        | Outcome::NoChangeNeeded { .. }
        | Outcome::Blocked { .. }
        | Outcome::Refused { .. }
        | Outcome::Rejected { .. }
        | Outcome::Failed { .. }
        | Outcome::Stopped { .. }
        | Outcome::Expired { .. }
        | Outcome::Lost
        | Outcome::Helped => "",
    };
    Some(format!("Done so far: {}. Retry goes on with {}{fresh}.", done.join(", "), within(&left.label)))
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
fn result(mut post: Post, outcome: &Outcome, job: &Job) -> Post {
    for (name, progress) in &job.phases {
        if matches!(progress.stage, Stage::Failed)
            && let Some(found) = findings(job, name)
        {
            post = post.and(Line::Quote { text: found });
        }
    }
    if let Some(change) = &job.change {
        let diff = change.diff;
        let files = if diff.files == 1 { "One file".to_string() } else { format!("{} files", diff.files) };
        let when = if matches!(outcome, Outcome::Stopped { .. }) { "The draft was opened already: " } else { "" };
        let files = if when.is_empty() { files } else { files.to_lowercase() };
        post =
            post.and(Line::text(format!("{when}{files} changed (+{} −{}){}", diff.added, diff.removed, checks(job))));
        post = post.button("View change request", Action::View { url: change.url.clone() });
    } else if job.head.is_some() {
        post = post.and(Line::text("The work so far is kept; no change request was opened."));
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
    let rounds: Vec<u32> =
        reviews.filter_map(|phase| job.phases.get(&phase.name)).map(|progress| progress.rounds + 1).collect();
    let mut reviewed = match rounds.iter().sum::<u32>() {
        0 => String::new(),
        1 => ", reviewed once".into(),
        2 => ", reviewed twice".into(),
        times => format!(", reviewed {times} times"),
    };
    for phase in discontent(job) {
        reviewed.push_str(&format!(", {} still not content", within(&phase.label)));
    }
    let failed: Vec<&str> = job.checks.iter().filter(|check| !check.passed).map(|check| check.name.as_str()).collect();
    let ran = match (job.checks.len(), failed.as_slice()) {
        (0, _) => format!(". No checks ran{reviewed}."),
        (_, []) => format!(", all checks pass{reviewed}."),
        (_, failed) => format!(". These checks fail: {}.", failed.join(", ")),
    };
    format!("{ran}{}", ci(job))
}

/// How the forge's own checks stood at the end.
fn ci(job: &Job) -> String {
    let named = |verdict: Verdict| {
        let ran = job.ci.ran.iter().filter(move |ran| ran.verdict == verdict);
        ran.map(|ran| ran.name.as_str()).collect::<Vec<_>>()
    };
    let (failed, pending) = (named(Verdict::Failed), named(Verdict::Pending));
    match (job.ci.ran.len(), failed.as_slice(), pending.as_slice()) {
        (0, _, _) if job.ci.held => " The forge's checks wait for a person to let them begin.".into(),
        (0, _, _) => String::new(),
        _ if job.ci.unread() => " The forge's checks could not be read.".into(),
        (1, [], []) => " The forge's one check passes.".into(),
        (all, [], []) => format!(" All {all} checks of the forge pass."),
        (_, [], pending) => format!(" At the forge these are not over yet: {}.", pending.join(", ")),
        (_, failed, _) => format!(" At the forge these fail: {}.", failed.join(", ")),
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
            .map(|phase| within(&phase.label))
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
