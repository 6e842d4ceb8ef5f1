//! Facts: what happened to a run, or to a thread that has none yet.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::{Change, Checks, Review};
use crate::context::Omission;
use crate::devbox::{Finish, Usage};
use crate::id::{Commit, DeliveryId, DevboxId, Digest, PhaseName, RunId};
use crate::post::Action;
use crate::route::{Decision, Part};
use crate::talk::{Message, MessageId, Person, ThreadId};
use crate::time::Time;
use crate::workflow::Workflow;

/// One webhook, report, result or firing as received, already decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The conversation it belongs to: the group in which deliveries are worked one after the other.
    pub thread: ThreadId,
    /// The run it is about; nothing where the thread's latest run is meant.
    pub run: Option<RunId>,
    /// What happened.
    pub event: Event,
}

/// A fact about a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The key of the delivery that brought it.
    pub id: DeliveryId,
    /// When it happened, by the clock of the edge that saw it.
    pub at: Time,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// Somebody wrote a message.
    Said {
        /// The message, without the mention.
        message: Message,
        /// Whether it was addressed to Signalbox: a mention, a direct message, the built-in chat.
        addressed: bool,
    },
    /// Somebody changed a message they had written.
    Edited {
        /// The message as it is now.
        message: Message,
    },
    /// A message is gone.
    Deleted {
        /// Which.
        message: MessageId,
        /// By whom.
        by: Person,
    },
    /// Somebody pressed a button (or did what counts as pressing it).
    Pressed {
        /// The button.
        action: Action,
        /// Who.
        by: Person,
    },

    /// Something as a chat's edge received it, in that chat's own shape: the chat says what it means before any run
    /// hears of it.
    Received {
        /// It.
        what: Value,
    },
    /// Somebody reviewed the run's change request.
    Reviewed {
        /// What they say.
        review: Review,
        /// Who.
        by: Person,
    },
    /// The forge says that checks of the run's change request moved on: worth a look before the next alarm.
    Stirred,
    /// How the checks of the run's change request stand.
    Checked {
        /// The phase that asked.
        phase: PhaseName,
        /// The commit they are of.
        head: Commit,
        /// How they stand.
        checks: Checks,
    },

    /// The routers have decided.
    Routed {
        /// The version of the run that asked.
        asked: u64,
        /// The decision.
        decision: Decision,
        /// The whole record of the decision, in the blob store.
        trace: Digest,
        /// Every router's part in it, in words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Part>,
        /// Whether the person who asked wants to be told when each phase begins.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        verbose: bool,
    },
    /// The workflow is loaded, checked and frozen.
    Resolved {
        /// The version of the run that asked.
        asked: u64,
        /// The workflow.
        workflow: Workflow,
        /// The commit the run begins at.
        base: Option<Commit>,
        /// The branch a change request merges into.
        onto: Option<String>,
        /// The change request it goes on with, on its branch: that of the run it follows, if it can still be added to.
        #[serde(default)]
        continues: Option<Change>,
    },
    /// Policy does not let this person, in this room, do that there.
    Forbidden {
        /// The version of the run that asked.
        asked: u64,
        /// Why, and who may, in words.
        reason: String,
    },
    /// It could not be found out where the request goes, how it is worked, or what its context is.
    Unresolved {
        /// The version of the run that asked.
        asked: u64,
        /// What is wrong, where, and what to do: a line each.
        problems: Vec<String>,
    },
    /// The forge does not know the person who asked: they have to say who they are there.
    Unlinked {
        /// The version of the run that asked.
        asked: u64,
        /// Where they do.
        url: String,
    },
    /// A person said who they are at the forge.
    Linked {
        /// Who.
        by: Person,
    },
    /// A limiter let the run in.
    Admitted,
    /// A limiter makes the run wait.
    Queued {
        /// Its place in the line, from 1.
        place: u32,
        /// How many may work at once.
        limit: u32,
    },
    /// The context is gathered.
    Gathered {
        /// The bundle, in the blob store.
        bundle: Digest,
        /// What it holds, for people.
        titles: Vec<String>,
        /// What it does not hold.
        omissions: Vec<Omission>,
    },

    /// A runner took its assignment.
    Claimed {
        /// The box.
        devbox: DevboxId,
        /// Its epoch.
        epoch: u32,
        /// How many follow-ups its assignment told of.
        told: usize,
    },
    /// A runner reports what the agent is at.
    Progressed {
        /// The box.
        devbox: DevboxId,
        /// Its epoch.
        epoch: u32,
        /// The report's number.
        sequence: u64,
        /// A few words. Untrusted.
        activity: String,
        /// Used up by the attempt so far.
        usage: Usage,
    },
    /// An attempt is over.
    Finished {
        /// The box.
        devbox: DevboxId,
        /// Its epoch.
        epoch: u32,
        /// How it ended, with the evidence.
        finish: Finish,
        /// What is wrong with the typed output, against the phase's schema. Empty: nothing.
        invalid: Vec<String>,
        /// Proposals that were refused, with the reason.
        refused: Vec<String>,
    },
    /// A box could not be had.
    Unprovided {
        /// The box.
        devbox: DevboxId,
        /// Why, in words.
        reason: String,
    },
    /// A box has not been heard of for two heartbeats, or its provider does not list it any more.
    Vanished {
        /// The box.
        devbox: DevboxId,
    },
    /// A box is gone and its tokens are revoked: it can cause nothing any more.
    Released {
        /// The box.
        devbox: DevboxId,
    },

    /// The change request is open (or up to date).
    Opened {
        /// The phase that asked.
        phase: PhaseName,
        /// The change request.
        change: Change,
    },
    /// The change request was not opened.
    Unopened {
        /// The phase that asked.
        phase: PhaseName,
        /// Why, in words.
        reason: String,
    },

    /// An alarm rang.
    Woke {
        /// Which.
        alarm: Alarm,
    },
}

/// Something a run asked to be woken for. It names what it is about, so that a late one is told from a current one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alarm", rename_all = "snake_case")]
pub enum Alarm {
    /// A box should have been claimed.
    Start {
        /// The box.
        devbox: DevboxId,
    },
    /// A box should have ended.
    Wall {
        /// The box.
        devbox: DevboxId,
    },
    /// A box told to stop should have stopped.
    Halt {
        /// The box.
        devbox: DevboxId,
    },
    /// A phase may be tried again.
    Retry {
        /// The phase.
        phase: PhaseName,
        /// Its try.
        tries: u32,
    },
    /// A gate expires.
    Expiry {
        /// The gate's phase.
        phase: PhaseName,
        /// What it was asked for.
        digest: Digest,
    },
    /// A gate still waits.
    Reminder {
        /// The gate's phase.
        phase: PhaseName,
        /// What it was asked for.
        digest: Digest,
    },
    /// A question was not answered.
    Question {
        /// The version of the run that asked.
        asked: u64,
    },
    /// The forge's checks may have moved on.
    Look {
        /// The phase that watches them.
        phase: PhaseName,
        /// The commit they are of.
        head: Commit,
        /// How often they were looked at.
        looks: u32,
    },
    /// The run is over its wall-clock budget.
    Budget,
}

impl Event {
    /// The delivery of a message: one message is one delivery, whatever envelope it comes in.
    pub fn said(thread: &ThreadId, message: &Message) -> DeliveryId {
        DeliveryId(format!("said:{}", message.key(thread)))
    }
}
