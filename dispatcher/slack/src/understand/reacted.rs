//! Pointing at a message: an emoji or the shortcut makes it a request, ❌ stops what it asked for.

use signalbox_domain::event::Fact;
use signalbox_domain::post::{Action, Post};
use signalbox_ports::Error;
use signalbox_ports::chat::Understood;

use super::{Hearing, nothing};
use crate::api::{Method, Trouble};
use crate::catch_up::time;
use crate::decode::{Reacted, Said, Shortcut};
use crate::manifest::SHORTCUT;

/// The emoji that stops: ❌.
pub(crate) const STOP: &str = "x";
/// What a reaction is named by that was found by a sweep: a message says who reacted, and not when.
pub(crate) const SWEPT: &str = "swept";
/// Where it is noted that a ❌ was heard of.
const STOPS: &str = "slack/stops/";

impl Hearing<'_> {
    /// A reaction.
    pub(super) async fn reacted(&self, reacted: &Reacted) -> Result<Understood, Trouble> {
        // A skin colour is no other emoji.
        let name = reacted.reaction.split("::").next().unwrap_or_default();
        let asks = self.slack.settings().features.emoji.as_deref() == Some(name);
        if !asks && name != STOP {
            return Ok(nothing("that reaction asks for nothing"));
        }
        let us = self.slack.us(&self.room.team).await?;
        if reacted.user == us.user {
            return Ok(nothing("it is our own mark"));
        }
        let Some(message) = self.fetch(&reacted.ts).await? else {
            return Ok(nothing("the message is gone, or it is where we cannot read"));
        };
        if asks {
            return self.pointed_at(&message, &reacted.user).await;
        }
        if !self.concerns_us(&message).await? {
            return Ok(nothing("the message asked us for nothing"));
        }
        if !self.first(reacted).await? {
            return Ok(nothing("it was heard of before"));
        }
        let by = self.person(&reacted.user).await?;
        let thread = self.room.thread(message.thread.as_ref().unwrap_or(&message.ts).as_str());
        let id = self.key("pressed", &[&reacted.ts, STOP, &reacted.user, &reacted.event]);
        Ok(self.fact(id, thread, None, Fact::Pressed { action: Action::Stop, by }))
    }

    /// Whether a ❌ was not heard of by another way: it stays on its message, so a sweep finds it also long after it did
    /// what it should, and a request that is tried again must not be stopped by it. Asked again about the same, it
    /// answers the same.
    async fn first(&self, reacted: &Reacted) -> Result<bool, Error> {
        let key = format!("{STOPS}{} {} {}", self.room.key(), reacted.ts, reacted.user);
        let note = self.slack.0.notes.get(&key).await?;
        let (name, version) = note.as_ref().map_or(("", 0), |note| (note.value.as_str(), note.version));
        let (event, at) = name.split_once(' ').unwrap_or_default();
        if event == reacted.event {
            return Ok(true);
        }
        let heard: u64 = at.parse().unwrap_or_default();
        let again = match reacted.event.as_str() {
            SWEPT => version > 0,
            // Put there before the sweep that found it.
            event => time(event).0 <= heard,
        };
        if again {
            return Ok(false);
        }
        let at = if reacted.event == SWEPT { self.at } else { time(&reacted.event) };
        self.slack.0.notes.put(&key, &format!("{} {}", reacted.event, at.0), version).await?;
        Ok(true)
    }

    /// A shortcut.
    pub(super) async fn shortcut(&self, shortcut: &Shortcut) -> Result<Understood, Trouble> {
        let Some(message) = shortcut.on.as_ref().filter(|_| shortcut.callback == SHORTCUT) else {
            return Ok(nothing("the shortcut is none of ours, or of a version before"));
        };
        if !self.present().await? {
            let words = "I am not in that channel, so I cannot answer there. Invite me with /invite, and try again.";
            self.tell(&shortcut.user, None, &Post::line(words)).await?;
            return Ok(nothing("we are not in that channel"));
        }
        self.pointed_at(message, &shortcut.user).await
    }

    /// A message somebody pointed at is asked for by them: in its words, with their rights.
    async fn pointed_at(&self, message: &Said, user: &str) -> Result<Understood, Trouble> {
        let us = self.slack.us(&self.room.team).await?;
        if message.author.user.as_ref() == Some(&us.user) {
            let words = "That message is mine. Reply in its thread with what should be done, and I'll see to it.";
            self.tell(user, Some(message.thread.as_ref().unwrap_or(&message.ts)), &Post::line(words)).await?;
            return Ok(nothing("the message is ours"));
        }
        let by = self.person(user).await?;
        let asked = self.asked(message, by, Some(user)).await?;
        if matches!(asked, Understood::Deliveries(_)) {
            self.point(message).await?;
        }
        Ok(asked)
    }

    /// Whether we are in the channel.
    pub(super) async fn present(&self) -> Result<bool, Trouble> {
        #[derive(serde::Deserialize)]
        struct Answer {
            channel: Channel,
        }
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Channel {
            is_member: bool,
            is_im: bool,
            is_mpim: bool,
        }
        let channel = [("channel", Some(self.room.channel.as_str()))];
        let answer: Result<Answer, Trouble> = self.slack.0.api.get(Method::RoomInfo, &self.room, &channel).await;
        match answer {
            Ok(Answer { channel }) => Ok(channel.is_member || channel.is_im || channel.is_mpim),
            Err(trouble) if trouble.is(&["channel_not_found"]) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }
}
