//! The one mark of ours on a message, as a reaction; and the session of an agent that stands for the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use signalbox_domain::post::Mark;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_ports::Error;

use super::post::GONE;
use crate::Slack;
use crate::api::{Method, Room, Trouble};
use crate::session;

/// Our marks that a message carries, as far as is known.
pub(crate) type Marks = BTreeSet<Mark>;

const ALL: [Mark; 7] =
    [Mark::Seen, Mark::Working, Mark::Waiting, Mark::Passed, Mark::Done, Mark::Failed, Mark::Stopped];

#[derive(Serialize)]
struct React<'a> {
    channel: &'a str,
    timestamp: &'a str,
    name: &'a str,
}

#[derive(Deserialize)]
struct Done {}

#[derive(Deserialize)]
struct Reacted {
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    reactions: Vec<Reaction>,
}

#[derive(Deserialize)]
struct Reaction {
    name: String,
    #[serde(default)]
    users: Vec<String>,
}

/// The new mark first: a person who looks sees that something happened, and for a moment two marks.
pub(super) async fn mark(slack: &Slack, thread: &ThreadId, message: &MessageId, mark: Mark) -> Result<(), Error> {
    let room = Room::of(thread)?;
    let key = (room.clone(), message.0.clone());
    let known = slack.0.memory.marks.get(&key, slack.now());
    if known.as_ref().is_none_or(|known| !known.contains(&mark)) {
        match react(slack, Method::AddReaction, &room, message, mark).await {
            Ok(()) => {}
            Err(trouble) if trouble.is(&["already_reacted"]) => {}
            // A message that takes no more reactions has been marked by others enough.
            Err(trouble) if trouble.is(GONE) || trouble.is(&["too_many_emoji", "too_many_reactions"]) => return Ok(()),
            Err(trouble) => return Err(trouble.into()),
        }
    }
    let mut marks = match known {
        Some(marks) => marks,
        None => there(slack, &room, message).await?,
    };
    marks.insert(mark);
    slack.0.memory.marks.put(key.clone(), marks.clone(), slack.now());
    for old in marks.clone().into_iter().filter(|old| *old != mark) {
        match react(slack, Method::RemoveReaction, &room, message, old).await {
            Ok(()) => {}
            Err(trouble) if trouble.is(&["no_reaction"]) || trouble.is(GONE) => {}
            Err(trouble) => return Err(trouble.into()),
        }
        marks.remove(&old);
        slack.0.memory.marks.put(key.clone(), marks.clone(), slack.now());
    }
    Ok(session::show(slack, &room, &thread.root, mark).await?)
}

/// Our marks on a message.
async fn there(slack: &Slack, room: &Room, message: &MessageId) -> Result<Marks, Trouble> {
    let us = slack.us(&room.team).await?;
    let parameters =
        [("channel", Some(room.channel.as_str())), ("timestamp", Some(&message.0)), ("full", Some("true"))];
    let reacted: Result<Reacted, Trouble> = slack.0.api.get(Method::GetReactions, room, &parameters).await;
    let reactions = match reacted {
        Ok(reacted) => reacted.message.map(|message| message.reactions).unwrap_or_default(),
        Err(trouble) if trouble.is(GONE) => Vec::new(),
        Err(trouble) => return Err(trouble),
    };
    let ours = |mark: &Mark| {
        reactions.iter().any(|reaction| reaction.name == name(*mark) && reaction.users.contains(&us.user))
    };
    Ok(ALL.into_iter().filter(ours).collect())
}

async fn react(slack: &Slack, method: Method, room: &Room, message: &MessageId, mark: Mark) -> Result<(), Trouble> {
    let request = React { channel: &room.channel, timestamp: &message.0, name: name(mark) };
    let Done {} = slack.0.api.post(method, room, &request).await?;
    Ok(())
}

/// As Slack names it.
fn name(mark: Mark) -> &'static str {
    match mark {
        Mark::Seen => "eyes",
        Mark::Working => "hourglass_flowing_sand",
        Mark::Waiting => "question",
        Mark::Passed => "arrow_right_hook",
        Mark::Done => "white_check_mark",
        Mark::Failed => "x",
        Mark::Stopped => "no_entry_sign",
    }
}
