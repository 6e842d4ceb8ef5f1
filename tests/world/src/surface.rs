//! Where people of a world are, if that is not the chat in memory: the same stories are told on every real one.

use async_trait::async_trait;
use signalbox_domain::id::RunId;
use signalbox_domain::post::Action;
use signalbox_domain::talk::{MessageId, Person, ThreadId};

/// A chat with people in it, whose edge hands what they do to the world's dispatcher, as it would in earnest.
#[async_trait]
pub trait Surface: Send + Sync {
    /// Somebody begins a thread in a room, addressed to Signalbox.
    async fn open(&self, room: &str, who: &str, text: &str) -> ThreadId;

    /// What tells of the next thing that is done arrives so many times, where the surface's senders do that.
    fn copies(&self, copies: usize) {
        let _ = copies;
    }

    /// Somebody writes in a thread, to Signalbox or to the others there.
    async fn write(&self, thread: &ThreadId, who: &str, text: &str, addressed: bool) -> MessageId;

    /// Whoever wrote a message changes it.
    async fn edit(&self, thread: &ThreadId, message: &MessageId, text: &str);

    /// Somebody deletes a message.
    async fn delete(&self, thread: &ThreadId, who: &str, message: &MessageId);

    /// Somebody presses the newest button of that label, or does what counts as pressing it. False: there is none.
    async fn press(&self, thread: &ThreadId, who: &str, label: &str) -> bool;

    /// Somebody does what was asked of them on the way: fills in the form that a press opened. False: nothing was.
    async fn attend(&self) -> bool {
        false
    }

    /// What the newest button of that label does.
    fn button(&self, _thread: &ThreadId, _label: &str) -> Option<Action> {
        None
    }

    /// Someone of the team, as the surface knows them.
    fn person(&self, who: &str) -> Person;

    /// The thread as a person reads it, in the words and the form of [`crate::chat::Chat::transcript`].
    fn transcript(&self, thread: &ThreadId) -> String;

    /// How many messages close that run.
    fn closings(&self, run: &RunId) -> usize;

    /// What is said more than once.
    fn duplicates(&self) -> Vec<String>;

    /// What is there and should be gone once everything is over.
    fn left(&self) -> Vec<String> {
        Vec::new()
    }
}
