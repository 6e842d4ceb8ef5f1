//! The one status message: what is being done, how far it is, what it cost.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::post::{self, Action, Line, Post, Span};
use crate::reply::{money, place};
use crate::route::Decision;
use crate::run::{Job, Plan, Progress, Run, Stage, State};
use crate::time::Time;
use crate::workflow::{Phase, Work};

/// The status message of a run as it stands at `at`; nothing while it is not known what will be done.
pub fn status(run: &Run, at: Time) -> Option<Post> {
    let mut post = match &run.state {
        State::Routing { .. } | State::Choosing { .. } => return None,
        State::Resolving { target, .. } => Post::line(format!("{} — reading how it is worked …", place(target))),
        State::Waiting { plan, line, .. } => {
            let wait = match line {
                Some((place, limit)) => format!("Queued, {} in line (the team runs {limit} at once).", ordinal(*place)),
                None => "Asking for a place …".into(),
            };
            headline(plan).and(Line::text(wait))
        }
        State::Gathering { plan } => headline(plan).and(Line::text("Gathering the context …")),
        State::Working(job) => checklist(headline(&job.plan), job, at),
        State::Closing { outcome, job } => {
            let saying = if outcome.name() == "stopped" { "Stopping: ending its devbox …" } else { "Finishing …" };
            let post = job.as_ref().map_or_else(Post::default, |job| checklist(headline(&job.plan), job, at));
            post.and(Line::text(saying))
        }
        State::Ended { job, at: end, .. } => {
            let job = job.as_ref()?;
            let mut post = checklist(headline(&job.plan), job, *end);
            post.footer = footer(run, job, *end);
            return Some(post);
        }
    };
    if let Some(failed) = passed_over(run) {
        post = post.and(Line::text(failed));
    }
    if let State::Working(job) = &run.state {
        post.footer = footer(run, job, at);
    }
    if !matches!(run.state, State::Closing { .. }) {
        post = post.button("Stop", Action::Stop);
    }
    Some(post.button("Why here?", Action::Why))
}

fn headline(plan: &Plan) -> Post {
    let doing: Vec<String> =
        plan.workflow.phases.iter().filter(|phase| phase.boxed()).map(|phase| phase.label.to_lowercase()).collect();
    let opens = plan.workflow.phases.iter().any(|phase| matches!(phase.work, Work::OpenChange));
    let end = if opens { ", then open a draft change request" } else { "" };
    let steps = match doing.as_slice() {
        [] => "do it".to_string(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let mut spans = match &plan.target.repository {
        Some(repository) => Vec::from([Span::Plain("Working on ".into()), Span::Strong(repository.to_string())]),
        None => Vec::from([Span::Plain("Working on it".into())]),
    };
    spans.push(Span::Plain(format!(": I'll {steps}{end}.")));
    Post::default().and(Line::Text { spans })
}

fn checklist(mut post: Post, job: &Job, at: Time) -> Post {
    for phase in &job.plan.workflow.phases {
        let Some(progress) = job.phases.get(&phase.name) else { continue };
        // A gate that never came up is nothing to show.
        if matches!((&phase.work, &progress.stage), (Work::Gate(_), Stage::Skipped)) {
            continue;
        }
        let (stage, note) = row(phase, progress, at);
        post = post.and(Line::Phase { label: phase.label.clone(), stage, note });
    }
    post
}

fn row(phase: &Phase, progress: &Progress, at: Time) -> (post::Stage, Vec<Span>) {
    let plain = |text: String| Vec::from([Span::Plain(text)]);
    let again = match progress.rounds {
        0 => String::new(),
        rounds => format!(" · {} round", ordinal(rounds + 1)),
    };
    match &progress.stage {
        Stage::Pending => (post::Stage::Pending, Vec::new()),
        Stage::Starting { .. } => (post::Stage::Working, plain("starting a devbox …".into())),
        Stage::Working { activity, interrupted, .. } => {
            let note = if *interrupted {
                plain("interrupted …".into())
            } else if activity.is_empty() {
                plain("working …".into())
            } else {
                Vec::from([Span::Untrusted(activity.clone()), Span::Plain(" …".into())])
            };
            (post::Stage::Working, note)
        }
        Stage::Resting { reason } => (
            post::Stage::Working,
            Vec::from([Span::Plain("trying again soon: ".into()), Span::Untrusted(reason.clone())]),
        ),
        Stage::Deciding { until, .. } => {
            (post::Stage::Waiting, plain(format!("waits for a person, {} left", (*until - at).words())))
        }
        Stage::Opening { .. } => (post::Stage::Working, plain("opening …".into())),
        Stage::Done if phase.boxed() => (post::Stage::Done, plain(format!("done · {}{again}", progress.took.words()))),
        Stage::Done => (post::Stage::Done, plain("done".into())),
        Stage::Skipped => (post::Stage::Skipped, plain("not needed".into())),
        Stage::Failed => (post::Stage::Failed, plain(format!("failed{again}"))),
    }
}

fn footer(run: &Run, job: &Job, at: Time) -> Vec<Span> {
    let cap = money(job.plan.workflow.budget.micro_usd);
    Vec::from([Span::Plain(format!("{} · {} of {cap}", (at - run.asked).words(), money(run.usage().micro_usd)))])
}

/// Routers that failed and were passed over are named, not hidden.
fn passed_over(run: &Run) -> Option<String> {
    let route = run.route.as_ref()?;
    let (Decision::Go { failed, .. } | Decision::Ask { failed, .. } | Decision::Nowhere { failed, .. }) =
        &route.decision;
    let names: Vec<&str> = failed.iter().map(|(router, _)| router.as_str()).collect();
    (!names.is_empty()).then(|| format!("(A routing plugin failed and was passed over: {}.)", names.join(", ")))
}

/// `1st`, `2nd`, `3rd`, `4th`.
fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
