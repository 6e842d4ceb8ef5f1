//! What the log keeps: one record a line, for as long as the folder lives.

use serde::{Deserialize, Serialize};
use signalbox_domain::event::Delivery;
use signalbox_domain::id::{DeliveryId, EffectId};
use signalbox_domain::post::{Mark, Post, Slot};
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its number, from 1 and rising; what a browser that lost its connection resumes after.
    pub(crate) n: u64,
    /// When it was written.
    pub(crate) at: Time,
    /// What happened.
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
pub(crate) enum What {
    /// A room was made, or its topic changed.
    Room {
        /// Its immutable id.
        room: String,
        /// Its name.
        name: String,
        /// Its topic.
        topic: String,
    },
    /// A person did something: wrote, changed or deleted a message, pressed a button. It is owed to the intake until
    /// a [`What::Received`] says otherwise.
    Sent {
        /// What is owed.
        delivery: Box<Delivery>,
        /// The message a button was pressed on.
        on: Option<MessageId>,
        /// The browser's own name for it: sending again under the same name is the same.
        key: Option<String>,
    },
    /// The intake keeps it now.
    Received {
        /// What.
        delivery: DeliveryId,
    },
    /// The intake could not take it yet; it is tried again.
    Delayed {
        /// What.
        delivery: DeliveryId,
        /// Why.
        why: String,
    },
    /// The intake will never take it.
    Declined {
        /// What.
        delivery: DeliveryId,
        /// Why.
        why: String,
    },
    /// A run said something, or changed what it had said in that slot.
    Spoke {
        /// The effect that said it.
        id: EffectId,
        /// Where.
        thread: ThreadId,
        /// In which message.
        message: MessageId,
        /// Which of the run's messages.
        slot: Slot,
        /// What.
        post: Post,
    },
    /// A run said something to one person.
    Whispered {
        /// The effect that said it.
        id: EffectId,
        /// Where.
        thread: ThreadId,
        /// In which message.
        message: MessageId,
        /// To whom, by id.
        to: String,
        /// What.
        post: Post,
    },
    /// A message carries our mark, in place of the one before.
    Marked {
        /// Where.
        thread: ThreadId,
        /// Which message.
        message: MessageId,
        /// The mark.
        mark: Mark,
    },
}
