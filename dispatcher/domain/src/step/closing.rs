//! Ending: boxes released, effects in flight awaited, then exactly one closing message.

use alloc::vec::Vec;

use crate::effect::Effect;
use crate::event::Alarm;
use crate::outcome::Outcome;
use crate::post::Slot;
use crate::reply;
use crate::run::{Stage, State};
use crate::step::place;
use crate::step::turn::Turn;
use crate::time::Span;

/// How long a box that was told to stop may take to save its partial work before it is ended.
pub(super) const HALT_GRACE: Span = Span::seconds(10);

/// Decides how the run ends. What is at work is told to stop (and may save its partial work); what only begins is
/// ended at once. The closing message follows when nothing of the run is left that could cause anything.
pub(super) fn end(turn: &mut Turn<'_>, outcome: Outcome) {
    place::withdraw(turn, "not asked any more");
    let state = core::mem::replace(&mut turn.run.state, State::Routing { asked: 0 });
    let mut job = match state {
        State::Working(job) => Some(job),
        State::Waiting { plan, kept, .. } => {
            turn.run.memory = Some(plan.target);
            kept
        }
        State::Gathering { plan } => {
            turn.run.memory = Some(plan.target);
            None
        }
        State::Resolving { kept, .. } => kept,
        State::Routing { .. } | State::Choosing { .. } => None,
        // Decided before: the first decision stands.
        State::Closing { .. } | State::Ended { .. } => {
            turn.run.state = state;
            return;
        }
    };
    let mut withdrawn = Vec::new();
    for (name, progress) in job.iter_mut().flat_map(|job| job.phases.iter_mut()) {
        match &progress.stage {
            Stage::Working { devbox, .. } => {
                let devbox = devbox.clone();
                turn.ask(Effect::Halt { devbox: devbox.clone() });
                let at = turn.at + HALT_GRACE;
                turn.ask(Effect::Wake { alarm: Alarm::Halt { devbox }, at });
            }
            Stage::Starting { devbox, .. } => {
                let devbox = devbox.clone();
                turn.ask(Effect::Release { devbox });
                progress.stage = Stage::Pending;
            }
            Stage::Deciding { digest, .. } => {
                withdrawn.push((name.clone(), digest.clone()));
                progress.stage = Stage::Pending;
            }
            Stage::Resting { .. } | Stage::Watching { .. } => progress.stage = Stage::Pending,
            // An effect in flight: its answer is awaited, so that the closing message knows it.
            Stage::Opening { .. } => {}
            Stage::Pending | Stage::Done | Stage::Skipped | Stage::Failed => {}
        }
    }
    for (name, digest) in withdrawn {
        let Some(job) = &job else { break };
        let Some(phase) = job.plan.workflow.phase(&name) else { continue };
        turn.say(Slot::Gate(name, digest), reply::gate_withdrawn(job, phase));
    }
    turn.run.state = State::Closing { outcome, job };
    settle(turn);
}

/// Closes the run if nothing of it is left.
pub(super) fn settle(turn: &mut Turn<'_>) {
    if !turn.run.boxes.is_empty() {
        return;
    }
    let State::Closing { outcome, job } = &mut turn.run.state else { return };
    if job.iter().flat_map(|job| job.phases.values()).any(|phase| matches!(phase.stage, Stage::Opening { .. })) {
        return;
    }
    turn.run.state = State::Ended { outcome: outcome.clone(), job: job.take(), at: turn.at };
    let post = reply::closing(&turn.run, turn.at);
    turn.say(Slot::Closing, post);
    turn.ask(Effect::Leave);
}

/// Ends the run's boxes now, whatever they still have to save.
pub(super) fn kill(turn: &mut Turn<'_>) {
    for devbox in turn.run.boxes.clone() {
        turn.ask(Effect::Release { devbox });
    }
}
