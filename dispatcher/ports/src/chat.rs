//! Where people talk.

use async_trait::async_trait;
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Mark, Post, Slot};
use signalbox_domain::talk::{Message, MessageId, Person, ThreadId};
use signalbox_domain::time::Time;

use crate::Error;

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// The effect that says it; its version orders edits of one slot.
    pub id: EffectId,
    /// Where.
    pub thread: ThreadId,
    /// The run that speaks.
    pub run: RunId,
    /// Which message of the run.
    pub slot: Slot,
    /// What.
    pub post: Post,
    /// The message the slot was said in, as far as is known. Not knowing it costs a look at the thread, nothing else.
    pub known: Option<MessageId>,
    /// Whether this may have been tried before: then look at the thread before saying it, and leave one message of the
    /// slot there, the known one if one is known.
    pub retried: bool,
}

/// A message of a thread, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The message.
    pub message: Message,
    /// When it was written.
    pub at: Time,
    /// Whether it is ours.
    pub ours: bool,
}

/// A chat. One adapter may serve several teams; [`ThreadId::chat`] says which adapter a thread belongs to.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Says it once: the first time a new message, afterwards an edit of that message. The same effect again changes
    /// nothing; an older effect never overwrites a newer one. Returns the message.
    async fn say(&self, utterance: &Utterance) -> Result<MessageId, Error>;

    /// Says it to one person only, where they are. The same effect twice may be seen twice by that person only.
    async fn whisper(&self, id: &EffectId, thread: &ThreadId, to: &Person, post: &Post) -> Result<(), Error>;

    /// Puts our mark on a message in place of the one it carries. A message that is gone is not an error.
    async fn mark(&self, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error>;

    /// The thread's messages, oldest first, at most `limit` (the root and the newest, if there are more).
    async fn read(&self, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error>;

    /// What people call the room, and its topic.
    async fn room(&self, thread: &ThreadId) -> Result<Room, Error>;
}

/// A room, as people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// Its topic.
    pub topic: String,
}
