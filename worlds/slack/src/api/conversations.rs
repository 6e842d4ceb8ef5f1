//! Channels, their members, and what was said in them, page by page.

use serde_json::{Value, json};

use crate::api::{Args, Caller, Fail, chat, fail, require};
use crate::channel::{Channel, Sort};
use crate::ids::{ChannelId, Ts, UserId};
use crate::message::Message;
use crate::state::State;
use crate::team::Kind;

const MAX_PAGE: usize = 1_000;

pub(super) fn history(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = readable(state, caller, args)?;
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    let window = Window::new(args)?;
    let top = place.messages.values().rev().filter(|message| {
        (message.thread.is_none() || message.broadcast) && shown(place, message) && window.holds(&message.ts)
    });
    let (page, more) = window.page(top);
    let messages: Vec<Value> = page.iter().map(|message| tell(state, place, message, args)).collect();
    let mut answer = json!({ "messages": messages, "has_more": more, "pin_count": 0 });
    if let Some(last) = page.last().filter(|_| more) {
        answer["response_metadata"] = json!({ "next_cursor": cursor(&last.ts) });
    }
    Ok(answer)
}

pub(super) fn replies(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = readable(state, caller, args)?;
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    let asked = args.ts("ts").ok_or_else(|| fail("thread_not_found"))?;
    let found = place.messages.get(&asked).filter(|message| shown(place, message));
    let root = found.ok_or_else(|| fail("thread_not_found"))?.root().clone();
    let window = Window::new(args)?;
    // The first message comes with the first page, whatever the window; replies follow, oldest first.
    let first = place.messages.get(&root).filter(|message| shown(place, message) && window.cursor.is_none());
    let rest = place.replies(&root).filter(|message| {
        window.oldest.as_ref().is_none_or(|oldest| &message.ts > oldest || (window.inclusive && &message.ts == oldest))
            && window
                .latest
                .as_ref()
                .is_none_or(|latest| &message.ts < latest || (window.inclusive && &message.ts == latest))
            && window.cursor.as_ref().is_none_or(|cursor| &message.ts > cursor)
    });
    let (page, more) = window.page(first.into_iter().chain(rest));
    let messages: Vec<Value> = page.iter().map(|message| tell(state, place, message, args)).collect();
    let mut answer = json!({ "messages": messages, "has_more": more });
    if let Some(last) = page.last().filter(|_| more) {
        answer["response_metadata"] = json!({ "next_cursor": cursor(&last.ts) });
    }
    Ok(answer)
}

pub(super) fn info(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = chat::known(state, caller, args, "channel")?;
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    require(state, caller, &format!("{}:read", place.sort.family()))?;
    let mut told = place.json(&caller.team, &caller.user);
    if args.flag("include_num_members") == Some(true) {
        told["num_members"] = json!(place.members.len());
    }
    Ok(json!({ "channel": told }))
}

pub(super) fn join(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = chat::known(state, caller, args, "channel")?;
    let place = state.channels.get_mut(&channel).ok_or_else(|| fail("channel_not_found"))?;
    if place.sort != Sort::Public {
        return Err(fail("method_not_supported_for_channel_type"));
    }
    if place.archived {
        return Err(fail("is_archived"));
    }
    place.members.insert(caller.user.clone());
    Ok(json!({ "channel": place.json(&caller.team, &caller.user) }))
}

pub(super) fn members(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = chat::known(state, caller, args, "channel")?;
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    require(state, caller, &format!("{}:read", place.sort.family()))?;
    let all: Vec<&str> = place.members.iter().map(|user| user.0.as_str()).collect();
    let (page, next) = slice(&all, args)?;
    Ok(json!({ "members": page, "response_metadata": { "next_cursor": next } }))
}

pub(super) fn list(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    listed(state, caller, args, |_| true)
}

pub(super) fn of_user(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let user = args.text("user").map_or_else(|| caller.user.clone(), UserId::from);
    listed(state, caller, args, |place| place.members.contains(&user))
}

pub(super) fn open(state: &mut State, caller: &Caller, args: &Args) -> Result<Value, Fail> {
    let channel = if args.text("channel").is_some() {
        chat::known(state, caller, args, "channel")?
    } else {
        let users = args.words("users");
        match users.as_slice() {
            [] => return Err(fail("users_list_not_supplied")),
            [user] => {
                require(state, caller, "im:write")?;
                let user = UserId::from(user.as_str());
                let person = state.users.get(&user).ok_or_else(|| fail("user_not_found"))?;
                if person.kind == Kind::Gone {
                    return Err(fail("user_disabled"));
                }
                state.direct(&user, &caller.user, &caller.team)
            }
            many => {
                require(state, caller, "mpim:write")?;
                group(state, caller, many)?
            }
        }
    };
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    let told = if args.flag("return_im") == Some(true) {
        place.json(&caller.team, &caller.user)
    } else {
        json!({ "id": channel.0 })
    };
    Ok(json!({ "channel": told, "no_op": false, "already_open": false }))
}

fn group(state: &mut State, caller: &Caller, users: &[String]) -> Result<ChannelId, Fail> {
    if !users.iter().all(|user| state.users.contains_key(user.as_str())) {
        return Err(fail("user_not_found"));
    }
    let mut members: std::collections::BTreeSet<UserId> =
        users.iter().map(|user| UserId::from(user.as_str())).collect();
    members.insert(caller.user.clone());
    let known = state.channels.values().find(|place| place.sort == Sort::Group && place.members == members);
    if let Some(place) = known {
        return Ok(place.id.clone());
    }
    let id = ChannelId(state.chance.id("G"));
    let place = Channel {
        id: id.clone(),
        team: caller.team.clone(),
        name: "mpdm".to_owned(),
        sort: Sort::Group,
        topic: String::new(),
        members,
        shared: Default::default(),
        archived: false,
        messages: Default::default(),
    };
    state.channels.insert(id.clone(), place);
    Ok(id)
}

fn listed(state: &mut State, caller: &Caller, args: &Args, wanted: impl Fn(&Channel) -> bool) -> Result<Value, Fail> {
    let types = match args.words("types") {
        none if none.is_empty() => vec!["public_channel".to_owned()],
        types => types,
    };
    for kind in &types {
        let scope = match kind.as_str() {
            "public_channel" => "channels:read",
            "private_channel" => "groups:read",
            "im" => "im:read",
            "mpim" => "mpim:read",
            _ => return Err(fail("invalid_types")),
        };
        require(state, caller, scope)?;
    }
    let all: Vec<&Channel> = state
        .channels
        .values()
        .filter(|place| place.is_in(&caller.team) && types.iter().any(|kind| kind == place.sort.listed_as()))
        .filter(|place| place.sort == Sort::Public || place.members.contains(&caller.user))
        .filter(|place| !(args.flag("exclude_archived") == Some(true) && place.archived))
        .filter(|place| wanted(place))
        .collect();
    let (page, next) = slice(&all, args)?;
    let channels: Vec<Value> = page
        .iter()
        .map(|place| {
            let mut told = place.json(&caller.team, &caller.user);
            told["num_members"] = json!(place.members.len());
            told
        })
        .collect();
    Ok(json!({ "channels": channels, "response_metadata": { "next_cursor": next } }))
}

/// A channel whose history the caller may read.
fn readable(state: &mut State, caller: &Caller, args: &Args) -> Result<ChannelId, Fail> {
    let channel = chat::known(state, caller, args, "channel")?;
    let place = state.channels.get(&channel).ok_or_else(|| fail("channel_not_found"))?;
    require(state, caller, &format!("{}:history", place.sort.family()))?;
    if place.members.contains(&caller.user) { Ok(channel) } else { Err(fail("not_in_channel")) }
}

/// Whether a message is in histories: not an ephemeral one, nor a deleted one without replies.
fn shown(place: &Channel, message: &Message) -> bool {
    message.only_for.is_none() && (!message.deleted || place.replies(&message.ts).next().is_some())
}

fn tell(state: &State, place: &Channel, message: &Message, args: &Args) -> Value {
    let metadata = args.flag("include_all_metadata") == Some(true);
    let mut told = state.message_json(place, message, metadata);
    if message.deleted {
        told["subtype"] = json!("tombstone");
        told["text"] = json!("This message was deleted.");
        told["user"] = json!("USLACKBOT");
        told["hidden"] = json!(true);
        if let Some(fields) = told.as_object_mut() {
            for gone in ["blocks", "files", "attachments", "metadata", "reactions", "bot_id", "app_id", "bot_profile"] {
                fields.remove(gone);
            }
        }
    }
    told
}

/// Which messages are asked for, and how many.
struct Window {
    oldest: Option<Ts>,
    latest: Option<Ts>,
    inclusive: bool,
    /// Newer ones were given already, in a history; older ones, in a thread.
    cursor: Option<Ts>,
    limit: usize,
}

impl Window {
    fn new(args: &Args) -> Result<Self, Fail> {
        let limit = args.number("limit").unwrap_or(100);
        if limit == 0 || limit > MAX_PAGE as u64 {
            return Err(fail("invalid_limit"));
        }
        let cursor = match args.text("cursor").filter(|cursor| !cursor.is_empty()) {
            None => None,
            Some(cursor) => Some(Ts::from(cursor.strip_prefix("ts:").ok_or_else(|| fail("invalid_cursor"))?)),
        };
        for name in ["oldest", "latest"] {
            if args.text(name).is_some_and(|ts| ts.parse::<f64>().is_err()) {
                return Err(fail(&format!("invalid_ts_{name}")));
            }
        }
        Ok(Self {
            oldest: args.ts("oldest").filter(|ts| ts.micros() > 0).map(|ts| Ts::at(ts.micros())),
            latest: args.ts("latest").map(|ts| Ts::at(ts.micros())),
            inclusive: args.flag("inclusive") == Some(true),
            cursor,
            limit: usize::try_from(limit).unwrap_or(MAX_PAGE),
        })
    }

    fn holds(&self, ts: &Ts) -> bool {
        self.oldest.as_ref().is_none_or(|oldest| ts > oldest || (self.inclusive && ts == oldest))
            && self.latest.as_ref().is_none_or(|latest| ts < latest || (self.inclusive && ts == latest))
            && self.cursor.as_ref().is_none_or(|cursor| ts < cursor)
    }

    /// The first of `all` that fit on a page, and whether there are more.
    fn page<'a>(&self, all: impl Iterator<Item = &'a Message>) -> (Vec<&'a Message>, bool) {
        let mut page: Vec<&Message> = all.take(self.limit + 1).collect();
        let more = page.len() > self.limit;
        page.truncate(self.limit);
        (page, more)
    }
}

fn cursor(ts: &Ts) -> String {
    format!("ts:{ts}")
}

/// A page of a list, and the cursor of the next; empty on the last.
pub(super) fn slice<'a, T>(all: &'a [T], args: &Args) -> Result<(&'a [T], String), Fail> {
    let limit = usize::try_from(args.number("limit").unwrap_or(100)).unwrap_or(MAX_PAGE);
    if limit == 0 || limit > MAX_PAGE {
        return Err(fail("invalid_limit"));
    }
    let start = match args.text("cursor").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            cursor.strip_prefix("at:").and_then(|at| at.parse().ok()).ok_or_else(|| fail("invalid_cursor"))?
        }
    };
    let start = all.len().min(start);
    let end = all.len().min(start + limit);
    let next = if end < all.len() { format!("at:{end}") } else { String::new() };
    Ok((&all[start..end], next))
}
