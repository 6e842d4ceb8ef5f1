//! What Slack sends, told apart: pure, total, and the last place that sees the shapes of Slack's deliveries.
//!
//! One human action has one key here, whatever event ids, envelopes and retries it comes with. The key is `heard:…`:
//! what it means for a run has a key of its own (`said:…`, `pressed:…`) once it is understood.

mod command;
mod event;
mod interaction;
pub(crate) mod message;
mod what;

use serde_json::Value;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::DeliveryId;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;

use crate::CHAT;

pub(crate) use what::{
    Author, Commanded, Deleted, Edited, File, Home, Pressed, Quoted, Reacted, Said, Shortcut, Stopped, Submitted, What,
};

/// One delivery of Slack's, told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// What Slack calls it: `app_mention`, `message.im`, `block_actions`, `command`.
    pub(crate) kind: String,
    /// What it is to us.
    pub(crate) meaning: Meaning,
}

/// What a delivery of Slack's is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once; nobody keeps many")]
pub(crate) enum Meaning {
    /// Slack asks whether we are there, and wants this back.
    Challenge(String),
    /// Somebody types into a search field, and Slack waits for what to offer.
    Suggest(Suggestion),
    /// Somebody did something.
    Heard(Heard),
    /// Nothing that concerns us, and why.
    Ignored(&'static str),
}

/// What somebody typed into a search field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suggestion {
    /// The field.
    pub(crate) action: String,
    /// What is typed so far.
    pub(crate) typed: String,
}

/// Something somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The key of the action.
    pub(crate) id: DeliveryId,
    /// The conversation in whose order it is worked.
    pub(crate) thread: ThreadId,
    /// What was done.
    pub(crate) what: What,
}

impl Heard {
    /// As the intake takes it, received at `at`.
    pub(crate) fn delivery(self, at: Time) -> Delivery {
        let what = what::written(&self.what);
        Delivery { thread: self.thread, run: None, event: Event { id: self.id, at, fact: Fact::Received { what } } }
    }
}

/// Tells a delivery apart: the body of an event or an interaction, or the fields of a slash command.
pub(crate) fn decode(body: &Value) -> Decoded {
    match text(body, "/type") {
        Some("url_verification") => Decoded {
            kind: "url_verification".into(),
            meaning: match text(body, "/challenge") {
                Some(challenge) if challenge.len() <= MAX_CHALLENGE => Meaning::Challenge(challenge.into()),
                Some(_) | None => Meaning::Ignored("it asks for nothing that could be given back"),
            },
        },
        Some("event_callback") => event::decode(body),
        Some("app_rate_limited") => Decoded {
            kind: "app_rate_limited".into(),
            meaning: Meaning::Ignored("Slack held events back for a minute; the next sweep reads what they were"),
        },
        Some(kind) => Decoded { kind: kind.into(), meaning: interaction::decode(body, kind) },
        None if text(body, "/command").is_some() => Decoded { kind: "command".into(), meaning: command::decode(body) },
        None => Decoded { kind: "unknown".into(), meaning: Meaning::Ignored("it does not say what it is") },
    }
}

/// Reads back what [`Heard::delivery`] wrote. `None`: it was written by a version that is not known here.
pub(crate) fn read(what: &Value) -> Option<What> {
    what::read(what)
}

/// The longest challenge that is given back, in bytes.
const MAX_CHALLENGE: usize = 1024;

/// The text at a path, unless it is empty.
fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path)?.as_str().filter(|text| !text.is_empty())
}

/// The text at a path, or nothing.
fn owned(value: &Value, path: &str) -> Option<String> {
    text(value, path).map(Into::into)
}

/// The conversation that begins with `root` in a channel.
pub(crate) fn thread(team: &str, channel: &str, root: &str) -> ThreadId {
    ThreadId { chat: CHAT.into(), room: format!("{team}/{channel}"), root: root.into() }
}

/// A key of something done in a room.
fn key(intent: &str, room: &str, of: &[&str]) -> DeliveryId {
    DeliveryId(format!("heard:{intent}:{CHAT}:{room}:{}", of.join(":")))
}

#[cfg(test)]
mod tests;
