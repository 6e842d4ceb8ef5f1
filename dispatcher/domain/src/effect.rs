//! What the world is asked to do.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::change::Proposed;
use crate::devbox::Attempt;
use crate::event::Alarm;
use crate::id::{Commit, DevboxId, EffectId, PhaseName, Repository};
use crate::post::{Mark, Post, Slot};
use crate::route::Target;
use crate::run::{Run, Stage, State};
use crate::talk::{MessageId, Person};
use crate::time::Time;

/// One thing the world is asked to do. Committed with the run before it is begun; begun, not awaited: its result is
/// an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Ask the routers where the request goes. Answer: `Routed`.
    Route,
    /// Load and freeze the workflow, and find the commit to begin at. Answer: `Resolved`, `Unresolved`.
    Resolve {
        /// The place.
        target: Target,
    },
    /// Ask the limiter for a place. Answer: `Admitted`, `Queued` and later `Admitted`.
    Admit,
    /// Give the place back.
    Leave,
    /// Gather the context. Answer: `Gathered`.
    Gather {
        /// The place.
        target: Target,
    },

    /// Ask for a box. Answer: `Claimed` by its runner, or `Unprovided`.
    Provision {
        /// The box's name.
        devbox: DevboxId,
        /// What it is for.
        attempt: Attempt,
    },
    /// Tell a box to stop and keep its partial work. Answer: `Finished`.
    Halt {
        /// The box.
        devbox: DevboxId,
    },
    /// Fence the box, end it, revoke its tokens. Answer: `Released`.
    Release {
        /// The box.
        devbox: DevboxId,
    },

    /// Open the run's change request, or bring it up to date. Answer: `Opened`, `Unopened`.
    Open {
        /// The phase that asks.
        phase: PhaseName,
        /// The change request.
        proposed: Proposed,
    },

    /// Look how the forge's checks of the change request stand. Answer: `Checked`.
    Look {
        /// The phase that asks.
        phase: PhaseName,
        /// The repository.
        repository: Repository,
        /// The commit.
        head: Commit,
    },

    /// Put a mark on a message, in place of the one it carries.
    Mark {
        /// The message.
        message: MessageId,
        /// The mark.
        mark: Mark,
    },
    /// Say something in the thread, or edit what was said in that slot.
    Say {
        /// Which message.
        slot: Slot,
        /// What it says.
        post: Post,
    },
    /// Say something to one person, privately.
    Whisper {
        /// To whom.
        to: Person,
        /// What.
        post: Post,
    },

    /// Ring an alarm. Answer: `Woke`.
    Wake {
        /// Which.
        alarm: Alarm,
        /// When.
        at: Time,
    },
}

/// Effects of one run and one lane are performed one after the other, in the order they were decided; lanes do not
/// wait for each other, so that a chat that is down does not keep a box from being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Decisions asked of plugins, files and limiters.
    Decide,
    /// Devboxes.
    Devbox,
    /// The forge.
    Forge,
    /// The thread.
    Chat,
    /// Alarms; each rings at its own time, none waits for another.
    Alarm,
}

/// An effect with its name and the time before which it must not be performed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Its name, the idempotency key.
    pub id: EffectId,
    /// What to do.
    pub effect: Effect,
    /// Not before.
    pub due: Time,
}

impl Effect {
    /// The lane it is performed in.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Route | Self::Resolve { .. } | Self::Admit | Self::Leave | Self::Gather { .. } => Lane::Decide,
            Self::Provision { .. } | Self::Halt { .. } | Self::Release { .. } => Lane::Devbox,
            Self::Open { .. } | Self::Look { .. } => Lane::Forge,
            Self::Mark { .. } | Self::Say { .. } | Self::Whisper { .. } => Lane::Chat,
            Self::Wake { .. } => Lane::Alarm,
        }
    }

    /// Names the effects of the step that made `run`.
    pub fn owed(run: &Run, at: Time, effects: Vec<Self>) -> Vec<Owed> {
        (0..)
            .zip(effects)
            .map(|(index, effect)| Owed {
                id: EffectId { run: run.id.clone(), version: run.version, index },
                due: if let Self::Wake { at, .. } = &effect { *at } else { at },
                effect,
            })
            .collect()
    }
}

impl Owed {
    /// Whether the effect is still wanted now that the run is what it is: a run that was stopped opens no change
    /// request and asks for no box, whatever was owed when it stopped.
    pub fn wanted(&self, run: &Run) -> bool {
        match &self.effect {
            Effect::Route => matches!(run.state, State::Routing { asked } if asked == self.id.version),
            Effect::Resolve { .. } => matches!(run.state, State::Resolving { asked, .. } if asked == self.id.version),
            Effect::Admit => matches!(run.state, State::Waiting { .. }),
            Effect::Gather { .. } => matches!(run.state, State::Gathering { .. }),
            Effect::Provision { devbox, .. } => run.job().is_some_and(|job| {
                job.phases
                    .values()
                    .any(|phase| matches!(&phase.stage, Stage::Starting { devbox: mine, .. } if mine == devbox))
            }),
            Effect::Halt { devbox } => run.boxes.contains(devbox),
            Effect::Open { phase, .. } => run
                .job()
                .and_then(|job| job.phases.get(phase))
                .is_some_and(|phase| matches!(phase.stage, Stage::Opening { .. })),
            Effect::Look { phase, head, .. } => run
                .job()
                .and_then(|job| job.phases.get(phase))
                .is_some_and(|phase| matches!(&phase.stage, Stage::Watching { head: mine, .. } if mine == head)),
            Effect::Wake { .. } => !matches!(run.state, State::Ended { .. }),
            Effect::Leave
            | Effect::Release { .. }
            | Effect::Mark { .. }
            | Effect::Say { .. }
            | Effect::Whisper { .. } => true,
        }
    }
}
