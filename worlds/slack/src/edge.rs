//! Deliveries to apps: what is sent, how often, in which order, and what became of it.

mod http;
mod send;
mod socket;

use axum::extract::ws::Message as Frame;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::ids::AppId;

pub(crate) use socket::{answer, hello};

/// One thing to tell an app.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) app: AppId,
    pub(crate) payload: Payload,
    /// Which of the deliveries made it is; nothing until it was begun.
    pub(crate) record: Option<usize>,
}

/// What is told, in its kind's clothes.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// The envelope of an event. Retried.
    Event(Value),
    /// A button, a shortcut, a view. Not retried: the person sees that it failed.
    Interactive(Value),
    /// A search in a select. Not retried.
    Suggestion(Value),
    /// A slash command. Not retried.
    Command(Vec<(String, String)>),
}

impl Payload {
    /// `message`, `app_mention`, `block_actions`, `/signalbox` …
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Event(envelope) => envelope["event"]["type"].as_str().unwrap_or_default().to_owned(),
            Self::Interactive(payload) | Self::Suggestion(payload) => {
                payload["type"].as_str().unwrap_or_default().to_owned()
            }
            Self::Command(form) => {
                let command = form.iter().find(|(name, _)| name == "command");
                command.map(|(_, value)| value.clone()).unwrap_or_default()
            }
        }
    }
}

/// How deliveries go wrong, or right in an unusual way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It is never sent, and never again: Slack lost it.
    Lost,
    /// It is sent so many times; with an event id of its own each, or all with one.
    Copies {
        /// How often, at least once.
        count: u32,
        /// Whether each has its own `event_id`. Copies carry no retry header.
        fresh_ids: bool,
    },
    /// The app gets it, but its answer never arrives: to Slack it timed out, and is sent again.
    AnswerLost,
    /// The app is not reached: Slack sends it again.
    Unreachable,
    /// It is kept until [`World::release`](crate::World::release).
    Held,
    /// Its signature is of another secret.
    Forged,
    /// Its signature is of so many seconds ago.
    Old(u64),
}

/// The manner of the next deliveries of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Only of this kind (`message`, `app_mention`, `reaction_added`, `block_actions` …); of any, when nothing.
    pub kind: Option<String>,
    /// For so many deliveries; retries are not counted anew.
    pub times: u32,
    /// How.
    pub manner: Manner,
}

impl Rule {
    /// The next delivery of `kind` goes in this manner.
    pub fn next(kind: &str, manner: Manner) -> Self {
        Self { kind: Some(kind.to_owned()), times: 1, manner }
    }

    /// The next delivery of any kind goes in this manner.
    pub fn next_of_any(manner: Manner) -> Self {
        Self { kind: None, times: 1, manner }
    }

    /// The same for so many deliveries.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

/// One delivery, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// To which app.
    pub app: AppId,
    /// `message`, `app_mention`, `block_actions`, `/signalbox` …
    pub kind: String,
    /// What was sent: the event's envelope, the interaction's payload or the command's form.
    pub body: Value,
    /// Every try to send it.
    pub attempts: Vec<Attempt>,
}

impl Delivery {
    /// Whether the app took it.
    pub fn taken(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.failure.is_none())
    }
}

/// One try to send a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// HTTP status the app answered with, if it answered over HTTP.
    pub status: Option<u16>,
    /// Why it counts as failed, in Slack's words (`http_timeout`, `connection_failed`, `http_error`).
    pub failure: Option<String>,
}

/// A delivery that is to be tried again.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    pub(crate) outgoing: Outgoing,
    pub(crate) number: u32,
    pub(crate) reason: String,
    pub(crate) due: u64,
}

/// A web socket that an app opened.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) app: AppId,
    pub(crate) out: UnboundedSender<Frame>,
}
