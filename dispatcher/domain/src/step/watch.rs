//! The forge's checks of a change request: looked at until they are over, failures mended.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::change::{Checks, Ran, Verdict};
use crate::effect::Effect;
use crate::event::Alarm;
use crate::id::{Commit, PhaseName};
use crate::post::{Action, Line, Post, Slot, Span as Words};
use crate::reason::Reason;
use crate::run::{Job, Looking, Stage, State};
use crate::step::turn::Turn;
use crate::step::{Step, closing, phases};
use crate::time::{Span, Time};
use crate::workflow::Phase;

/// How long the forge may take to begin any check, before it counts as having none for this change.
const GRACE: Span = Span::seconds(90);
/// How long after the first look the second follows; each next one takes half as long again.
const FIRST: Span = Span::seconds(15);
/// The longest time between two looks.
const LONGEST: Span = Span::minutes(5);

/// Begins to watch.
pub(super) fn begin(turn: &mut Turn<'_>, phase: &Phase) {
    // A run that goes on with what a person added begins with that.
    if phases::listen(turn) {
        return;
    }
    let State::Working(job) = &mut turn.run.state else { return };
    let head = job.change.as_ref().map(|change| change.head.clone());
    let Some(head) = head.filter(|_| job.handoff.is_none()) else {
        job.stage(&phase.name, Stage::Skipped);
        return;
    };
    job.ci = Checks::default();
    let stage = Stage::Watching {
        head: head.clone(),
        since: turn.at,
        looks: 0,
        over: (0, 0),
        held: false,
        looking: Looking::No,
    };
    job.stage(&phase.name, stage);
    look(turn, &phase.name, &head);
}

/// What the forge says.
pub(super) fn checked(mut turn: Turn<'_>, name: &PhaseName, head: &Commit, checks: &Checks) -> Step {
    let at = turn.at;
    let State::Working(job) = &mut turn.run.state else { return Step::Ignored(Reason::Late) };
    let Some(phase) = job.plan.workflow.phase(name).cloned() else { return Step::Ignored(Reason::Late) };
    let Some(Watched { since, looks, told, looking, .. }) =
        watched(job).find(|now| now.name == *name && now.head == *head)
    else {
        return Step::Ignored(Reason::Late);
    };
    job.ci = checks.clone();
    let none = checks.ran.is_empty() && !checks.held;
    let (ended, moved) = (at - since >= phase.timeout.wall, looking == Looking::Again);
    match checks.verdict() {
        Verdict::Failed if checks.unread() => done(&mut turn, &phase, Stage::Failed),
        Verdict::Failed => fail(&mut turn, &phase, checks),
        // What is handed over says so: see the closing message.
        Verdict::Pending if ended => done(&mut turn, &phase, Stage::Done),
        Verdict::Pending if none && !moved && at - since >= GRACE => done(&mut turn, &phase, Stage::Skipped),
        Verdict::Passed if ended || !moved => done(&mut turn, &phase, Stage::Done),
        Verdict::Pending | Verdict::Passed => {
            let over = checks.ran.iter().filter(|ran| ran.verdict != Verdict::Pending).count();
            let stage = Stage::Watching {
                head: head.clone(),
                since,
                looks: looks + 1,
                over: (over, checks.ran.len()),
                held: checks.held || told,
                looking: Looking::No,
            };
            job.stage(name, stage);
            let url = job.change.as_ref().map(|change| change.url.clone());
            if moved {
                look(&mut turn, name, head);
            } else {
                let at = at + wait(looks);
                let alarm = Alarm::Look { phase: name.clone(), head: head.clone(), looks: looks + 1 };
                turn.ask(Effect::Wake { alarm, at });
            }
            if checks.held && !told {
                turn.say(Slot::Notice(format!("held:{}", head.as_str())), held(url));
            }
        }
    }
    turn.done()
}

/// They may have moved on: the clock says so, of a look.
pub(super) fn due(mut turn: Turn<'_>, name: &PhaseName, head: &Commit, looks: u32) -> Step {
    let State::Working(job) = &turn.run.state else { return Step::Ignored(Reason::Passed) };
    let now = watched(job).find(|now| now.name == *name && now.head == *head && now.looks == looks);
    if now.is_none_or(|now| now.looking != Looking::No) {
        return Step::Ignored(Reason::Passed);
    }
    look(&mut turn, name, head);
    turn.done()
}

/// They may have moved on: the forge says so.
pub(super) fn stirred(mut turn: Turn<'_>) -> Step {
    let State::Working(job) = &turn.run.state else { return Step::Ignored(Reason::Passed) };
    let all: Vec<Watched> = watched(job).collect();
    if all.is_empty() {
        return Step::Ignored(Reason::Passed);
    }
    if all.iter().all(|now| now.looking == Looking::Again) {
        return Step::Ignored(Reason::Repeated);
    }
    for now in all {
        match now.looking {
            Looking::No => look(&mut turn, &now.name, &now.head),
            // The answer may be older than what the forge says now. Once is enough, however often it says so.
            Looking::Once | Looking::Again => asked(&mut turn, &now.name, Looking::Again),
        }
    }
    turn.done()
}

fn look(turn: &mut Turn<'_>, name: &PhaseName, head: &Commit) {
    let State::Working(job) = &mut turn.run.state else { return };
    let Some(repository) = job.plan.target.repository.clone() else { return };
    asked(turn, name, Looking::Once);
    turn.ask(Effect::Look { phase: name.clone(), repository, head: head.clone() });
}

fn asked(turn: &mut Turn<'_>, name: &PhaseName, how: Looking) {
    let State::Working(job) = &mut turn.run.state else { return };
    if let Some(Stage::Watching { looking, .. }) = job.phases.get_mut(name).map(|progress| &mut progress.stage) {
        *looking = how;
    }
}

/// What is watched, and how.
struct Watched {
    name: PhaseName,
    head: Commit,
    since: Time,
    looks: u32,
    /// Whether it was told that a person has to let the checks begin.
    told: bool,
    looking: Looking,
}

fn watched(job: &Job) -> impl Iterator<Item = Watched> {
    job.phases.iter().filter_map(|(name, progress)| match &progress.stage {
        Stage::Watching { head, since, looks, held, looking, .. } => Some(Watched {
            name: name.clone(),
            head: head.clone(),
            since: *since,
            looks: *looks,
            told: *held,
            looking: *looking,
        }),
        Stage::Pending
        | Stage::Starting { .. }
        | Stage::Working { .. }
        | Stage::Resting { .. }
        | Stage::Deciding { .. }
        | Stage::Opening { .. }
        | Stage::Done
        | Stage::Skipped
        | Stage::Failed => None,
    })
}

fn done(turn: &mut Turn<'_>, phase: &Phase, stage: Stage) {
    let at = turn.at;
    let State::Working(job) = &mut turn.run.state else { return };
    if let Some(Stage::Watching { since, .. }) = job.phases.get(&phase.name).map(|progress| &progress.stage) {
        job.waited = Span(job.waited.0 + (at - *since).0);
    }
    job.stage(&phase.name, stage);
    phases::limit_time(turn);
    phases::pump(turn);
}

/// Checks fail: the agent mends what they say, as often as the workflow lets it; then a person takes over.
fn fail(turn: &mut Turn<'_>, phase: &Phase, checks: &Checks) {
    match &phase.fix {
        Some(fix) => phases::mend(turn, phase, fix, &feedback(checks)),
        // The change request is there, and says itself that its checks fail.
        None => done(turn, phase, Stage::Failed),
    }
    closing::settle(turn);
}

/// What the agent that mends it is told.
fn feedback(checks: &Checks) -> String {
    let failed: Vec<&Ran> = checks.ran.iter().filter(|ran| ran.verdict == Verdict::Failed).collect();
    let share = phases::MAX_FEEDBACK / failed.len().max(1);
    let told: Vec<String> = failed
        .iter()
        .map(|ran| {
            let log = phases::tail(&ran.log, share.saturating_sub(ran.name.len() + 32)).trim();
            let log = if log.is_empty() { "(it has no log that can be read)" } else { log };
            format!("{} failed:\n{log}", ran.name)
        })
        .collect();
    told.join("\n\n")
}

fn wait(looks: u32) -> Span {
    let grown = (0..looks.min(16)).fold(FIRST.0, |span, _| span + span / 2);
    Span(grown.min(LONGEST.0))
}

fn held(url: Option<String>) -> Post {
    let text = "The forge waits for a person with write access to let the checks of this change request begin.";
    let post = Post::default().and(Line::Text { spans: Vec::from([Words::Plain(text.to_string())]) });
    match url {
        Some(url) => post.button("View change request", Action::View { url }),
        None => post,
    }
}
