//! Messages of apps: posted, whispered, updated, deleted, linked to.

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, fail, require};
use crate::blocks;
use crate::channel::{Channel, Sort};
use crate::compose;
use crate::ids::{ChannelId, Ts};
use crate::message::{Author, Content, Message};
use crate::state::State;
use crate::team::Kind;

/// Texts are cut off here, with a warning.
pub(super) const MAX_TEXT: usize = 40_000;
/// Markdown is refused beyond.
pub(super) const MAX_MARKDOWN: usize = 12_000;
const MAX_ATTACHMENTS: usize = 100;

pub(super) fn post(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = target(state, caller, args)?;
    let thread = thread(state, &channel, args)?;
    let (content, warning) = content(state, args, None)?;
    let author = author(state, caller, args)?;
    let ts = state.stamp();
    let mut message = Message::new(ts.clone(), author, content);
    message.broadcast = thread.is_some() && args.flag("reply_broadcast") == Some(true);
    message.subtype = message.broadcast.then(|| "thread_broadcast".to_owned());
    message.thread = thread;
    message.unfurls = args.flag("unfurl_links") != Some(false) || args.flag("unfurl_media") != Some(false);
    *state.meters.messages.entry(channel.0.clone()).or_default() += 1;
    insert(state, &channel, message);
    state.tell_said(&channel, &ts, crate::act::Arrives::Both);
    Ok(answer(state, &channel, &ts, warning))
}

pub(super) fn update(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = known(state, caller, args, "channel")?;
    let ts = args.ts("ts").ok_or_else(|| fail("message_not_found"))?;
    let message = own(state, caller, &channel, &ts, "cant_update_message")?;
    if message.stream.as_ref().is_some_and(|stream| stream.open) {
        return Err(fail("streaming_state_conflict"));
    }
    let before = message.content.clone();
    let (content, warning) = content(state, args, Some(&before))?;
    let user = caller.user.clone();
    state.amend(&channel, &ts, &user, |kept| *kept = content);
    Ok(answer(state, &channel, &ts, warning))
}

pub(super) fn delete(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = known(state, caller, args, "channel")?;
    let ts = args.ts("ts").ok_or_else(|| fail("message_not_found"))?;
    own(state, caller, &channel, &ts, "cant_delete_message")?;
    state.remove(&channel, &ts);
    Ok(json!({ "channel": channel.0, "ts": ts.0 }))
}

pub(super) fn whisper(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = target(state, caller, args)?;
    let thread = thread(state, &channel, args)?;
    let user = args.user("user").map_err(|_| fail("user_not_in_channel"))?;
    let inside = state.channels.get(&channel).is_some_and(|place| place.members.contains(&user));
    if !inside {
        return Err(fail("user_not_in_channel"));
    }
    let (content, _) = content(state, args, None)?;
    let author = author(state, caller, args)?;
    let ts = state.stamp();
    let mut message = Message::new(ts.clone(), author, content);
    message.thread = thread;
    message.only_for = Some(user);
    insert(state, &channel, message);
    Ok(json!({ "message_ts": ts.0 }))
}

pub(super) fn permalink(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = known(state, caller, args, "channel")?;
    let ts = args.ts("message_ts").ok_or_else(|| fail("message_not_found"))?;
    let message = state.message(&channel, &ts).map_err(|_| fail("message_not_found"))?;
    let permalink = state.permalink(&channel, message);
    Ok(json!({ "channel": channel.0, "permalink": permalink }))
}

/// The channel the caller may see, by id, or by a user's id for the direct message with them.
pub(super) fn known(state: &mut State, caller: &Caller, args: &Args, name: &str) -> Result<ChannelId, Fail> {
    let channel = args.channel(name)?;
    let place = state.channels.get(&channel).filter(|place| place.is_in(&caller.team));
    let place = place.ok_or_else(|| fail("channel_not_found"))?;
    let hidden = place.sort != Sort::Public && !place.members.contains(&caller.user);
    if hidden { Err(fail("channel_not_found")) } else { Ok(channel) }
}

/// The channel the caller may post in.
pub(super) fn target(state: &mut State, caller: &Caller, args: &Args) -> Result<ChannelId, Fail> {
    let name = args.channel("channel")?;
    let person = state.users.get(name.as_ref()).filter(|user| user.team == caller.team).cloned();
    if let Some(person) = person {
        if person.kind == Kind::Gone {
            return Err(fail("messages_tab_disabled"));
        }
        return Ok(state.direct(&person.id, &caller.user, &caller.team));
    }
    let channel = known(state, caller, args, "channel")?;
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    if place.archived {
        return Err(fail("is_archived"));
    }
    if !place.members.contains(&caller.user) && require(state, caller, "chat:write.public").is_err() {
        return Err(fail("not_in_channel"));
    }
    Ok(channel)
}

/// The message the caller said; `otherwise` is Slack's word when somebody else did.
pub(super) fn own<'a>(
    state: &'a State,
    caller: &Caller,
    channel: &ChannelId,
    ts: &Ts,
    otherwise: &str,
) -> Result<&'a Message, Fail> {
    let message = state.message(channel, ts).ok().filter(|message| message.only_for.is_none());
    let message = message.ok_or_else(|| fail("message_not_found"))?;
    if message.author.user() == &caller.user { Ok(message) } else { Err(fail(otherwise)) }
}

/// The thread a message is to go in: any message's own, as Slack takes it.
pub(super) fn thread(state: &State, channel: &ChannelId, args: &Args) -> Result<Option<Ts>, Fail> {
    let Some(ts) = args.ts("thread_ts").filter(|ts| !ts.is_empty()) else { return Ok(None) };
    let place: &Channel = state.channels.get(channel).ok_or_else(|| fail("channel_not_found"))?;
    // A deleted message that has replies is still a thread.
    let root = place.messages.get(&ts).filter(|message| !message.deleted || place.replies(&ts).next().is_some());
    match root {
        Some(message) if message.only_for.is_none() => Ok(Some(message.root().clone())),
        _ => Err(fail("thread_not_found")),
    }
}

/// What a call says, checked; and a warning.
pub(super) fn content(
    state: &mut State,
    args: &Args,
    before: Option<&Content>,
) -> Result<(Content, Option<&'static str>), Fail> {
    let markdown = args.text("markdown_text");
    if markdown.is_some() && (args.get("text").is_some() || args.get("blocks").is_some()) {
        return Err(fail("markdown_text_conflict"));
    }
    if args.get("text").is_some_and(|text| !text.is_string()) {
        return Err(Fail::because("invalid_arguments", vec!["`text` must be a string".to_owned()]));
    }
    let mut blocks = match args.get("blocks") {
        None => Vec::new(),
        Some(_) => args.list("blocks").ok_or_else(|| fail("invalid_blocks_format"))?,
    };
    if let Some(markdown) = markdown {
        if markdown.chars().count() > MAX_MARKDOWN {
            return Err(fail("msg_too_long"));
        }
        blocks = vec![json!({ "type": "markdown", "text": markdown })];
    }
    let blocks = checked(state, &blocks)?;
    let attachments = args.list("attachments").unwrap_or_default();
    if attachments.len() > MAX_ATTACHMENTS {
        return Err(fail("too_many_attachments"));
    }
    for attachment in &attachments {
        if let Some(inner) = attachment["blocks"].as_array() {
            checked(state, inner)?;
        }
    }
    let (text, warning) = text(args.text("text").unwrap_or_default());
    let metadata = metadata(args)?;
    let kept = before.filter(|_| args.get("blocks").is_none() && args.get("text").is_none() && markdown.is_none());
    if text.trim().is_empty() && blocks.is_empty() && attachments.is_empty() {
        // An update may change the metadata alone.
        let Some(before) = kept.filter(|_| metadata.is_some()) else { return Err(fail("no_text")) };
        return Ok((Content { metadata, ..before.clone() }, warning));
    }
    let files = before.map(|before| before.files.clone()).unwrap_or_default();
    let metadata = metadata.or_else(|| before.and_then(|before| before.metadata.clone()));
    Ok((Content { text, blocks, attachments, files, metadata }, warning))
}

/// Blocks, checked and with their ids filled in.
pub(super) fn checked(state: &mut State, blocks: &[Value]) -> Result<Vec<Value>, Fail> {
    blocks::message(blocks, &mut state.chance).map_err(|why| match why {
        blocks::Wrong::Invalid(details) => Fail::because("invalid_blocks", details),
        blocks::Wrong::TooLong(detail) => Fail::because("msg_blocks_too_long", vec![detail]),
    })
}

/// Whom a message is from: the app, under another name where it may.
pub(super) fn author(state: &State, caller: &Caller, args: &Args) -> Result<Author, Fail> {
    let username = args.text("username").map(str::to_owned);
    let icon_emoji = args.text("icon_emoji").map(str::to_owned);
    if username.is_some() || icon_emoji.is_some() || args.text("icon_url").is_some() {
        require(state, caller, "chat:write.customize")?;
    }
    Ok(Author::App {
        user: caller.user.clone(),
        bot: caller.bot.clone(),
        app: caller.app.clone(),
        username,
        icon_emoji,
    })
}

pub(super) fn insert(state: &mut State, channel: &ChannelId, message: Message) {
    if let Some(place) = state.channels.get_mut(channel) {
        place.messages.insert(message.ts.clone(), message);
    }
}

/// A message as it is given back.
pub(super) fn answer(state: &State, channel: &ChannelId, ts: &Ts, warning: Option<&str>) -> Value {
    let place = state.channels.get(channel);
    let message = place.and_then(|place| Some(state.message_json(place, place.messages.get(ts)?, true)));
    let text = message.as_ref().map(|message| message["text"].clone());
    let mut answer = json!({ "channel": channel.0, "ts": ts.0, "text": text, "message": message });
    if let Some(warning) = warning {
        answer["warning"] = json!(warning);
        answer["response_metadata"] = json!({ "warnings": [warning] });
    }
    answer
}

/// A text as Slack keeps it: three marks that mean nothing are escaped, and what is too long is cut off.
fn text(text: &str) -> (String, Option<&'static str>) {
    let long = text.chars().count() > MAX_TEXT;
    let cut: String = text.chars().take(MAX_TEXT).collect();
    // `&lt;` was meant so; a bare `&` is kept as `&amp;`.
    let kept = cut.split('&').enumerate().map(|(n, part)| {
        let is_entity = ["lt;", "gt;", "amp;"].iter().any(|entity| part.starts_with(entity));
        match (n, is_entity) {
            (0, _) => part.to_owned(),
            (_, true) => format!("&{part}"),
            (_, false) => compose::escape("&") + part,
        }
    });
    (kept.collect(), long.then_some("message_truncated"))
}

fn metadata(args: &Args) -> Result<Option<Value>, Fail> {
    let Some(metadata) = args.get("metadata") else { return Ok(None) };
    let named = metadata["event_type"].as_str().is_some_and(|name| !name.is_empty());
    let known = metadata.as_object().is_some_and(|fields| {
        fields.keys().all(|field| matches!(field.as_str(), "event_type" | "event_payload" | "entities"))
    });
    if !named || !known || !metadata["event_payload"].is_object() {
        return Err(fail("invalid_metadata_format"));
    }
    Ok(Some(metadata.clone()))
}
