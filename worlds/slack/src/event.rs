//! Events, as Slack words them, and who of the apps is told.

use serde_json::{Value, json};

use crate::channel::Channel;
use crate::edge::{Outgoing, Payload};
use crate::ids::{AppId, ChannelId, TeamId, Ts, UserId};
use crate::message::{Author, Message};
use crate::state::State;

impl State {
    /// A message as it is in events and in `conversations.history`.
    pub(crate) fn message_json(&self, channel: &Channel, message: &Message, metadata: bool) -> Value {
        let mut said = json!({
            "type": "message",
            "ts": message.ts.0,
            "text": message.content.text,
            "team": channel.team.0,
        });
        match &message.author {
            Author::Person(user) => {
                said["user"] = json!(user.0);
                if let Some(person) = self.users.get(user) {
                    said["team"] = json!(person.team.0);
                    if !channel.shared.is_empty() {
                        said["user_team"] = json!(person.team.0);
                        said["source_team"] = json!(person.team.0);
                    }
                }
            }
            Author::App { user, bot, app, username, icon_emoji } => {
                said["user"] = json!(user.0);
                said["bot_id"] = json!(bot.0);
                said["app_id"] = json!(app.0);
                let name = self.apps.get(app).map(|app| app.spec.name.clone()).unwrap_or_default();
                said["bot_profile"] = json!({
                    "id": bot.0, "deleted": false, "name": name, "updated": 1_700_000_000, "app_id": app.0,
                    "team_id": channel.team.0,
                    "icons": { "image_36": "", "image_48": "", "image_72": "" },
                });
                if let Some(username) = username {
                    said["username"] = json!(username);
                }
                if let Some(emoji) = icon_emoji {
                    said["icons"] = json!({ "emoji": emoji });
                }
            }
        }
        if let Some(subtype) = &message.subtype {
            said["subtype"] = json!(subtype);
        }
        if let Some(id) = &message.client_msg_id {
            said["client_msg_id"] = json!(id);
        }
        if !message.content.blocks.is_empty() {
            said["blocks"] = json!(message.content.blocks);
        }
        if !message.content.attachments.is_empty() {
            said["attachments"] = json!(message.content.attachments);
        }
        if !message.content.files.is_empty() {
            let files: Vec<Value> = message.content.files.iter().filter_map(|id| self.file_json(id)).collect();
            said["files"] = json!(files);
            said["upload"] = json!(false);
        }
        if metadata && let Some(metadata) = &message.content.metadata {
            said["metadata"] = metadata.clone();
        }
        if let Some(edit) = message.edits.last() {
            said["edited"] = json!({ "user": edit.by.0, "ts": edit.at.0 });
        }
        if !message.reactions.is_empty() {
            let reactions = message.reactions.iter().map(|reaction| {
                let users: Vec<&str> = reaction.users.iter().map(|user| user.0.as_str()).collect();
                json!({ "name": reaction.name, "users": users, "count": users.len() })
            });
            said["reactions"] = reactions.collect();
        }
        if let Some(stream) = message.stream.as_ref().filter(|stream| stream.open) {
            said["streaming_state"] = json!("in_progress");
            if let Some(reader) = &stream.reader {
                said["recipient_user_id"] = json!(reader.0);
            }
        }
        self.add_thread(channel, message, &mut said);
        said
    }

    /// A message that was just said, as an event of `kind` (`message` or `app_mention`).
    pub(crate) fn said_event(&self, kind: &str, channel: &Channel, message: &Message) -> Value {
        let mut event = self.message_json(channel, message, true);
        for absent in ["reply_count", "reply_users_count", "latest_reply", "reply_users", "is_locked", "subscribed"] {
            if let Some(fields) = event.as_object_mut() {
                fields.remove(absent);
            }
        }
        event["type"] = json!(kind);
        event["channel"] = json!(channel.id.0);
        event["event_ts"] = json!(message.ts.0);
        if kind == "message" {
            event["channel_type"] = json!(channel.sort.event_type());
        } else if let Some(fields) = event.as_object_mut() {
            fields.remove("subtype");
        }
        event
    }

    /// Tells the apps in the channel about a change of a message.
    pub(crate) fn tell_changed(&mut self, channel: &ChannelId, before: Value, ts: &Ts) {
        let at = self.stamp();
        let Some(place) = self.channels.get(channel) else { return };
        let Some(message) = place.messages.get(ts) else { return };
        let event = json!({
            "type": "message",
            "subtype": "message_changed",
            "hidden": true,
            "message": self.message_json(place, message, true),
            "previous_message": before,
            "channel": channel.0,
            "channel_type": place.sort.event_type(),
            "ts": at.0,
            "event_ts": at.0,
        });
        self.tell_message(channel, event);
    }

    /// Tells every app that is in a channel and listens to its messages.
    pub(crate) fn tell_message(&mut self, channel: &ChannelId, event: Value) {
        let Some(place) = self.channels.get(channel) else { return };
        let family = place.sort.family();
        self.tell_in(channel, &format!("message.{family}"), event, |_| true);
    }

    /// Tells the apps in a channel that subscribed to `subscription`, may hear of it, and are `wanted`.
    pub(crate) fn tell_in(
        &mut self,
        channel: &ChannelId,
        subscription: &str,
        event: Value,
        wanted: impl Fn(&UserId) -> bool,
    ) {
        let Some(place) = self.channels.get(channel) else { return };
        let listeners: Vec<(AppId, TeamId)> = self
            .installations
            .iter()
            .filter(|one| !one.revoked && place.is_in(&one.public.team))
            .filter(|one| place.members.contains(&one.public.user) && wanted(&one.public.user))
            .map(|one| (one.public.app.clone(), one.public.team.clone()))
            .collect();
        for (app, team) in listeners {
            self.tell_one(&app, &team, subscription, event.clone());
        }
    }

    /// Tells one app, if it subscribed and has the scope.
    pub(crate) fn tell_one(&mut self, app: &AppId, team: &TeamId, subscription: &str, event: Value) {
        let Some(installed) = self.installation(app, team).map(|one| one.public.clone()) else { return };
        let event_id = self.chance.id("Ev");
        let context = self.chance.text(32).to_lowercase();
        let now = self.now() / 1_000;
        let shared = event["channel"]
            .as_str()
            .or_else(|| event["item"]["channel"].as_str())
            .and_then(|id| self.channels.get(id))
            .is_some_and(|channel| !channel.shared.is_empty());
        let Some(app) = self.apps.get(app) else { return };
        let scoped = scope_of(subscription).is_none_or(|scope| app.spec.scopes.contains(&scope));
        if !app.spec.events.contains(subscription) || !scoped {
            return;
        }
        let envelope = json!({
            "token": app.verification_token,
            "team_id": team.0,
            "context_team_id": team.0,
            "context_enterprise_id": null,
            "api_app_id": app.id.0,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": now,
            "authorizations": [{
                "enterprise_id": null,
                "team_id": team.0,
                "user_id": installed.user.0,
                "is_bot": true,
                "is_enterprise_install": false,
            }],
            "is_ext_shared_channel": shared,
            "event_context": format!("4-{context}"),
        });
        let payload = Payload::Event(envelope);
        self.outbox.push(Outgoing { app: app.id.clone(), payload, record: None });
    }

    pub(crate) fn file_json(&self, id: &str) -> Option<Value> {
        self.files.get(id).map(|file| file.json(&self.base))
    }

    fn add_thread(&self, channel: &Channel, message: &Message, said: &mut Value) {
        if let Some(root) = &message.thread {
            said["thread_ts"] = json!(root.0);
            if let Some(parent) = channel.messages.get(root) {
                said["parent_user_id"] = json!(parent.author.user().0);
            }
            return;
        }
        let replies: Vec<&Message> = channel.replies(&message.ts).collect();
        let Some(latest) = replies.last() else { return };
        let mut users: Vec<&str> = Vec::new();
        for reply in &replies {
            let user = reply.author.user().0.as_str();
            if !users.contains(&user) {
                users.push(user);
            }
        }
        said["thread_ts"] = json!(message.ts.0);
        said["reply_count"] = json!(replies.len());
        said["reply_users_count"] = json!(users.len());
        said["latest_reply"] = json!(latest.ts.0);
        said["reply_users"] = json!(users);
        said["is_locked"] = json!(false);
        said["subscribed"] = json!(true);
    }
}

/// The scope an event needs; nothing for those that need none.
fn scope_of(subscription: &str) -> Option<String> {
    if let Some(family) = subscription.strip_prefix("message.") {
        return Some(format!("{family}:history"));
    }
    let scope = match subscription {
        "app_mention" => "app_mentions:read",
        "reaction_added" | "reaction_removed" => "reactions:read",
        "member_joined_channel" => "channels:read",
        _ => return None,
    };
    Some(scope.to_owned())
}
