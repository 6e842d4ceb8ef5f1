//! Slack as a chat: every message of a run is there once, whatever broke while it was posted.

mod attach;
mod marker;
mod marks;
mod post;
mod read;
mod say;
mod whisper;

use async_trait::async_trait;
use serde_json::Value;
use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Mark, Post};
use signalbox_domain::talk::{Attachment, MessageId, Person, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{CaughtUp, Chat, Room as Place, Spoken, Understood, Usual, Utterance};

use crate::Slack;
use crate::catch_up::catch_up;
use crate::understand::understand;

pub(crate) use marks::Marks;
pub(crate) use say::Said;

#[async_trait]
impl Chat for Slack {
    async fn say(&self, utterance: &Utterance) -> Result<MessageId, Error> {
        say::say(self, utterance).await
    }

    async fn whisper(&self, id: &EffectId, thread: &ThreadId, to: &Person, post: &Post) -> Result<(), Error> {
        whisper::whisper(self, id, thread, to, post).await
    }

    async fn mark(&self, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error> {
        marks::mark(self, thread, message, mark).await
    }

    async fn read(&self, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error> {
        read::read(self, thread, limit).await
    }

    async fn room(&self, thread: &ThreadId) -> Result<Place, Error> {
        read::room(self, thread).await
    }

    async fn link(&self, thread: &ThreadId) -> Result<Option<String>, Error> {
        read::link(self, thread).await
    }

    async fn usual(&self, person: &Person) -> Result<Usual, Error> {
        let defaults = self.defaults_of(&person.id).await?;
        Ok(Usual { repository: defaults.repository.map(|repository| repository.0), verbose: defaults.verbose })
    }

    async fn understand(&self, thread: &ThreadId, at: Time, what: &Value) -> Result<Understood, Error> {
        understand(self, thread, at, what).await
    }

    async fn catch_up(&self, open: &[ThreadId]) -> Result<CaughtUp, Error> {
        catch_up(self, open).await
    }

    async fn attachment(
        &self,
        thread: &ThreadId,
        attachment: &Attachment,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Error> {
        attach::attachment(self, thread, attachment, limit).await
    }
}
