//! The decision: what an event means for a run.
//!
//! [`step`] is total and deterministic, and it cannot fail: trouble is an event like any other. It is the only place
//! where anything is decided; recovery after a crash is the same function folded over the history ([`fold`]).

mod boxes;
mod closing;
mod phases;
mod place;
mod review;
mod talk;
mod turn;
mod watch;

use alloc::vec::Vec;

use crate::effect::Effect;
use crate::event::{Event, Fact};
use crate::reason::Reason;
use crate::run::{Routed, Run};
use crate::talk::ThreadId;

use turn::Turn;

/// What an event means for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once; nobody keeps many")]
pub enum Step {
    /// The run moves on.
    Advanced {
        /// The run as it is now; its version is one more, or 1 if it is new.
        run: Run,
        /// What the world is asked to do, in order.
        effects: Vec<Effect>,
    },
    /// The event changes nothing.
    Ignored(Reason),
}

/// Decides what `event` means for `run`, the latest run of `thread`. Total and deterministic.
pub fn step(run: Option<&Run>, thread: &ThreadId, event: &Event) -> Step {
    match run {
        Some(run) if !run.ended() => live(run, event),
        Some(run) => over(run, event),
        None => match &event.fact {
            Fact::Said { message, addressed: true } => talk::begin(None, thread, message, event),
            Fact::Said { addressed: false, .. } => Step::Ignored(Reason::NotAddressed),
            // Understood before it comes here.
            Fact::Received { .. } => Step::Ignored(Reason::Unworkable),
            Fact::Edited { .. }
            | Fact::Deleted { .. }
            | Fact::Pressed { .. }
            | Fact::Reviewed { .. }
            | Fact::Stirred
            | Fact::Checked { .. }
            | Fact::Linked { .. }
            | Fact::Unlinked { .. }
            | Fact::Forbidden { .. }
            | Fact::Routed { .. }
            | Fact::Resolved { .. }
            | Fact::Unresolved { .. }
            | Fact::Admitted
            | Fact::Queued { .. }
            | Fact::Gathered { .. }
            | Fact::Claimed { .. }
            | Fact::Progressed { .. }
            | Fact::Finished { .. }
            | Fact::Unprovided { .. }
            | Fact::Vanished { .. }
            | Fact::Released { .. }
            | Fact::Opened { .. }
            | Fact::Unopened { .. }
            | Fact::Woke { .. } => Step::Ignored(Reason::NoRun),
        },
    }
}

/// The run that a history makes: `before` is the thread's run before it, if the history's first event came to one.
/// `None` for a history that no run has.
pub fn fold<'a>(before: Option<&Run>, thread: &ThreadId, history: impl IntoIterator<Item = &'a Event>) -> Option<Run> {
    let mut made: Option<Run> = None;
    for event in history {
        match step(made.as_ref().or(before), thread, event) {
            Step::Advanced { run, .. } => made = Some(run),
            Step::Ignored(_) => return None,
        }
    }
    made
}

/// A run that is being worked.
fn live(run: &Run, event: &Event) -> Step {
    let turn = Turn::new(run, event);
    match &event.fact {
        Fact::Said { message, addressed } => talk::said(turn, message, *addressed),
        Fact::Edited { message } => talk::edited(turn, message),
        Fact::Deleted { message, by } => talk::deleted(turn, message, by),
        Fact::Pressed { action, by } => talk::pressed(turn, action, by),

        Fact::Received { .. } => Step::Ignored(Reason::Unworkable),

        Fact::Reviewed { review, by } => review::reviewed(turn, review, by),
        Fact::Stirred => watch::stirred(turn),
        Fact::Checked { phase, head, checks } => watch::checked(turn, phase, head, checks),

        Fact::Routed { asked, decision, trace, parts, verbose } => {
            let route = Routed { decision: decision.clone(), trace: trace.clone(), parts: parts.clone(), chosen: None };
            place::routed(turn, *asked, route, *verbose)
        }
        Fact::Resolved { asked, workflow, base, onto, continues } => {
            place::resolved(turn, *asked, workflow, base.as_ref(), onto.as_deref(), continues.as_ref())
        }
        Fact::Forbidden { asked, reason } => place::forbidden(turn, *asked, reason),
        Fact::Unlinked { asked, url } => place::unlinked(turn, *asked, url),
        Fact::Linked { by } => place::linked(turn, by),
        Fact::Unresolved { asked, problems } => place::unresolved(turn, *asked, problems),
        Fact::Admitted => place::admitted(turn),
        Fact::Queued { place, limit } => place::queued(turn, *place, *limit),
        Fact::Gathered { bundle, titles, omissions } => place::gathered(turn, bundle, titles, omissions),

        Fact::Claimed { devbox, told, .. } => boxes::claimed(turn, devbox, *told),
        Fact::Progressed { devbox, sequence, activity, usage, .. } => {
            boxes::progressed(turn, devbox, *sequence, activity, *usage)
        }
        Fact::Finished { devbox, finish, invalid, refused, .. } => {
            boxes::finished(turn, devbox, finish, invalid, refused)
        }
        Fact::Unprovided { devbox, reason } => boxes::unprovided(turn, devbox, reason),
        Fact::Vanished { devbox } => boxes::vanished(turn, devbox),
        Fact::Released { devbox } => boxes::released(turn, devbox),

        Fact::Opened { phase, change } => phases::opened(turn, phase, change),
        Fact::Unopened { phase, reason } => phases::unopened(turn, phase, reason),

        Fact::Woke { alarm } => boxes::woke(turn, alarm),
    }
}

/// A run that is over: people may still talk, and late news changes nothing.
fn over(run: &Run, event: &Event) -> Step {
    match &event.fact {
        Fact::Said { message, addressed: true } => talk::after(run, message, event),
        Fact::Said { addressed: false, .. } => Step::Ignored(Reason::NotAddressed),
        Fact::Edited { message } => talk::edited_after(Turn::new(run, event), message),
        Fact::Pressed { action, by } => talk::pressed_after(run, action, by, event),
        Fact::Received { .. } => Step::Ignored(Reason::Unworkable),
        Fact::Reviewed { review, by } => review::reviewed(Turn::new(run, event), review, by),
        Fact::Deleted { .. }
        | Fact::Stirred
        | Fact::Checked { .. }
        | Fact::Linked { .. }
        | Fact::Unlinked { .. }
        | Fact::Forbidden { .. }
        | Fact::Routed { .. }
        | Fact::Resolved { .. }
        | Fact::Unresolved { .. }
        | Fact::Admitted
        | Fact::Queued { .. }
        | Fact::Gathered { .. }
        | Fact::Claimed { .. }
        | Fact::Progressed { .. }
        | Fact::Finished { .. }
        | Fact::Unprovided { .. }
        | Fact::Vanished { .. }
        | Fact::Released { .. }
        | Fact::Opened { .. }
        | Fact::Unopened { .. }
        | Fact::Woke { .. } => Step::Ignored(Reason::Over),
    }
}
