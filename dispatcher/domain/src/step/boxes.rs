//! Devboxes: claimed, heard of, finished, lost, gone.

use alloc::format;
use alloc::string::{String, ToString};

use crate::change::Check;
use crate::devbox::{End, Finish, Limit, Proposal, Usage};
use crate::effect::Effect;
use crate::event::Alarm;
use crate::id::{DevboxId, Digest, PhaseName};
use crate::outcome::Outcome;
use crate::post::Slot;
use crate::reason::Reason;
use crate::reply;
use crate::run::{Job, Run, Stage, State, Voice};
use crate::step::turn::Turn;
use crate::step::{Step, closing, phases, watch};
use crate::time::{Span, Time};
use crate::workflow::{Phase, Work};

/// How much longer than its own limit a box is given to say that it reached it.
const WALL_GRACE: Span = Span::seconds(60);
/// The most bytes of a check's output that are shown with it.
const MAX_CHECK: usize = 2 * 1024;
/// At this share of its budget, in hundredths, the person is warned.
const WARN_AT: u64 = 80;

pub(super) fn claimed(mut turn: Turn<'_>, devbox: &DevboxId, told: usize) -> Step {
    let at = turn.at;
    let Some((job, phase)) = worked(&mut turn.run, devbox) else { return Step::Ignored(Reason::Fenced) };
    let wall = phase.timeout.wall;
    let (label, name) = (phase.label.clone(), phase.name.clone());
    let Some(progress) = job.phases.get_mut(&name) else { return Step::Ignored(Reason::Fenced) };
    if !matches!(progress.stage, Stage::Starting { .. }) {
        return Step::Ignored(Reason::Repeated);
    }
    progress.stage = Stage::Working {
        devbox: devbox.clone(),
        since: at,
        activity: String::new(),
        sequence: 0,
        usage: Usage::default(),
        told,
        interrupted: false,
    };
    turn.ask(Effect::Wake { alarm: Alarm::Wall { devbox: devbox.clone() }, at: at + wall + WALL_GRACE });
    if turn.run.voice == Voice::Verbose {
        turn.reply(format!("{label} has begun."));
    }
    turn.done()
}

pub(super) fn progressed(mut turn: Turn<'_>, devbox: &DevboxId, number: u64, now: &str, spent: Usage) -> Step {
    let Some((job, phase)) = worked(&mut turn.run, devbox) else { return Step::Ignored(Reason::Fenced) };
    let name = phase.name.clone();
    let Some(Stage::Working { activity, sequence, usage, .. }) =
        job.phases.get_mut(&name).map(|progress| &mut progress.stage)
    else {
        // Its claim is on the way; the next report says the same and more.
        return Step::Ignored(Reason::Late);
    };
    if number <= *sequence {
        return Step::Ignored(Reason::Repeated);
    }
    *sequence = number;
    *activity = now.to_string();
    *usage = spent;
    watch_budget(&mut turn);
    turn.done()
}

/// Warns once, and ends the run when its budget is used up.
fn watch_budget(turn: &mut Turn<'_>) {
    let used = turn.run.usage();
    let State::Working(job) = &mut turn.run.state else { return };
    // What is left costs nothing: it is not kept from a person who paid for all the rest.
    let costs =
        |phase: &Phase| phase.boxed() && job.phases.get(&phase.name).is_some_and(|progress| !progress.stage.passed());
    if !job.plan.workflow.phases.iter().any(costs) {
        return;
    }
    let budget = job.plan.workflow.budget;
    let limit = if used.micro_usd >= budget.micro_usd && budget.micro_usd > 0 {
        Some(reply::money(budget.micro_usd))
    } else if used.turns >= budget.turns && budget.turns > 0 {
        Some(format!("{} model turns", budget.turns))
    } else {
        None
    };
    if let Some(limit) = limit {
        closing::end(turn, Outcome::BudgetExhausted { limit });
    } else if !job.warned
        && used.micro_usd.saturating_mul(100) >= budget.micro_usd.saturating_mul(WARN_AT)
        && budget.micro_usd > 0
    {
        job.warned = true;
        turn.say(Slot::Notice("budget".into()), reply::budget_warning(used.micro_usd, budget.micro_usd));
    }
}

pub(super) fn finished(
    mut turn: Turn<'_>,
    devbox: &DevboxId,
    finish: &Finish,
    invalid: &[String],
    refused: &[String],
) -> Step {
    let at = turn.at;
    let closing = matches!(turn.run.state, State::Closing { .. });
    let Some((job, phase)) = worked(&mut turn.run, devbox) else { return Step::Ignored(Reason::Fenced) };
    let (told, interrupted) = record(job, &phase, finish, refused, at);
    turn.run.spent = turn.run.spent + finish.usage;
    turn.ask(Effect::Release { devbox: devbox.clone() });
    if closing {
        return turn.done();
    }
    if interrupted && !matches!(finish.end, End::Ok) {
        // A person said `now:`; it begins anew, with what they said.
        phases::pump(&mut turn);
        return turn.done();
    }
    judge(&mut turn, &phase, finish, invalid, told);
    watch_budget(&mut turn);
    turn.done()
}

/// Keeps what an attempt left. Returns how many follow-ups it was told of, and whether it was interrupted.
fn record(job: &mut Job, phase: &Phase, finish: &Finish, refused: &[String], at: Time) -> (usize, bool) {
    let mut told = 0;
    let mut interrupted = false;
    if let Some(progress) = job.phases.get_mut(&phase.name) {
        if let Stage::Working { since, told: heard, interrupted: asked, .. } = &progress.stage {
            progress.took = Span(progress.took.0 + (at - *since).0);
            (told, interrupted) = (*heard, *asked);
        }
        progress.stage = Stage::Pending;
        progress.transcripts.extend(finish.transcript.clone());
    }
    if let Some(head) = &finish.head {
        job.head = Some(head.clone());
        job.diff.files = job.diff.files.max(finish.diff.files);
        job.diff.added += finish.diff.added;
        job.diff.removed += finish.diff.removed;
    }
    job.artifacts.extend(finish.artifacts.clone());
    for proposal in &finish.proposals {
        job.proposals.retain(|other| core::mem::discriminant(other) != core::mem::discriminant(proposal));
        job.proposals.push(proposal.clone());
    }
    job.refused.extend(refused.iter().cloned());
    if matches!(phase.work, Work::Script { .. }) {
        let passed = matches!(finish.end, End::Ok);
        let summary = phases::tail(&finish.summary, MAX_CHECK).to_string();
        job.checks.retain(|check| check.name != phase.label);
        job.checks.push(Check { name: phase.label.clone(), passed, summary });
    }
    (told, interrupted)
}

/// What the end of an attempt means for its phase.
fn judge(turn: &mut Turn<'_>, phase: &Phase, finish: &Finish, invalid: &[String], told: usize) {
    let State::Working(job) = &mut turn.run.state else { return };
    let label = &phase.label;
    let details = phases::tail(&finish.summary, phases::MAX_FEEDBACK).to_string();
    match &finish.end {
        End::Ok if !invalid.is_empty() => {
            if let Some(progress) = job.phases.get_mut(&phase.name) {
                progress.feedback.push(format!("output.json was not of the right form: {}", invalid.join("; ")));
            }
            let cause = format!("{label} failed: its agent kept giving its result in a form that cannot be read.");
            let outcome = Outcome::Failed { cause, details: invalid.join("\n") };
            phases::again(turn, phase, "its result was not in the right form", outcome);
        }
        End::Ok => {
            if job.listener().is_some_and(|listener| listener.name == phase.name) {
                job.heard = job.heard.max(told);
            }
            if let Some(outcome) = gave_up(job, phase, finish) {
                if matches!(outcome, Outcome::NoChangeNeeded { .. }) {
                    job.spare(&phase.name);
                }
                closing::end(turn, outcome);
                return;
            }
            phases::passed(turn, phase, finish.output.as_ref(), &finish.summary);
        }
        End::Exit { code } => match (&phase.work, &phase.fix) {
            (Work::Script { .. }, Some(fix)) => phases::mend(turn, phase, fix, &finish.summary),
            (Work::Script { .. }, None) => {
                let cause = format!("{label} failed: its script ended with code {code}.");
                fail(turn, &phase.name, Outcome::Failed { cause, details });
            }
            (Work::Agent(_) | Work::Gate(_) | Work::OpenChange | Work::WatchChecks, _) => {
                let why = format!("its agent ended with code {code}");
                let cause = format!("{label} failed: its agent ended with code {code}.");
                phases::again(turn, phase, &why, Outcome::Failed { cause, details });
            }
        },
        End::Stopped => {
            let cause = format!("{label} failed: it was stopped from outside.");
            phases::again(turn, phase, "it was stopped from outside", Outcome::Failed { cause, details });
        }
        End::TimedOut { limit } => {
            let cause = match limit {
                Limit::Wall => format!("{label} took longer than {}, its limit.", phase.timeout.wall.words()),
                Limit::Idle => format!("{label} did nothing for {}, its limit.", phase.timeout.idle.words()),
                Limit::Start => format!("{label} did not begin within {}.", phase.timeout.start.words()),
            };
            fail(turn, &phase.name, Outcome::Failed { cause, details });
        }
        End::Refused { reason } => {
            if let Some(progress) = job.phases.get_mut(&phase.name) {
                let advice = "Make the rest of the change without that, and say in your words what a person has to do.";
                progress.feedback.push(format!("The change was refused: {reason}. {advice}"));
            }
            let outcome = Outcome::Refused { reason: format!("{label} changed what it may not: {reason}.") };
            phases::again(turn, phase, "it changed what it may not", outcome);
        }
        End::Budget => {
            let limit = reply::money(job.plan.workflow.budget.micro_usd);
            fail(turn, &phase.name, Outcome::BudgetExhausted { limit });
        }
        End::Broken { transient: true, detail } => {
            let outcome = Outcome::Failed { cause: format!("{label} failed: {detail}"), details };
            phases::again(turn, phase, detail, outcome);
        }
        End::Broken { transient: false, detail } => {
            fail(turn, &phase.name, Outcome::Failed { cause: format!("{label} failed: {detail}"), details });
        }
    }
}

/// An agent that says there is nothing to do, or that it cannot go on; and one that should have changed something,
/// changed nothing, and does not say why.
fn gave_up(job: &Job, phase: &Phase, finish: &Finish) -> Option<Outcome> {
    if !matches!(phase.work, Work::Agent(_)) || job.head.is_some() {
        return None;
    }
    for proposal in &finish.proposals {
        match proposal {
            Proposal::Blocked { needs } => return Some(Outcome::Blocked { needs: needs.clone() }),
            Proposal::NoChangeNeeded { reason } => return Some(Outcome::NoChangeNeeded { reason: reason.clone() }),
            Proposal::ChangeRequest { .. } | Proposal::Answer { .. } => {}
        }
    }
    let answered = finish.proposals.iter().any(|proposal| matches!(proposal, Proposal::Answer { .. }));
    (phase.grant.writes() && !answered).then(|| Outcome::NoChangeNeeded { reason: String::new() })
}

fn fail(turn: &mut Turn<'_>, name: &PhaseName, outcome: Outcome) {
    if let State::Working(job) = &mut turn.run.state
        && let Some(progress) = job.phases.get_mut(name)
    {
        progress.stage = Stage::Failed;
    }
    closing::end(turn, outcome);
}

pub(super) fn unprovided(mut turn: Turn<'_>, devbox: &DevboxId, reason: &str) -> Step {
    if !turn.run.boxes.contains(devbox) {
        return Step::Ignored(Reason::Fenced);
    }
    turn.ask(Effect::Release { devbox: devbox.clone() });
    let phase = worked(&mut turn.run, devbox).map(|(_, phase)| (phase.name, phase.label));
    if let Some((name, label)) = phase
        && matches!(turn.run.state, State::Working(_))
    {
        let cause = format!("{label} could not begin: {reason}");
        fail(&mut turn, &name, Outcome::Failed { cause, details: String::new() });
    }
    turn.done()
}

pub(super) fn vanished(mut turn: Turn<'_>, devbox: &DevboxId) -> Step {
    if !turn.run.boxes.contains(devbox) {
        return Step::Ignored(Reason::Fenced);
    }
    lose(&mut turn, devbox, "its devbox was lost", Outcome::Lost);
    turn.done()
}

/// A box that does not answer: it is fenced and ended, and its phase tried again.
fn lose(turn: &mut Turn<'_>, devbox: &DevboxId, why: &str, outcome: Outcome) {
    turn.ask(Effect::Release { devbox: devbox.clone() });
    let Some((phase, interrupted)) = abandon(turn, devbox) else { return };
    if matches!(turn.run.state, State::Working(_)) {
        if interrupted {
            phases::pump(turn);
        } else {
            phases::again(turn, &phase, why, outcome);
        }
    }
}

/// The attempt of a box is over without a word from it: what it used up is kept. Returns the phase it was at and
/// whether it had been interrupted.
fn abandon(turn: &mut Turn<'_>, devbox: &DevboxId) -> Option<(Phase, bool)> {
    let at = turn.at;
    let (job, phase) = worked(&mut turn.run, devbox)?;
    let mut interrupted = false;
    let mut spent = Usage::default();
    if let Some(progress) = job.phases.get_mut(&phase.name) {
        if let Stage::Working { since, usage, interrupted: asked, .. } = &progress.stage {
            progress.took = Span(progress.took.0 + (at - *since).0);
            (spent, interrupted) = (*usage, *asked);
        }
        progress.stage = Stage::Pending;
    }
    turn.run.spent = turn.run.spent + spent;
    Some((phase, interrupted))
}

pub(super) fn released(mut turn: Turn<'_>, devbox: &DevboxId) -> Step {
    if !turn.run.boxes.remove(devbox) {
        return Step::Ignored(Reason::Repeated);
    }
    let left = abandon(&mut turn, devbox);
    if let Some((phase, _)) = left
        && matches!(turn.run.state, State::Working(_))
    {
        // Nobody asked for that; its phase is not left waiting for it.
        phases::again(&mut turn, &phase, "its devbox was lost", Outcome::Lost);
    }
    closing::settle(&mut turn);
    turn.done()
}

pub(super) fn woke(mut turn: Turn<'_>, alarm: &Alarm) -> Step {
    match alarm {
        Alarm::Start { devbox } => {
            let starting = worked(&mut turn.run, devbox).filter(|(job, phase)| {
                job.phases.get(&phase.name).is_some_and(|progress| matches!(progress.stage, Stage::Starting { .. }))
            });
            let Some((_, phase)) = starting else { return Step::Ignored(Reason::Passed) };
            let cause = format!(
                "No devbox came up for {} within {}, again and again.",
                phase.label,
                phase.timeout.start.words()
            );
            let outcome = Outcome::Failed { cause, details: String::new() };
            lose(&mut turn, devbox, "its devbox did not come up in time", outcome);
        }
        Alarm::Wall { devbox } => {
            let Some((_, phase)) = worked(&mut turn.run, devbox) else { return Step::Ignored(Reason::Passed) };
            let (name, cause) = (
                phase.name.clone(),
                format!("{} took longer than {}, its limit.", phase.label, phase.timeout.wall.words()),
            );
            turn.ask(Effect::Release { devbox: devbox.clone() });
            abandon(&mut turn, devbox);
            if matches!(turn.run.state, State::Working(_)) {
                fail(&mut turn, &name, Outcome::Failed { cause, details: String::new() });
            }
        }
        Alarm::Halt { devbox } => {
            if !turn.run.boxes.contains(devbox) || worked(&mut turn.run, devbox).is_none() {
                return Step::Ignored(Reason::Passed);
            }
            lose(&mut turn, devbox, "it did not stop when told to", Outcome::Lost);
        }
        Alarm::Retry { phase, tries } => {
            let State::Working(job) = &mut turn.run.state else { return Step::Ignored(Reason::Passed) };
            let Some(progress) = job.phases.get_mut(phase) else { return Step::Ignored(Reason::Passed) };
            if !matches!(progress.stage, Stage::Resting { .. }) || progress.tries != *tries {
                return Step::Ignored(Reason::Passed);
            }
            progress.stage = Stage::Pending;
            phases::pump(&mut turn);
        }
        Alarm::Expiry { phase, digest } => {
            if deciding(&turn.run, phase, digest).is_none() {
                return Step::Ignored(Reason::Passed);
            }
            closing::end(&mut turn, Outcome::Expired { asked: "whether I may go on".into() });
        }
        Alarm::Reminder { phase, digest } => {
            let Some(until) = deciding(&turn.run, phase, digest) else { return Step::Ignored(Reason::Passed) };
            let slot = Slot::Notice(format!("reminder:{phase}:{}", digest.short()));
            turn.say(slot, reply::reminder(&turn.run, until - turn.at));
        }
        Alarm::Question { asked } => {
            let open = match &turn.run.state {
                State::Choosing { asked: mine, .. } if mine == asked => "where this should go",
                State::Resolving { asked: mine, unlinked: true, .. } if mine == asked => "who is asking at the forge",
                State::Choosing { .. }
                | State::Resolving { .. }
                | State::Routing { .. }
                | State::Waiting { .. }
                | State::Gathering { .. }
                | State::Working(_)
                | State::Closing { .. }
                | State::Ended { .. } => return Step::Ignored(Reason::Passed),
            };
            closing::end(&mut turn, Outcome::Expired { asked: open.into() });
        }
        Alarm::Look { phase, head, looks } => return watch::due(turn, phase, head, *looks),
        Alarm::Budget => {
            let State::Working(job) = &turn.run.state else { return Step::Ignored(Reason::Passed) };
            let wall = job.plan.workflow.budget.wall;
            if job.worked(turn.at) < wall {
                // A person was waited for meanwhile; once they have decided, it is looked at again.
                return Step::Ignored(Reason::Passed);
            }
            closing::end(&mut turn, Outcome::BudgetExhausted { limit: format!("{} of work", wall.words()) });
        }
    }
    turn.done()
}

/// Until when a gate is open for that digest.
fn deciding(run: &Run, name: &PhaseName, wanted: &Digest) -> Option<Time> {
    let State::Working(job) = &run.state else { return None };
    match job.phases.get(name).map(|progress| &progress.stage) {
        Some(Stage::Deciding { digest, until, .. }) if digest == wanted => Some(*until),
        Some(
            Stage::Deciding { .. }
            | Stage::Pending
            | Stage::Starting { .. }
            | Stage::Working { .. }
            | Stage::Resting { .. }
            | Stage::Opening { .. }
            | Stage::Watching { .. }
            | Stage::Done
            | Stage::Skipped
            | Stage::Failed,
        )
        | None => None,
    }
}

/// The phase a box works on, while it does.
fn worked<'r>(run: &'r mut Run, devbox: &DevboxId) -> Option<(&'r mut Job, Phase)> {
    let job = match &mut run.state {
        State::Working(job) => job,
        State::Closing { job: Some(job), .. } => job,
        State::Closing { job: None, .. }
        | State::Routing { .. }
        | State::Choosing { .. }
        | State::Resolving { .. }
        | State::Waiting { .. }
        | State::Gathering { .. }
        | State::Ended { .. } => return None,
    };
    let name = job.phases.iter().find(|(_, progress)| progress.stage.devbox() == Some(devbox)).map(|(name, _)| name)?;
    let phase = job.plan.workflow.phase(name)?.clone();
    Some((job, phase))
}
