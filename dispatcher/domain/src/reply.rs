//! Every sentence the product says. Plain words: what happened, what happens next, what it cost.

mod answer;
mod closing;
mod description;
mod gate;
mod status;
mod why;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::change::Verdict;
use crate::id::{Commit, PhaseName};
use crate::outcome::Outcome;
use crate::post::{Action, Line, Mark, Post, Span};
use crate::route::{Candidate, Decision, Target};
use crate::run::{Job, Reviewed, Run, Stage, State};
use crate::talk::Person;
use crate::workflow::{Phase, Work};

pub use answer::{answer, details};
pub use closing::closing;
pub(crate) use description::{description, title};
pub use gate::{gate, gate_decided, gate_withdrawn, reminder};
pub use status::status;
pub use why::why;

/// The most lines of a check's output that are shown in the thread.
const MAX_LINES: usize = 8;
/// What is said of files that come once the context is gathered.
pub(crate) const UNREAD: &str = " What is attached to it I cannot read any more: I read that only with the request. Say in words what matters in it.";
/// The most remarks of a review that are shown in the thread.
const MAX_REMARKS: usize = 5;

/// The mark on the request.
pub fn mark(run: &Run) -> Mark {
    match &run.state {
        State::Choosing { .. } | State::Resolving { unlinked: true, .. } => Mark::Waiting,
        State::Routing { .. } | State::Resolving { .. } => Mark::Seen,
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

/// A label within a sentence: `Build` is `build` there, and `CI` stays `CI`.
pub(crate) fn within(label: &str) -> String {
    if label.chars().any(char::is_lowercase) { label.to_lowercase() } else { label.into() }
}

/// Asks where a request goes.
pub(crate) fn question(question: &str, candidates: &[Candidate], run: &Run) -> Post {
    let mut post = Post::default().and(Line::Text { spans: Vec::from([Span::Untrusted(question.into())]) });
    for candidate in candidates {
        let place = choice(&candidate.target, candidates);
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
    if let Some(failed) = passed_over(run) {
        post = post.and(failed);
    }
    post.footer = Vec::from([Span::Plain(format!(
        "{} can answer by button, or by writing repo:owner/name. I'll wait a day.",
        run.request.by.name
    ))]);
    post
}

/// A choice, for people: with its workflow where the place alone does not tell it from another.
fn choice(target: &Target, candidates: &[Candidate]) -> String {
    let same = candidates.iter().filter(|other| other.target.repository == target.repository).count();
    match &target.repository {
        Some(repository) if same > 1 => format!("{} in {repository}", target.workflow),
        Some(_) | None => place(target),
    }
}

/// Says that the forge does not know who asked.
pub(crate) fn unlinked(run: &Run) -> Post {
    Post::line(format!(
        "I have yet to learn who {} is where the code lives; I've told them privately how to say so, and go on by \
         myself then. I'll wait a day.",
        run.starter().name
    ))
}

/// The same, once it is not waited for any more.
pub(crate) fn unlinked_over(run: &Run, why: &str) -> Post {
    Post::line(format!("I waited to learn who {} is where the code lives — {why}", run.starter().name))
}

/// Tells a person, privately, where to say who they are at the forge.
pub(crate) fn link(url: &str) -> Post {
    Post::line("To work for you there I need to know your account where the code lives. This takes a minute, once.")
        .button("Link my account", Action::View { url: url.into() })
}

/// The same, once they did.
pub(crate) fn linked(run: &Run) -> Post {
    Post::line(format!("{} linked their account; going on.", run.starter().name))
}

/// Tells whoever wrote a remark what was made of it.
pub fn answered(head: &Commit) -> String {
    format!("Addressed in {}.", head.as_str().get(..7).unwrap_or(head.as_str()))
}

/// Tells of a review of the change request, and offers to do what it remarks.
pub(crate) fn reviewed(reviewed: &Reviewed) -> Post {
    let Reviewed { review, by, .. } = reviewed;
    let remarks = match review.remarks.len() {
        0 => String::new(),
        1 => ", with one remark".into(),
        many => format!(", with {many} remarks"),
    };
    let what = if review.asks { "asks for changes to the change request" } else { "reviewed the change request" };
    let mut post = Post::line(format!("{} {what}{remarks}.", by.name));
    if !review.text.trim().is_empty() {
        post = post.and(Line::Quote { text: review.text.trim().into() });
    }
    for remark in review.remarks.iter().take(MAX_REMARKS) {
        let place = remark.line.map_or_else(|| remark.path.clone(), |line| format!("{}:{line}", remark.path));
        let text = remark.text.trim().lines().next().unwrap_or_default().to_string();
        post = post.and(Line::Text {
            spans: Vec::from([
                Span::Plain("• ".into()),
                Span::Code(place),
                Span::Plain(" — ".into()),
                Span::Untrusted(text),
            ]),
        });
    }
    if review.remarks.len() > MAX_REMARKS {
        post = post.and(Line::text(format!("… and {} more, there.", review.remarks.len() - MAX_REMARKS)));
    }
    post.button("Resolve these", Action::Resolve { review: review.id.clone() })
        .button("Dismiss", Action::Dismiss { review: review.id.clone() })
        .button("View review", Action::View { url: review.url.clone() })
}

/// The same, once it is decided what to do about it.
pub(crate) fn review_settled(reviewed: &Reviewed, by: &Person, resolve: bool) -> Post {
    let what = if resolve { "has them resolved" } else { "leaves it at that" };
    Post::line(format!("{} reviewed the change request; {} {what}.", reviewed.by.name, by.name))
        .button("View review", Action::View { url: reviewed.review.url.clone() })
}

/// What an agent is asked that mends what a review remarks.
pub(crate) fn resolution(reviewed: &Reviewed) -> String {
    let Reviewed { review, by, .. } = reviewed;
    let mut text = format!("Resolve what {} says of the change request.", by.name);
    if !review.text.trim().is_empty() {
        text.push_str(&format!("\n\n{}", review.text.trim()));
    }
    for remark in &review.remarks {
        let place = remark.line.map_or_else(|| remark.path.clone(), |line| format!("{}:{line}", remark.path));
        text.push_str(&format!("\n\n{place}: {}", remark.text.trim()));
    }
    text
}

/// The question, once it is answered.
pub(crate) fn chosen(run: &Run, target: &Target, by: &Person) -> Post {
    let candidates = match run.route.as_ref().map(|route| &route.decision) {
        Some(Decision::Ask { candidates, .. }) => candidates.as_slice(),
        Some(Decision::Go { .. } | Decision::Nowhere { .. }) | None => &[],
    };
    question_over(run, &format!("{} chose {}", by.name, choice(target, candidates)))
}

/// The question, without its buttons, and what became of it.
pub(crate) fn question_over(run: &Run, what: &str) -> Post {
    let asked = match run.route.as_ref().map(|route| &route.decision) {
        Some(Decision::Ask { question, .. }) => question.clone(),
        Some(Decision::Go { .. } | Decision::Nowhere { .. }) | None => String::new(),
    };
    Post::default().and(Line::Text { spans: Vec::from([Span::Untrusted(asked), Span::Plain(format!(" — {what}"))]) })
}

/// What becomes of something a person added: `correction`, of something said before; `urgent`, to interrupt.
pub(crate) fn noted(run: &Run, correction: bool, urgent: bool) -> String {
    let State::Working(job) = &run.state else { return "Noted; I'll take it along from the start.".into() };
    let stages = || job.phases.values().map(|progress| &progress.stage);
    let works = stages().any(|stage| matches!(stage, Stage::Working { .. }));
    if stages().any(|stage| matches!(stage, Stage::Deciding { .. })) {
        "Noted; it goes along once this is approved.".into()
    } else if correction {
        "I've read your edit and pass it on at the next step.".into()
    } else if urgent {
        "No agent is at work right now; the next one begins with that.".into()
    } else if works {
        "I'll pass that on at the next step. (Begin with `now:` to interrupt instead.)".into()
    } else {
        "I'll pass that on at the next step.".into()
    }
}

/// Routers that failed and were passed over are named, not hidden.
fn passed_over(run: &Run) -> Option<Line> {
    let route = run.route.as_ref()?;
    let (Decision::Go { failed, .. } | Decision::Ask { failed, .. } | Decision::Nowhere { failed, .. }) =
        &route.decision;
    let failed: Vec<String> = failed.iter().map(|(router, error)| format!("{router} ({error})")).collect();
    (!failed.is_empty()).then(|| Line::Text {
        spans: Vec::from([
            Span::Plain("A routing plugin failed and was passed over: ".into()),
            Span::Untrusted(failed.join(", ")),
        ]),
    })
}

pub(crate) fn budget_warning(used: u64, cap: u64) -> Post {
    Post::line(format!(
        "{} of {} is used. At {} I stop and keep what is done so far.",
        money(used),
        money(cap),
        money(cap)
    ))
}

/// The phases that are over although their result is not what the workflow wants: a person let them pass.
fn discontent(job: &Job) -> impl Iterator<Item = &Phase> {
    job.plan.workflow.phases.iter().filter(|phase| {
        let until = phase.fix.as_ref().and_then(|fix| fix.until.as_ref());
        let done = job.phases.get(&phase.name).is_some_and(|progress| matches!(progress.stage, Stage::Done));
        done && until.is_some_and(|until| !until.holds(&job.facts))
    })
}

/// What a phase found wrong, in words: the comments of a typed result, else the end of what was said.
fn findings(job: &Job, name: &PhaseName) -> Option<String> {
    let comments = job.facts.get(name.as_str()).and_then(|fact| fact.pointer("/output/comments")?.as_array());
    let words: Vec<&str> =
        comments.into_iter().flatten().filter_map(|comment| comment.get("comment")?.as_str()).collect();
    if !words.is_empty() {
        return Some(words.join("\n"));
    }
    let phase = job.plan.workflow.phase(name)?;
    let said = if matches!(phase.work, Work::WatchChecks) {
        &job.ci.ran.iter().find(|ran| ran.verdict == Verdict::Failed && !ran.log.trim().is_empty())?.log
    } else {
        &job.checks.iter().find(|check| check.name == phase.label && !check.passed)?.summary
    };
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(MAX_LINES)..).unwrap_or_default().join("\n");
    (!last.is_empty()).then_some(last)
}

/// A place, for people: the repository, or the workflow where there is none.
pub(crate) fn place(target: &Target) -> String {
    match &target.repository {
        Some(repository) => repository.to_string(),
        None => format!("{} (no repository)", target.workflow),
    }
}
