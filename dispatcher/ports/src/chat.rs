//! Where people talk.

use async_trait::async_trait;
use serde_json::Value;
use signalbox_domain::event::Delivery;
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Mark, Post, Slot};
use signalbox_domain::talk::{Attachment, Message, MessageId, Person, ThreadId};
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

    /// What something means that this chat's edge handed in as [`Fact::Received`]: who did it, what it is about, which
    /// run hears of it. May be asked again about the same; then it answers the same, but for what people changed
    /// meanwhile.
    ///
    /// What concerns the chat alone (its own pages and forms) is done here; doing it twice is doing it once.
    ///
    /// [`Fact::Received`]: signalbox_domain::event::Fact::Received
    async fn understand(&self, thread: &ThreadId, at: Time, what: &Value) -> Result<Understood, Error> {
        let _ = (at, what);
        Err(Error::rejected(format!("the chat of {thread} hands in nothing that has to be understood first")))
    }

    /// Looks for what its edge may have missed, in the threads of runs that are open and wherever else it listens:
    /// bounded, and at its own pace. Asked at the start and about once a minute.
    async fn catch_up(&self, open: &[ThreadId]) -> Result<CaughtUp, Error> {
        let _ = open;
        Ok(CaughtUp::default())
    }

    /// Where people look at the thread, if it has an address.
    async fn link(&self, thread: &ThreadId) -> Result<Option<String>, Error> {
        let _ = thread;
        Ok(None)
    }

    /// What a person set for themselves, where this chat lets them.
    async fn usual(&self, person: &Person) -> Result<Usual, Error> {
        let _ = person;
        Ok(Usual::default())
    }

    /// The bytes of what is attached to a message, unless they are more than `limit`.
    async fn attachment(
        &self,
        thread: &ThreadId,
        attachment: &Attachment,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Error> {
        let _ = (attachment, limit);
        Err(Error::rejected(format!("the chat of {thread} has no attachments")))
    }
}

/// What a chat makes of something its edge received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Understood {
    /// Facts, in the order they happened, each with its own semantic key.
    Deliveries(Vec<Delivery>),
    /// Nothing that a run should hear of, and why.
    Nothing(String),
}

/// What a person set for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usual {
    /// The repository their requests go to if nothing nearer says so, `owner/name`.
    pub repository: Option<String>,
    /// Whether they want to be told when each phase begins.
    pub verbose: bool,
}

/// What a chat found that its edge had missed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Under the keys that the edge would have given them, so that what was not missed changes nothing.
    pub deliveries: Vec<Delivery>,
    /// How many the other side was asked to send again.
    pub asked: usize,
}

/// A room, as people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// Its topic.
    pub topic: String,
}
