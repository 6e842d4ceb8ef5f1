//! Whether a thread began with us: then what is said in it is for us, unless it is for somebody else by name.

use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;

use super::Hearing;
use crate::api::{Method, Room, Trouble};
use crate::cache::Cache;
use crate::decode::Said;
use crate::decode::message::{mentions, said};

/// Where it is noted that a message is a request although it mentions nobody: somebody pointed at it.
const POINTED: &str = "slack/pointed/";
/// The most threads that are remembered.
const MAX_THREADS: usize = 10_000;
/// How long: a root that is edited to mention us is a request then.
const LIFETIME: Span = Span::hours(1);

/// What is known of the beginnings of threads.
#[derive(Debug)]
pub(crate) struct Ours(Cache<(Room, String), bool>);

impl Default for Ours {
    fn default() -> Self {
        Self(Cache::new(MAX_THREADS, LIFETIME))
    }
}

impl Ours {
    fn get(&self, room: &Room, root: &str, now: Time) -> Option<bool> {
        self.0.get(&(room.clone(), root.to_owned()), now)
    }

    fn put(&self, room: &Room, root: &str, ours: bool, now: Time) {
        self.0.put((room.clone(), root.to_owned()), ours, now);
    }
}

impl Hearing<'_> {
    /// Whether the message is a reply in a thread whose first message is ours, or asked us for something.
    pub(super) async fn begun_with_us(&self, reply: &Said) -> Result<bool, Trouble> {
        let Some(root) = &reply.thread else { return Ok(false) };
        let (slack, now) = (self.slack, self.slack.now());
        if let Some(ours) = slack.0.ours.get(&self.room, root, now) {
            return Ok(ours);
        }
        let ours = match self.fetch(root).await? {
            Some(first) => self.concerns_us(&first).await?,
            None => false,
        };
        slack.0.ours.put(&self.room, root, ours, now);
        Ok(ours)
    }

    /// Whether a message is by us, or for us.
    pub(super) async fn concerns_us(&self, message: &Said) -> Result<bool, Trouble> {
        let us = self.slack.us(&self.room.team).await?;
        Ok(message.author.user.as_ref() == Some(&us.user)
            || mentions(&message.text, Some(&us.user))
            || self.room.direct()
            || self.slack.0.notes.get(&self.pointed(&message.ts)).await?.is_some())
    }

    /// Notes that somebody pointed at a message and so made it a request.
    pub(super) async fn point(&self, message: &Said) -> Result<(), Error> {
        match self.slack.0.notes.put(&self.pointed(&message.ts), "1", 0).await {
            Ok(_) | Err(Error::Conflict) => {}
            Err(error) => return Err(error),
        }
        if message.thread.is_none() {
            self.slack.0.ours.put(&self.room, &message.ts, true, self.slack.now());
        }
        Ok(())
    }

    fn pointed(&self, ts: &str) -> String {
        format!("{POINTED}{}:{ts}", self.thread.room)
    }

    /// A message as it is now. `None`: it is gone, or it is none, or it is where we cannot read.
    pub(super) async fn fetch(&self, ts: &str) -> Result<Option<Said>, Trouble> {
        #[derive(serde::Deserialize)]
        struct Page {
            #[serde(default)]
            messages: Vec<serde_json::Value>,
        }
        // Of a reply, Slack gives its thread: the first message comes always, the reply because of the bounds.
        let parameters = [
            ("channel", Some(self.room.channel.as_str())),
            ("ts", Some(ts)),
            ("oldest", Some(ts)),
            ("latest", Some(ts)),
            ("inclusive", Some("true")),
            ("limit", Some("2")),
        ];
        let page: Result<Page, Trouble> = self.slack.0.api.get(Method::Replies, &self.room, &parameters).await;
        match page {
            Ok(page) => {
                let found =
                    page.messages.iter().find(|message| message.get("ts").and_then(|it| it.as_str()) == Some(ts));
                Ok(found.and_then(|message| said(message).ok()))
            }
            Err(trouble) if trouble.is(UNREADABLE) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }
}

/// What Slack says of a message that is gone, or where we are not.
const UNREADABLE: &[&str] = &["message_not_found", "thread_not_found", "channel_not_found", "not_in_channel"];
