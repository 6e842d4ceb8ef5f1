//! Interactions: buttons, lists, forms and shortcuts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::message::said;
use super::{Heard, Meaning, Pressed, Shortcut, Submitted, Suggestion, What, key, owned, text, thread};

/// The longest value of a field that is kept, in characters: Slack's own limit for one.
const MAX_FIELD: usize = 3_000;

pub(super) fn decode(body: &Value, kind: &str) -> Meaning {
    let team = text(body, "/team/id").or_else(|| text(body, "/user/team_id"));
    let (Some(team), Some(user)) = (team, text(body, "/user/id")) else {
        return Meaning::Ignored("it does not say who did it, or where");
    };
    match kind {
        "block_actions" => pressed(body, team, user),
        "block_suggestion" => Meaning::Suggest(Suggestion {
            action: owned(body, "/action_id").unwrap_or_default(),
            typed: owned(body, "/value").unwrap_or_default(),
        }),
        "view_submission" => submitted(body, team, user),
        "view_closed" => Meaning::Ignored("a form was closed; nothing was sent"),
        "message_action" | "shortcut" => shortcut(body, team, user),
        _ => Meaning::Ignored("this kind of interaction is not listened to"),
    }
}

fn pressed(body: &Value, team: &str, user: &str) -> Meaning {
    // One press is one action: Slack's list has more than one only where a client invents it.
    let Some(action) = body.pointer("/actions/0") else { return Meaning::Ignored("nothing was pressed") };
    if text(action, "/type") == Some("button") && text(action, "/url").is_some() && text(action, "/value").is_none() {
        return Meaning::Ignored("the button only leads somewhere");
    }
    let value = text(action, "/value").or_else(|| text(action, "/selected_option/value")).unwrap_or_default();
    let message = text(body, "/container/message_ts").or_else(|| text(body, "/message/ts"));
    let channel = text(body, "/channel/id").or_else(|| text(body, "/container/channel_id"));
    let root = text(body, "/message/thread_ts").or_else(|| text(body, "/container/thread_ts")).or(message);
    let thread = match (channel, root) {
        (Some(channel), Some(root)) => thread(team, channel, root),
        _ => thread(team, user, "home"),
    };
    let action_id = text(action, "/action_id").unwrap_or_default();
    let block = text(action, "/block_id").unwrap_or_default();
    let at = text(action, "/action_ts").or_else(|| text(body, "/trigger_id")).unwrap_or_default();
    let place = message.or_else(|| text(body, "/view/id")).unwrap_or_default();
    let id = key("pressed", &thread.room, &[place, action_id, user, at]);
    let what = Pressed {
        message: message.map(Into::into),
        user: user.into(),
        team: owned(body, "/user/team_id"),
        action: action_id.into(),
        block: block.into(),
        value: value.into(),
        beside: beside(body, block),
        trigger: owned(body, "/trigger_id"),
        pressed: at.into(),
    };
    Meaning::Heard(Heard { id, thread, what: What::Pressed(what) })
}

/// The value of the first button of a block of the message, or of the message's first block of buttons.
fn beside(body: &Value, block: &str) -> Option<String> {
    let blocks = body.pointer("/message/blocks")?.as_array()?;
    let first = |one: &Value| {
        let elements = one.get("elements")?.as_array()?;
        elements.iter().find_map(|element| owned(element, "/value"))
    };
    let same = blocks.iter().find(|one| text(one, "/block_id") == Some(block));
    same.and_then(first).or_else(|| blocks.iter().find_map(first))
}

fn submitted(body: &Value, team: &str, user: &str) -> Meaning {
    let (Some(view), Some(form)) = (text(body, "/view/id"), text(body, "/view/callback_id")) else {
        return Meaning::Ignored("it does not say which form was sent");
    };
    let hash = text(body, "/view/hash").unwrap_or_default();
    let thread = thread(team, user, form);
    let id = key("submitted", &thread.room, &[view, hash]);
    let what = Submitted {
        view: view.into(),
        hash: hash.into(),
        form: form.into(),
        along: owned(body, "/view/private_metadata").unwrap_or_default(),
        user: user.into(),
        team: owned(body, "/user/team_id"),
        values: values(body),
    };
    Meaning::Heard(Heard { id, thread, what: What::Submitted(what) })
}

/// What was filled in, by the name of the element; several choices are one a line.
fn values(body: &Value) -> BTreeMap<String, String> {
    let blocks = body.pointer("/view/state/values").and_then(Value::as_object);
    let fields = blocks.into_iter().flatten().filter_map(|(_, fields)| fields.as_object()).flatten();
    fields
        .map(|(name, field)| {
            let one = text(field, "/value")
                .or_else(|| text(field, "/selected_option/value"))
                .or_else(|| text(field, "/selected_conversation"));
            let many = field.get("selected_options").and_then(Value::as_array).into_iter().flatten();
            let many: Vec<&str> = many.filter_map(|option| text(option, "/value")).collect();
            let value: String = one.map_or_else(|| many.join("\n"), Into::into);
            (name.clone(), value.chars().take(MAX_FIELD).collect())
        })
        .collect()
}

fn shortcut(body: &Value, team: &str, user: &str) -> Meaning {
    let Some(callback) = text(body, "/callback_id") else { return Meaning::Ignored("it does not say which shortcut") };
    let at = text(body, "/action_ts").or_else(|| text(body, "/trigger_id")).unwrap_or_default();
    let channel = text(body, "/channel/id");
    let on = body.get("message").map(said).transpose();
    let on = match on {
        Ok(on) => on,
        Err(why) => return Meaning::Ignored(why),
    };
    let thread = match (channel, &on) {
        (Some(channel), Some(said)) => thread(team, channel, said.thread.as_ref().unwrap_or(&said.ts)),
        _ => thread(team, user, "home"),
    };
    let place = on.as_ref().map_or("", |said| said.ts.as_str());
    let id = key("shortcut", &thread.room, &[callback, place, user, at]);
    let what = Shortcut {
        callback: callback.into(),
        on,
        user: user.into(),
        team: owned(body, "/user/team_id"),
        trigger: owned(body, "/trigger_id"),
    };
    Meaning::Heard(Heard { id, thread, what: What::Shortcut(what) })
}
