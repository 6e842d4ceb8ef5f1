//! GitHub's issues and pull requests as a chat: a thread is one of them, a message is its own text, a comment, a review
//! or a comment on lines.

mod comment;
mod mark;
mod mirror;
mod read;
mod say;
mod status;
mod whisper;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use signalbox_domain::id::{EffectId, Repository};
use signalbox_domain::post::{Mark, Post};
use signalbox_domain::talk::{MessageId, Person, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{CaughtUp, Chat, Room, Spoken, Understood, Utterance};
use signalbox_ports::store::Store;

use crate::app::Github;
use crate::decode::{CHAT, Us};
pub(crate) use comment::{User, moment};
use status::Statuses;

/// The chat. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub struct Comments {
    pub(crate) github: Github,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) us: Us,
    statuses: Arc<Mutex<Statuses>>,
}

impl Comments {
    /// The chat of an App. Runs are looked up in `store`: a word on a pull request is for the run that opened it.
    pub fn new(github: Github, store: Arc<dyn Store>) -> Self {
        let us = Us::of(github.settings());
        Self { github, store, us, statuses: Arc::default() }
    }

    /// What status messages were edited when. Losing it costs edits, nothing else.
    fn statuses(&self) -> MutexGuard<'_, Statuses> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The repository and the number of a thread.
pub(crate) fn numbered(thread: &ThreadId) -> Result<(Repository, u64), Error> {
    let number = thread.root.parse().ok().filter(|_| thread.chat == CHAT);
    let number = number.ok_or_else(|| Error::rejected(format!("{thread} is no issue or pull request on GitHub")))?;
    Ok((Repository(thread.room.clone()), number))
}

#[async_trait]
impl Chat for Comments {
    async fn say(&self, utterance: &Utterance) -> Result<MessageId, Error> {
        self.speak(utterance).await
    }

    async fn whisper(&self, id: &EffectId, thread: &ThreadId, to: &Person, post: &Post) -> Result<(), Error> {
        self.tell(id, thread, to, post).await
    }

    async fn mark(&self, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error> {
        self.react(thread, message, mark).await
    }

    async fn read(&self, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error> {
        self.conversation(thread, limit).await
    }

    async fn link(&self, thread: &ThreadId) -> Result<Option<String>, Error> {
        let (repository, number) = numbered(thread)?;
        Ok(Some(format!("{}/{repository}/issues/{number}", self.github.settings().web_url)))
    }

    async fn room(&self, thread: &ThreadId) -> Result<Room, Error> {
        self.about(thread).await
    }

    async fn understand(&self, thread: &ThreadId, at: Time, what: &Value) -> Result<Understood, Error> {
        self.make_sense(thread, at, what).await
    }

    async fn catch_up(&self, _open: &[ThreadId]) -> Result<CaughtUp, Error> {
        crate::catch_up::catch_up(&self.github).await
    }
}
