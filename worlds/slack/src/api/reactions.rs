//! Reactions of apps.

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, chat, fail};
use crate::ids::{ChannelId, Ts};
use crate::state::State;

/// So many different emoji fit on a message.
const MAX_EMOJI: usize = 50;

pub(super) fn add(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let (channel, ts) = place(state, caller, args)?;
    let name = name(args)?;
    let full = state.message(&channel, &ts).is_ok_and(|message| message.reactions.len() >= MAX_EMOJI);
    if full {
        return Err(fail("too_many_emoji"));
    }
    let user = caller.user.clone();
    if state.add_reaction(&channel, &ts, &user, &name) { Ok(json!({})) } else { Err(fail("already_reacted")) }
}

pub(super) fn remove(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let (channel, ts) = place(state, caller, args)?;
    let name = name(args)?;
    let user = caller.user.clone();
    if state.take_reaction(&channel, &ts, &user, &name) { Ok(json!({})) } else { Err(fail("no_reaction")) }
}

pub(super) fn get(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let (channel, ts) = place(state, caller, args)?;
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    let message = place.messages.get(&ts).ok_or_else(|| fail("message_not_found"))?;
    let mut shown = state.message_json(place, message, false);
    shown["permalink"] = json!(state.permalink(&channel, message));
    Ok(json!({ "type": "message", "channel": channel.0, "message": shown }))
}

fn place(state: &mut State, caller: &Caller, args: &Args) -> Result<(ChannelId, Ts), Fail> {
    let channel = chat::known(state, caller, args, "channel")?;
    let Some(ts) = args.ts("timestamp") else { return Err(fail("no_item_specified")) };
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    if place.archived {
        return Err(fail("is_archived"));
    }
    if !place.members.contains(&caller.user) {
        return Err(fail("not_in_channel"));
    }
    match state.message(&channel, &ts) {
        Ok(message) if message.only_for.is_none() => Ok((channel, ts)),
        Ok(_) | Err(_) => Err(fail("message_not_found")),
    }
}

fn name(args: &Args) -> Result<String, Fail> {
    let name = args.text("name").unwrap_or_default().trim_matches(':');
    if State::is_emoji(name) { Ok(name.to_owned()) } else { Err(fail("invalid_name")) }
}
