//! Messages that are written while they are read.

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, agents, chat, fail};
use crate::blocks;
use crate::channel::Sort;
use crate::ids::{ChannelId, Ts, UserId};
use crate::message::{Content, Message, Stream};
use crate::session::Status;
use crate::state::State;

/// A stream nothing is written to is over after so long.
const IDLE: u64 = 5 * 60_000;

pub(super) fn start(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = chat::target(state, caller, args)?;
    let Some(thread) = chat::thread(state, &channel, args)? else {
        return Err(Fail::because("invalid_arguments", vec!["missing required field: thread_ts".to_owned()]));
    };
    let direct = state.channels.get(&channel).is_some_and(|place| matches!(place.sort, Sort::Direct(..)));
    let reader = args.text("recipient_user_id").map(UserId::from);
    if !direct {
        let reader = reader.as_ref().ok_or_else(|| fail("missing_recipient_user_id"))?;
        args.text("recipient_team_id").ok_or_else(|| fail("missing_recipient_team_id"))?;
        if !state.channels.get(&channel).is_some_and(|place| place.members.contains(reader)) {
            return Err(fail("user_not_in_channel"));
        }
    }
    if args.text("task_display_mode").is_some_and(|mode| !matches!(mode, "timeline" | "plan")) {
        return Err(Fail::because("invalid_arguments", vec!["unknown task_display_mode".to_owned()]));
    }
    let author = chat::author(state, caller, args)?;
    let mut content = Content::default();
    write(state, &mut content, args)?;
    let ts = state.stamp();
    let mut message = Message::new(ts.clone(), author, content);
    message.thread = Some(thread);
    message.stream = Some(Stream { reader, open: true, touched: state.now() });
    *state.meters.messages.entry(channel.0.clone()).or_default() += 1;
    chat::insert(state, &channel, message);
    Ok(json!({ "channel": channel.0, "ts": ts.0 }))
}

pub(super) fn append(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let (channel, ts) = streaming(state, caller, args)?;
    if args.get("markdown_text").is_none() && args.get("chunks").is_none() {
        return Err(fail("no_text"));
    }
    let mut content = state.message(&channel, &ts).map_err(|_| fail("message_not_found"))?.content.clone();
    write(state, &mut content, args)?;
    let now = state.now();
    if let Some(message) = state.message_mut(&channel, &ts) {
        message.content = content;
        if let Some(stream) = &mut message.stream {
            stream.touched = now;
        }
    }
    Ok(json!({ "channel": channel.0, "ts": ts.0 }))
}

pub(super) fn stop(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let (channel, ts) = streaming(state, caller, args)?;
    let status = match args.text("session_status") {
        None => None,
        Some(word) => Some(Status::parse(word).ok_or_else(|| fail("invalid_status"))?),
    };
    let message = state.message(&channel, &ts).map_err(|_| fail("message_not_found"))?;
    let (mut content, root) = (message.content.clone(), message.root().clone());
    write(state, &mut content, args)?;
    let more = args.list("blocks").unwrap_or_default();
    content.blocks.extend(chat::checked(state, &more)?);
    if let Some(metadata) = args.get("metadata") {
        content.metadata = Some(metadata.clone());
    }
    if let Some(message) = state.message_mut(&channel, &ts) {
        message.content = content;
        if let Some(stream) = &mut message.stream {
            stream.open = false;
        }
    }
    if let Some(status) = status {
        agents::set(state, caller, &channel, &root, status, None, None)?;
    }
    state.tell_said(&channel, &ts, crate::act::Arrives::Both);
    Ok(chat::answer(state, &channel, &ts, None))
}

/// The caller's open stream.
fn streaming(state: &mut State, caller: &Caller, args: &Args) -> Result<(ChannelId, Ts), Fail> {
    let channel = chat::known(state, caller, args, "channel")?;
    let ts = args.ts("ts").ok_or_else(|| fail("message_not_found"))?;
    let now = state.now();
    let message = chat::own(state, caller, &channel, &ts, "message_not_owned_by_app")?;
    let stream = message.stream.as_ref();
    let open = stream.is_some_and(|stream| stream.open && stream.touched + IDLE > now);
    if open {
        return Ok((channel, ts));
    }
    if let Some(stream) = state.message_mut(&channel, &ts).and_then(|message| message.stream.as_mut()) {
        stream.open = false;
    }
    Err(fail("message_not_in_streaming_state"))
}

/// Adds what a call brings to a streamed message.
fn write(state: &mut State, content: &mut Content, args: &Args) -> Result<(), Fail> {
    if let Some(text) = args.text("markdown_text") {
        add_text(content, text)?;
    }
    let Some(chunks) = args.get("chunks") else { return Ok(()) };
    let chunks = chunks.as_array().ok_or_else(|| fail("invalid_chunks"))?;
    for chunk in chunks {
        let wrong = blocks::chunk(chunk);
        if !wrong.is_empty() {
            return Err(Fail::because("invalid_chunks", wrong));
        }
        match chunk["type"].as_str().unwrap_or_default() {
            "markdown_text" => add_text(content, chunk["text"].as_str().unwrap_or_default())?,
            "task_update" => add_task(content, chunk),
            "plan_update" => add_plan(content, chunk),
            _ => {
                let more = chunk["blocks"].as_array().cloned().unwrap_or_default();
                let more = chat::checked(state, &more)?;
                content.blocks.extend(more);
            }
        }
    }
    let total: usize =
        content.blocks.iter().filter_map(|block| block["text"].as_str()).map(|text| text.chars().count()).sum();
    if total > chat::MAX_MARKDOWN { Err(fail("msg_too_long")) } else { Ok(()) }
}

fn add_text(content: &mut Content, text: &str) -> Result<(), Fail> {
    if text.chars().count() > chat::MAX_MARKDOWN {
        return Err(fail("msg_too_long"));
    }
    match content.blocks.last_mut().filter(|block| block["type"] == "markdown") {
        Some(block) => {
            let before = block["text"].as_str().unwrap_or_default();
            block["text"] = json!(format!("{before}{text}"));
        }
        None => content.blocks.push(json!({ "type": "markdown", "text": text })),
    }
    content.text.push_str(text);
    Ok(())
}

fn add_task(content: &mut Content, chunk: &Value) {
    let mut card = chunk.clone();
    card["type"] = json!("task_card");
    card["task_id"] = chunk["id"].clone();
    if let Some(fields) = card.as_object_mut() {
        fields.remove("id");
    }
    let same = content.blocks.iter_mut().find(|block| block["type"] == "task_card" && block["task_id"] == chunk["id"]);
    match same {
        Some(block) => *block = card,
        None => content.blocks.push(card),
    }
}

fn add_plan(content: &mut Content, chunk: &Value) {
    let header =
        json!({ "type": "header", "block_id": "plan_title", "text": { "type": "plain_text", "text": chunk["title"] } });
    match content.blocks.iter_mut().find(|block| block["block_id"] == "plan_title") {
        Some(block) => *block = header,
        None => content.blocks.insert(0, header),
    }
}
