//! Changing one's mind: edits, deletions, reactions.

use serde_json::json;

use crate::error::Error;
use crate::ids::{ChannelId, Ts, UserId};
use crate::message::{Edit, Reaction};
use crate::plain;
use crate::state::State;
use crate::world::World;

impl World {
    /// Somebody edits what they said.
    ///
    /// # Errors
    ///
    /// When there is no such message or it is not theirs.
    pub async fn edit(&self, user: &UserId, channel: &ChannelId, ts: &Ts, text: &str) -> Result<(), Error> {
        self.act(|state| {
            state.own(user, channel, ts)?;
            let composed = state.composed(channel, text);
            state.amend(channel, ts, user, |content| {
                content.text = composed.text;
                content.blocks = vec![composed.block];
            });
            Ok(())
        })
        .await
    }

    /// Somebody deletes what they said.
    ///
    /// # Errors
    ///
    /// When there is no such message or it is not theirs.
    pub async fn delete(&self, user: &UserId, channel: &ChannelId, ts: &Ts) -> Result<(), Error> {
        self.act(|state| {
            state.own(user, channel, ts)?;
            state.remove(channel, ts);
            Ok(())
        })
        .await
    }

    /// Somebody deletes what somebody else said, as an admin may.
    ///
    /// # Errors
    ///
    /// When there is no such message.
    pub async fn remove(&self, channel: &ChannelId, ts: &Ts) -> Result<(), Error> {
        self.act(|state| {
            state.message(channel, ts)?;
            state.remove(channel, ts);
            Ok(())
        })
        .await
    }

    /// Somebody reacts with an emoji, by its short name: `eyes`, `x`.
    ///
    /// # Errors
    ///
    /// When there is no such message, or they reacted so already.
    pub async fn react(&self, user: &UserId, channel: &ChannelId, ts: &Ts, emoji: &str) -> Result<(), Error> {
        self.act(|state| {
            state.may_speak(user, channel)?;
            state.message(channel, ts)?;
            if state.add_reaction(channel, ts, user, emoji) {
                Ok(())
            } else {
                Err(Error::not_allowed("they reacted so already"))
            }
        })
        .await
    }

    /// Somebody takes a reaction back.
    ///
    /// # Errors
    ///
    /// When there is none of theirs.
    pub async fn unreact(&self, user: &UserId, channel: &ChannelId, ts: &Ts, emoji: &str) -> Result<(), Error> {
        self.act(|state| {
            state.may_speak(user, channel)?;
            state.message(channel, ts)?;
            if state.take_reaction(channel, ts, user, emoji) { Ok(()) } else { Err(Error::unknown("reaction", emoji)) }
        })
        .await
    }
}

impl State {
    /// Changes what a message says, keeps what it said, and tells the apps.
    pub(crate) fn amend(
        &mut self,
        channel: &ChannelId,
        ts: &Ts,
        by: &UserId,
        change: impl FnOnce(&mut crate::message::Content),
    ) {
        let Some(before) = self.as_told(channel, ts) else { return };
        let at = self.stamp();
        if let Some(message) = self.message_mut(channel, ts) {
            let was = message.content.clone();
            change(&mut message.content);
            message.edits.push(Edit { at, by: by.clone(), before: was });
        }
        self.tell_changed(channel, before, ts);
    }

    /// Deletes a message. One that has replies leaves a tombstone, as Slack keeps their thread.
    pub(crate) fn remove(&mut self, channel: &ChannelId, ts: &Ts) {
        let Some(before) = self.as_told(channel, ts) else { return };
        let replies = self.channels.get(channel).is_some_and(|place| place.replies(ts).next().is_some());
        let at = self.stamp();
        let Some(place) = self.channels.get_mut(channel) else { return };
        let kind = place.sort.event_type();
        let Some(message) = place.messages.get_mut(ts) else { return };
        message.deleted = true;
        let event = if replies {
            json!({
                "type": "message",
                "subtype": "message_changed",
                "hidden": true,
                "message": {
                    "type": "message", "subtype": "tombstone", "text": "This message was deleted.",
                    "user": "USLACKBOT", "hidden": true, "ts": ts.0, "thread_ts": ts.0,
                },
                "previous_message": before,
                "channel": channel.0,
                "channel_type": kind,
                "ts": at.0,
                "event_ts": at.0,
            })
        } else {
            json!({
                "type": "message",
                "subtype": "message_deleted",
                "hidden": true,
                "deleted_ts": ts.0,
                "previous_message": before,
                "channel": channel.0,
                "channel_type": kind,
                "ts": at.0,
                "event_ts": at.0,
            })
        };
        self.tell_message(channel, event);
    }

    /// Adds a reaction and tells the apps; false when it is there already.
    pub(crate) fn add_reaction(&mut self, channel: &ChannelId, ts: &Ts, user: &UserId, name: &str) -> bool {
        let Some(message) = self.message_mut(channel, ts) else { return false };
        let place = message.reactions.iter_mut().find(|reaction| reaction.name == name);
        match place {
            Some(reaction) if reaction.users.contains(user) => return false,
            Some(reaction) => reaction.users.push(user.clone()),
            None => message.reactions.push(Reaction { name: name.to_owned(), users: vec![user.clone()] }),
        }
        self.tell_reaction("reaction_added", channel, ts, user, name);
        true
    }

    /// Takes a reaction away and tells the apps; false when there was none.
    pub(crate) fn take_reaction(&mut self, channel: &ChannelId, ts: &Ts, user: &UserId, name: &str) -> bool {
        let Some(message) = self.message_mut(channel, ts) else { return false };
        let Some(reaction) = message.reactions.iter_mut().find(|reaction| reaction.name == name) else { return false };
        let Some(place) = reaction.users.iter().position(|one| one == user) else { return false };
        reaction.users.remove(place);
        message.reactions.retain(|reaction| !reaction.users.is_empty());
        self.tell_reaction("reaction_removed", channel, ts, user, name);
        true
    }

    /// Whether an emoji of this short name exists.
    pub(crate) fn is_emoji(name: &str) -> bool {
        !plain::emoji(name).starts_with(':')
    }

    fn as_told(&self, channel: &ChannelId, ts: &Ts) -> Option<serde_json::Value> {
        let place = self.channels.get(channel)?;
        let message = place.messages.get(ts)?;
        Some(self.message_json(place, message, true))
    }

    fn own(&self, user: &UserId, channel: &ChannelId, ts: &Ts) -> Result<(), Error> {
        self.may_speak(user, channel)?;
        if self.message(channel, ts)?.author.user() == user {
            Ok(())
        } else {
            Err(Error::not_allowed("it is not theirs"))
        }
    }

    fn tell_reaction(&mut self, kind: &str, channel: &ChannelId, ts: &Ts, user: &UserId, name: &str) {
        let at = self.stamp();
        let author = self.message(channel, ts).map(|message| message.author.user().0.clone()).ok();
        let event = json!({
            "type": kind,
            "user": user.0,
            "reaction": name,
            "item": { "type": "message", "channel": channel.0, "ts": ts.0 },
            "item_user": author,
            "event_ts": at.0,
        });
        self.tell_in(channel, kind, event, |_| true);
    }
}
