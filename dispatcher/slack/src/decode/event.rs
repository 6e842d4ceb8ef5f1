//! Events: what Slack tells of by itself.

use serde_json::Value;

use super::message::{self, author, heard, mentions, said};
use super::{Decoded, Deleted, Edited, Heard, Home, Meaning, Reacted, Stopped, What, key, owned, text, thread};

/// Who we are in the workspace that the event came through, as far as the envelope says.
struct Us<'a> {
    app: Option<&'a str>,
    user: Option<&'a str>,
}

pub(super) fn decode(body: &Value) -> Decoded {
    let (Some(event), Some(team)) = (body.get("event"), team(body)) else {
        return Decoded {
            kind: "unknown".into(),
            meaning: Meaning::Ignored("it does not say what happened, or where"),
        };
    };
    let kind = text(event, "/type").unwrap_or("unknown");
    let us = us(body);
    let meaning = match kind {
        "app_mention" | "message" => spoken(event, team, &us, kind == "app_mention"),
        "reaction_added" => reacted(event, team, &us),
        "app_home_opened" => home(event, team),
        "agent_session_stopped" => stopped(event, team),
        "reaction_removed" => Meaning::Ignored("a reaction that is taken away changes nothing"),
        "app_uninstalled" | "tokens_revoked" => {
            Meaning::Ignored("the app was removed from the workspace; nothing can be said there any more")
        }
        "member_joined_channel" | "member_left_channel" | "channel_left" | "group_left" => {
            Meaning::Ignored("who is in a channel is asked when it matters")
        }
        "channel_rename" | "channel_archive" | "channel_unarchive" | "channel_created" | "channel_deleted"
        | "channel_id_changed" | "group_rename" | "group_archive" | "group_unarchive" => {
            Meaning::Ignored("what a channel is called is asked when it matters")
        }
        "user_change" | "user_profile_changed" | "user_status_changed" | "team_join" => {
            Meaning::Ignored("who somebody is is asked when it matters")
        }
        "file_shared" | "file_created" | "file_change" | "file_public" | "file_deleted" | "file_unshared" => {
            Meaning::Ignored("a file comes with its message")
        }
        "link_shared" => Meaning::Ignored("links are not unfurled"),
        "assistant_thread_started"
        | "assistant_thread_context_changed"
        | "app_context_changed"
        | "agent_session_title_changed" => Meaning::Ignored("nothing was asked yet"),
        _ => Meaning::Ignored("this kind of event is not listened to"),
    };
    Decoded { kind: subscribed(event, kind), meaning }
}

/// The workspace through which we hear of it: the same for every copy.
fn team(body: &Value) -> Option<&str> {
    text(body, "/context_team_id")
        .or_else(|| text(body, "/authorizations/0/team_id"))
        .or_else(|| text(body, "/team_id"))
}

fn us(body: &Value) -> Us<'_> {
    let authorized = body.get("authorizations").and_then(Value::as_array).into_iter().flatten();
    let bot = authorized.into_iter().find(|one| one.get("is_bot").and_then(Value::as_bool) == Some(true));
    Us { app: text(body, "/api_app_id"), user: bot.and_then(|one| text(one, "/user_id")) }
}

/// The name under which an event is subscribed to: messages by the kind of channel.
fn subscribed(event: &Value, kind: &str) -> String {
    match (kind, text(event, "/channel_type")) {
        ("message", Some("channel")) => "message.channels".into(),
        ("message", Some("group")) => "message.groups".into(),
        ("message", Some("im" | "mpim" | "app_home")) => {
            format!("message.{}", text(event, "/channel_type").unwrap_or_default())
        }
        (kind, _) => kind.into(),
    }
}

fn spoken(event: &Value, team: &str, us: &Us<'_>, mention: bool) -> Meaning {
    let Some(channel) = text(event, "/channel") else { return Meaning::Ignored("the message is in no channel") };
    match text(event, "/subtype") {
        Some("message_changed") => return changed(event, team, channel, us),
        Some("message_deleted") => return deleted(event, team, channel, us),
        Some(_) | None => {}
    }
    if us.wrote(event) {
        return Meaning::Ignored("we said it ourselves");
    }
    let mut said = match said(event) {
        Ok(said) => said,
        Err(why) => return Meaning::Ignored(why),
    };
    said.mentioned = mention;
    said.direct = direct(event, channel);
    let concerns = mention || said.direct || said.thread.is_some() || mentions(&said.text, us.user);
    if !concerns {
        return Meaning::Ignored("it was not addressed to us");
    }
    Meaning::Heard(heard(team, channel, said))
}

/// Whether nobody but one person and us reads there.
fn direct(event: &Value, channel: &str) -> bool {
    text(event, "/channel_type").map_or_else(|| channel.starts_with('D'), |kind| kind == "im")
}

fn changed(event: &Value, team: &str, channel: &str, us: &Us<'_>) -> Meaning {
    let Some(now) = event.get("message") else { return Meaning::Ignored("it does not say what it was changed to") };
    let before = event.get("previous_message");
    if us.wrote(now) {
        return Meaning::Ignored("we changed it ourselves");
    }
    if text(now, "/subtype") == Some("tombstone") {
        // The first message of a thread that has answers is not deleted, it is emptied.
        return deleted(event, team, channel, us);
    }
    let Some(edited) = text(now, "/edited/ts") else {
        return Meaning::Ignored("only its surroundings changed: a preview, an answer below it");
    };
    let words = before.and_then(|before| before.get("text")).and_then(Value::as_str);
    if words.is_some() && words == now.get("text").and_then(Value::as_str) {
        return Meaning::Ignored("its words did not change");
    }
    let mut said = match said(now) {
        Ok(said) => said,
        Err(why) => return Meaning::Ignored(why),
    };
    said.direct = direct(event, channel);
    Meaning::Heard(message::edited(
        team,
        channel,
        Edited { before: words.map(Into::into), edited: edited.into(), now: said },
    ))
}

fn deleted(event: &Value, team: &str, channel: &str, us: &Us<'_>) -> Meaning {
    let before = event.get("previous_message").unwrap_or(&Value::Null);
    if us.wrote(before) {
        return Meaning::Ignored("what is gone is a message of ours; the next one is said anew");
    }
    let gone = text(event, "/deleted_ts").or_else(|| text(event, "/message/ts")).or_else(|| text(before, "/ts"));
    let Some(ts) = gone else { return Meaning::Ignored("it does not say which message is gone") };
    let root = text(before, "/thread_ts").or_else(|| text(event, "/message/thread_ts")).unwrap_or(ts);
    Meaning::Heard(message::deleted(team, channel, root, Deleted { ts: ts.into(), author: author(before) }))
}

fn reacted(event: &Value, team: &str, us: &Us<'_>) -> Meaning {
    let (Some(channel), Some(ts)) = (text(event, "/item/channel"), text(event, "/item/ts")) else {
        return Meaning::Ignored("the reaction is not on a message");
    };
    let (Some(user), Some(reaction)) = (text(event, "/user"), text(event, "/reaction")) else {
        return Meaning::Ignored("it does not say who reacted, or with what");
    };
    if us.user == Some(user) {
        return Meaning::Ignored("it is our own mark");
    }
    let at = text(event, "/event_ts").unwrap_or_default();
    let what = Reacted { ts: ts.into(), user: user.into(), reaction: reaction.into(), event: at.into() };
    Meaning::Heard(message::reacted(team, channel, what))
}

fn home(event: &Value, team: &str) -> Meaning {
    let Some(user) = text(event, "/user") else { return Meaning::Ignored("it does not say who opened it") };
    if text(event, "/tab") == Some("messages") {
        return Meaning::Ignored("the messages were opened, nothing was said yet");
    }
    let thread = thread(team, user, "home");
    let id = key("home", &thread.room, &[text(event, "/event_ts").unwrap_or_default()]);
    Meaning::Heard(Heard { id, thread, what: What::Home(Home { user: user.into() }) })
}

fn stopped(event: &Value, team: &str) -> Meaning {
    let (Some(channel), Some(root)) = (text(event, "/channel"), text(event, "/thread_ts")) else {
        return Meaning::Ignored("it does not say what is to stop");
    };
    let at = text(event, "/event_ts").unwrap_or_default();
    let thread = thread(team, channel, root);
    let id = key("stopped", &thread.room, &[root, at]);
    Meaning::Heard(Heard { id, thread, what: What::Stopped(Stopped { user: owned(event, "/user"), event: at.into() }) })
}

impl Us<'_> {
    /// Whether a message is ours: by its user, or by the app that wrote it.
    fn wrote(&self, message: &Value) -> bool {
        let app = text(message, "/app_id").or_else(|| text(message, "/bot_profile/app_id"));
        let bot = text(message, "/bot_id").is_some();
        let user = text(message, "/user");
        (user.is_some() && user == self.user) || (bot && app.is_some() && app == self.app)
    }
}
