//! What an agent says about itself: its sessions, and that it is thinking.

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, chat, fail, require};
use crate::ids::{ChannelId, Ts, UserId};
use crate::session::{Session, Status};
use crate::state::State;

const MAX_TITLE: usize = 200;
/// `assistant.threads.setStatus` lasts so long.
const TYPING: u64 = 120_000;

pub(super) fn set_status(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    agent(state, caller)?;
    let status = Status::parse(args.need("status")?).ok_or_else(|| fail("invalid_status"))?;
    let (channel, thread) = place(state, caller, args)?;
    let title = args.text("title").map(str::to_owned);
    if title.as_ref().is_some_and(|title| title.chars().count() > MAX_TITLE) {
        return Err(fail("title_too_long"));
    }
    let initiator = args.text("initiator_user_id").map(UserId::from);
    let inside = |user: &UserId| state.channels.get(&channel).is_some_and(|place| place.members.contains(user));
    if initiator.as_ref().is_some_and(|user| !inside(user)) {
        return Err(fail("user_not_in_channel"));
    }
    chat::author(state, caller, args)?;
    set(state, caller, &channel, &thread, status, title, initiator)
}

pub(super) fn rename(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    agent(state, caller)?;
    let (channel, thread) = place(state, caller, args)?;
    let title = args.need("title")?;
    if title.chars().count() > MAX_TITLE {
        return Err(fail("title_too_long"));
    }
    let mut sessions = state.sessions.iter_mut();
    let session = sessions.find(|one| one.app == caller.app && one.channel == channel && one.thread == thread);
    let session = session.ok_or_else(|| fail("session_not_found"))?;
    title.clone_into(&mut session.title);
    Ok(json!({ "title": title }))
}

/// Gives a session its status, and begins it if there is none.
pub(super) fn set(
    state: &mut State,
    caller: &Caller,
    channel: &ChannelId,
    thread: &Ts,
    status: Status,
    title: Option<String>,
    initiator: Option<UserId>,
) -> Result<Value, Fail> {
    agent(state, caller)?;
    let now = state.now();
    let mut sessions = state.sessions.iter();
    let known = sessions.position(|one| one.app == caller.app && &one.channel == channel && &one.thread == thread);
    let at = known.unwrap_or(state.sessions.len());
    if known.is_none() {
        state.sessions.push(Session {
            app: caller.app.clone(),
            channel: channel.clone(),
            thread: thread.clone(),
            title: title.unwrap_or_default(),
            initiator,
            history: Vec::new(),
            stopping: false,
        });
    }
    let session = state.sessions.get_mut(at).ok_or_else(|| fail("internal_error"))?;
    // A stop that was pressed is over when the status moves away from processing.
    if status != Status::Processing {
        session.stopping = false;
    }
    session.history.push((now, status));
    Ok(json!({ "status": status.word(), "agent_status": status.word(), "title": session.title }))
}

pub(super) fn typing(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    if require(state, caller, "assistant:write").is_err() {
        require(state, caller, "chat:write")?;
    }
    let (channel, thread) = place(state, caller, args)?;
    let status = args.text("status").unwrap_or_default().to_owned();
    let until = state.now() + TYPING;
    if status.is_empty() {
        state.typing.remove(&(channel, thread));
    } else {
        state.typing.insert((channel, thread), (status, until));
    }
    Ok(json!({}))
}

pub(super) fn title(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    place(state, caller, args)?;
    args.need("title")?;
    Ok(json!({}))
}

pub(super) fn prompts(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    place(state, caller, args)?;
    let prompts = args.list("prompts").ok_or_else(|| fail("invalid_arguments"))?;
    let whole = |prompt: &Value| prompt["title"].is_string() && prompt["message"].is_string();
    if prompts.is_empty() || prompts.len() > 4 || !prompts.iter().all(whole) {
        return Err(Fail::because(
            "invalid_arguments",
            vec!["`prompts` are one to four titles with messages".to_owned()],
        ));
    }
    Ok(json!({}))
}

fn agent(state: &State, caller: &Caller) -> Result<(), Fail> {
    let declared = state.apps.get(&caller.app).is_some_and(|app| app.spec.agent);
    if declared { Ok(()) } else { Err(fail("not_authorized")) }
}

fn place(state: &mut State, caller: &Caller, args: &Args) -> Result<(ChannelId, Ts), Fail> {
    let channel = chat::known(state, caller, args, "channel_id")?;
    if !state.channels.get(&channel).is_some_and(|place| place.members.contains(&caller.user)) {
        return Err(fail("not_in_channel"));
    }
    let thread = chat::thread(state, &channel, args)?;
    Ok((channel, thread.ok_or_else(|| fail("thread_not_found"))?))
}
