//! A chat whose calls meet what a story plans for them, by the names the chat in memory has.

use std::future::{Future, poll_fn};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use async_trait::async_trait;
use serde_json::Value;
use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Mark, Post};
use signalbox_domain::talk::{Attachment, MessageId, Person, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{CaughtUp, Chat, Room, Spoken, Understood, Usual, Utterance};
use signalbox_world::fault::{Fault, Faults, Script};

/// The chat, with trouble on the way to it.
pub(crate) struct Faulty {
    pub(crate) chat: Arc<dyn Chat>,
    /// Known once the world is there.
    pub(crate) faults: Arc<OnceLock<Arc<Script>>>,
    /// The room that is about nothing, if the chat itself says that every room is about something.
    pub(crate) lobby: Option<&'static str>,
    /// Whether it says where a thread is. The chat in memory has no addresses, and the expectations are shared.
    pub(crate) linked: bool,
}

impl Faulty {
    async fn call<T>(&self, point: &'static str, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Some(faults) = self.faults.get() else { return work.await };
        match faults.at(point) {
            Fault::Pass => work.await,
            Fault::FailBefore(error) => Err(error),
            Fault::FailAfter(error) => work.await.and(Err(error)),
            Fault::Stall => {
                poll_fn(|_| if faults.free() { Poll::Ready(()) } else { Poll::Pending }).await;
                work.await
            }
        }
    }
}

#[async_trait]
impl Chat for Faulty {
    async fn say(&self, utterance: &Utterance) -> Result<MessageId, Error> {
        self.call("chat.say", self.chat.say(utterance)).await
    }

    async fn whisper(&self, id: &EffectId, thread: &ThreadId, to: &Person, post: &Post) -> Result<(), Error> {
        self.call("chat.whisper", self.chat.whisper(id, thread, to, post)).await
    }

    async fn mark(&self, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error> {
        self.call("chat.mark", self.chat.mark(thread, message, mark)).await
    }

    async fn read(&self, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error> {
        self.call("chat.read", self.chat.read(thread, limit)).await
    }

    async fn room(&self, thread: &ThreadId) -> Result<Room, Error> {
        let mut room = self.call("chat.room", self.chat.room(thread)).await?;
        if self.lobby == Some(&thread.room) {
            room.topic.clear();
        }
        Ok(room)
    }

    async fn link(&self, thread: &ThreadId) -> Result<Option<String>, Error> {
        if self.linked { self.chat.link(thread).await } else { Ok(None) }
    }

    async fn usual(&self, person: &Person) -> Result<Usual, Error> {
        self.chat.usual(person).await
    }

    async fn understand(&self, thread: &ThreadId, at: Time, what: &Value) -> Result<Understood, Error> {
        self.chat.understand(thread, at, what).await
    }

    async fn catch_up(&self, open: &[ThreadId]) -> Result<CaughtUp, Error> {
        self.chat.catch_up(open).await
    }

    async fn attachment(&self, thread: &ThreadId, file: &Attachment, limit: usize) -> Result<Option<Vec<u8>>, Error> {
        self.chat.attachment(thread, file, limit).await
    }
}
