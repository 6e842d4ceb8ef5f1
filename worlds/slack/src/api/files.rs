//! Files: looked up, and uploaded in three steps (a URL, the bytes, the completion).

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, chat, fail};
use crate::file::File;
use crate::ids::{ChannelId, FileId};
use crate::message::{Content, Message};
use crate::state::State;

pub(super) fn info(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let id = args.text("file").unwrap_or_default();
    let file = state.files.get(id).filter(|file| !file.pending && may_read(state, caller, file));
    let file = file.ok_or_else(|| fail("file_not_found"))?;
    Ok(json!({ "file": file.json(&state.base), "comments": [], "response_metadata": { "next_cursor": "" } }))
}

pub(super) fn upload_url(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let name = args.need("filename")?.to_owned();
    let length = args.number("length").filter(|length| *length > 0).ok_or_else(|| fail("invalid_arguments"))?;
    let id = FileId(state.chance.id("F"));
    let ticket = state.chance.text(32).to_lowercase();
    let file = File {
        id: id.clone(),
        team: caller.team.clone(),
        user: caller.user.clone(),
        title: name.clone(),
        name,
        mime: "text/plain".to_owned(),
        bytes: Vec::new(),
        created: state.now() / 1_000,
        channels: Vec::new(),
        pending: true,
        ticket: ticket.clone(),
        announced: usize::try_from(length).unwrap_or(usize::MAX),
        shares: Vec::new(),
    };
    state.files.insert(id.clone(), file);
    Ok(json!({ "upload_url": format!("{}/upload/v1/{ticket}", state.base), "file_id": id.0 }))
}

pub(super) fn complete(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let files = args.list("files").filter(|files| !files.is_empty()).ok_or_else(|| fail("invalid_arguments"))?;
    let mut done = Vec::new();
    for one in &files {
        let id = FileId::from(one["id"].as_str().unwrap_or_default());
        let file = state.files.get_mut(&id).filter(|file| file.user == caller.user);
        let file = file.ok_or_else(|| fail("file_not_found"))?;
        if file.pending && file.bytes.len() != file.announced {
            return Err(fail("file_update_failed"));
        }
        file.pending = false;
        if let Some(title) = one["title"].as_str() {
            title.clone_into(&mut file.title);
        }
        done.push(id);
    }
    if args.text("channel_id").is_some() {
        share(state, caller, args, &done)?;
    }
    let told: Vec<Value> = done.iter().filter_map(|id| state.file_json(id)).collect();
    Ok(json!({ "files": told }))
}

fn share(state: &mut State, caller: &Caller, args: &Args, files: &[FileId]) -> Result<(), Fail> {
    let channel: ChannelId = chat::known(state, caller, args, "channel_id")?;
    if !state.channels.get(&channel).is_some_and(|place| place.members.contains(&caller.user)) {
        return Err(fail("not_in_channel"));
    }
    let thread = chat::thread(state, &channel, args)?;
    let author = chat::author(state, caller, args)?;
    let ts = state.stamp();
    let text = args.text("initial_comment").unwrap_or_default().to_owned();
    let blocks = args.list("blocks").unwrap_or_default();
    if blocks.iter().any(|block| block["type"] == "markdown") {
        // Slack takes such a block everywhere but here.
        return Err(fail("internal_error"));
    }
    let blocks = chat::checked(state, &blocks)?;
    let content = Content { text, blocks, files: files.to_vec(), ..Content::default() };
    let mut message = Message::new(ts.clone(), author, content);
    message.thread = thread;
    message.subtype = Some("file_share".to_owned());
    chat::insert(state, &channel, message);
    for id in files {
        if let Some(file) = state.files.get_mut(id) {
            file.channels.push(channel.clone());
            file.shares.push((channel.clone(), ts.clone()));
        }
    }
    state.tell_said(&channel, &ts, crate::act::Arrives::Both);
    Ok(())
}

/// A file in a conversation of the caller, or its own.
fn may_read(state: &State, caller: &Caller, file: &File) -> bool {
    let shared =
        |channel: &ChannelId| state.channels.get(channel).is_some_and(|place| place.members.contains(&caller.user));
    file.user == caller.user || file.channels.iter().any(shared)
}

/// What the bearer of a token reads at a file's private URL.
pub(crate) fn download(state: &State, token: Option<&str>, id: &str) -> Option<(String, Vec<u8>)> {
    let one = &state.installations.iter().find(|one| Some(one.public.token.as_str()) == token && !one.revoked)?.public;
    let caller = Caller { app: one.app.clone(), team: one.team.clone(), user: one.user.clone(), bot: one.bot.clone() };
    let scoped = state.apps.get(&one.app).is_some_and(|app| app.spec.scopes.contains("files:read"));
    let file = state.files.get(id).filter(|file| scoped && !file.pending && may_read(state, &caller, file))?;
    Some((file.mime.clone(), file.bytes.clone()))
}

/// Takes the bytes that are uploaded to a ticket's URL.
pub(crate) fn upload(state: &mut State, ticket: &str, mime: &str, bytes: &[u8]) -> bool {
    let mut files = state.files.values_mut();
    let Some(file) = files.find(|file| file.pending && file.ticket == ticket) else { return false };
    if !mime.is_empty() && !mime.starts_with("multipart/") {
        mime.clone_into(&mut file.mime);
    }
    file.bytes = bytes.to_vec();
    true
}
