//! The one status message: what is being done, how far it is, what it cost.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::outcome::Outcome;
use crate::post::{self, Action, Line, Post, Span};
use crate::reply::{money, passed_over, place, within};
use crate::route::{Decision, Target};
use crate::run::{Job, Plan, Progress, Run, Stage, State};
use crate::time::Time;
use crate::workflow::{Phase, Work};

/// The status message of a run as it stands at `at`; nothing while it is not known what will be done, unless one is up.
pub fn status(run: &Run, at: Time) -> Option<Post> {
    let mut post = match &run.state {
        State::Routing { .. } | State::Choosing { .. } if !run.shown => return None,
        State::Routing { .. } => Post::line("Working out where this goes …"),
        State::Choosing { .. } => Post::line("Waiting to be told where this goes."),
        State::Resolving { target, unlinked: true, .. } => {
            Post::line(format!("{} — waiting to learn who is asking.", place(target)))
        }
        State::Resolving { target, .. } => Post::line(format!("{} — reading how it is worked …", place(target))),
        State::Waiting { plan, line, .. } => {
            let wait = match line {
                Some((place, limit)) => format!("Queued, {} in line (the team runs {limit} at once).", ordinal(*place)),
                None => "Asking for a place …".into(),
            };
            headline(plan).and(Line::text(wait))
        }
        State::Gathering { plan } => headline(plan).and(Line::text("Gathering the context …")),
        State::Working(job) => checklist(headline(&job.plan), job, false, at),
        State::Closing { outcome, job } => {
            let saying = if matches!(outcome, Outcome::Stopped { .. }) {
                "Stopping: ending its devbox …"
            } else {
                "Finishing …"
            };
            let post = job.as_ref().map_or_else(Post::default, |job| checklist(headline(&job.plan), job, false, at));
            post.and(Line::text(saying))
        }
        State::Ended { outcome, job: Some(job), .. } => checklist(over(outcome, Some(&job.plan.target)), job, true, at),
        State::Ended { .. } if !run.shown => return None,
        State::Ended { outcome, job: None, .. } => {
            let target = match run.route.as_ref().map(|route| &route.decision) {
                Some(Decision::Go { target, .. }) => Some(target),
                Some(Decision::Ask { .. } | Decision::Nowhere { .. }) | None => None,
            };
            return Some(over(outcome, target));
        }
    };
    if let Some(failed) = passed_over(run) {
        post = post.and(failed);
    }
    match &run.state {
        State::Working(job) => post.footer = footer(run, job, at),
        State::Ended { job: Some(job), at: end, .. } => {
            post.footer = footer(run, job, *end);
            return Some(post);
        }
        State::Closing { .. } => {}
        State::Routing { .. }
        | State::Choosing { .. }
        | State::Resolving { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Ended { job: None, .. } => {}
    }
    if !matches!(run.state, State::Closing { .. }) {
        post = post.button("Stop", Action::Stop);
    }
    Some(post.button("Why here?", Action::Why))
}

/// One line of how it ended; the closing message says the rest.
fn over(outcome: &Outcome, target: Option<&Target>) -> Post {
    let how = match outcome {
        Outcome::Delivered | Outcome::Answered { .. } | Outcome::NoChangeNeeded { .. } | Outcome::Helped => "done",
        Outcome::Blocked { .. } => "a person is needed",
        Outcome::Refused { .. } => "refused",
        Outcome::Rejected { .. } => "denied",
        Outcome::Failed { .. } | Outcome::Lost => "failed",
        Outcome::BudgetExhausted { .. } => "stopped at the budget",
        Outcome::Stopped { .. } => "stopped",
        Outcome::Expired { .. } => "nobody answered",
    };
    match target.and_then(|target| target.repository.as_ref()) {
        Some(repository) => Post::default().and(Line::Text {
            spans: Vec::from([Span::Strong(repository.to_string()), Span::Plain(format!(": {how}."))]),
        }),
        None => Post::line(format!("This is over: {how}.")),
    }
}

fn headline(plan: &Plan) -> Post {
    let doing: Vec<String> =
        plan.workflow.phases.iter().filter(|phase| phase.boxed()).map(|phase| within(&phase.label)).collect();
    let opens = plan.workflow.phases.iter().any(|phase| matches!(phase.work, Work::OpenChange));
    let (verb, end) =
        if opens { ("Changing ", " it, then open a draft change request") } else { ("Looking into ", "") };
    let steps = match doing.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        [one] if opens => one.clone(),
        [..] => String::new(),
    };
    let mut spans = match &plan.target.repository {
        Some(repository) => Vec::from([Span::Plain(verb.into()), Span::Strong(repository.to_string())]),
        None => Vec::from([Span::Plain("Looking into it".into())]),
    };
    spans.push(Span::Plain(if steps.is_empty() { " …".into() } else { format!(": I'll {steps}{end}.") }));
    Post::default().and(Line::Text { spans })
}

/// `over`: nothing more is done.
fn checklist(mut post: Post, job: &Job, over: bool, at: Time) -> Post {
    for phase in &job.plan.workflow.phases {
        let Some(progress) = job.phases.get(&phase.name) else { continue };
        // A gate that never came up is nothing to show.
        if matches!((&phase.work, &progress.stage), (Work::Gate(_), Stage::Skipped)) {
            continue;
        }
        let (stage, note) = row(phase, progress, over, at);
        post = post.and(Line::Phase { label: phase.label.clone(), stage, note });
    }
    post
}

fn row(phase: &Phase, progress: &Progress, over: bool, at: Time) -> (post::Stage, Vec<Span>) {
    let plain = |text: String| Vec::from([Span::Plain(text)]);
    let again = match progress.rounds {
        0 => String::new(),
        rounds => format!(" · {} round", ordinal(rounds + 1)),
    };
    match &progress.stage {
        Stage::Pending if over && (progress.took.0 > 0 || !progress.transcripts.is_empty()) => {
            (post::Stage::Pending, plain("not finished".into()))
        }
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
        Stage::Watching { held: true, over: (_, 0), .. } => {
            (post::Stage::Waiting, plain("waits for a person to let the checks begin".into()))
        }
        Stage::Watching { over: (_, 0), .. } => {
            (post::Stage::Working, plain("waiting for the checks to begin …".into()))
        }
        Stage::Watching { over: (over, all), .. } => {
            (post::Stage::Working, plain(format!("{over} of {all} checks are over …")))
        }
        Stage::Done if phase.boxed() => (post::Stage::Done, plain(format!("done · {}{again}", progress.took.words()))),
        Stage::Done => (post::Stage::Done, plain(format!("done{again}"))),
        Stage::Skipped => (post::Stage::Skipped, plain("not needed".into())),
        Stage::Failed if matches!(phase.work, Work::Gate(_)) => (post::Stage::Failed, plain("denied".into())),
        Stage::Failed => (post::Stage::Failed, plain(format!("failed{again}"))),
    }
}

fn footer(run: &Run, job: &Job, at: Time) -> Vec<Span> {
    let cap = money(job.plan.workflow.budget.micro_usd);
    Vec::from([Span::Plain(format!("{} · {} of {cap}", (at - run.asked).words(), money(run.usage().micro_usd)))])
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
