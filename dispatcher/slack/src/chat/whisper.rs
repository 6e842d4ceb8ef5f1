//! Words for one person: where they are, and else to them alone.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Action, Post};
use signalbox_domain::talk::{Person, ThreadId};
use signalbox_ports::Error;

use crate::Slack;
use crate::api::{Method, Room, Trouble};
use crate::encode::{About, encode};

/// What Slack says where somebody cannot be told something in the channel.
const ELSEWHERE: &[&str] =
    &["user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived", "thread_not_found"];

#[derive(Serialize)]
struct Ephemeral<'a> {
    channel: &'a str,
    user: &'a str,
    thread_ts: &'a str,
    text: &'a str,
    blocks: &'a [slack_morphism::blocks::SlackBlock],
}

#[derive(Serialize)]
struct Open<'a> {
    users: &'a str,
}

#[derive(Deserialize)]
struct Opened {
    channel: Id,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Done {}

pub(super) async fn whisper(
    slack: &Slack,
    id: &EffectId,
    thread: &ThreadId,
    to: &Person,
    post: &Post,
) -> Result<(), Error> {
    let room = Room::of(thread)?;
    let user = user(&room, to)?;
    let console = slack.0.settings.console_url.as_deref();
    let about = About { run: &id.run, slot: "whisper", thread, console };
    let encoded = encode(post, &about, slack.dialect(&room.team));
    slack.keep(&encoded.kept).await?;
    // What is to be decided must still be there tomorrow, and what is said in a direct message is private already.
    let lasting =
        post.buttons.iter().any(|button| matches!(button.action, Action::Approve { .. } | Action::Deny { .. }));
    if !lasting && !room.direct() {
        let mut elsewhere = false;
        for piece in &encoded.pieces {
            let request = Ephemeral {
                channel: &room.channel,
                user,
                thread_ts: &thread.root,
                text: &piece.text,
                blocks: &piece.blocks,
            };
            match slack.0.api.post(Method::PostEphemeral, &room, &request).await {
                Ok(Done {}) => {}
                Err(trouble) if trouble.is(ELSEWHERE) => elsewhere = true,
                Err(trouble) => return Err(trouble.into()),
            }
        }
        if !elsewhere {
            return Ok(());
        }
    }
    let (room, root) = if room.direct() && !lasting {
        (room, Some(thread.root.as_str()))
    } else {
        (slack.direct(&room.team, user).await?, None)
    };
    for piece in &encoded.pieces {
        slack.post(&room, root, piece, None).await?;
    }
    Ok(())
}

impl Slack {
    /// The direct message with somebody.
    pub(crate) async fn direct(&self, team: &str, user: &str) -> Result<Room, Trouble> {
        let key = Room::new(team, user);
        if let Some(channel) = self.0.memory.directs.get(&key, self.now()) {
            return Ok(Room::new(team, channel));
        }
        let opened: Opened = self.0.api.post(Method::OpenRoom, &key, &Open { users: user }).await?;
        self.0.memory.directs.put(key, opened.channel.id.clone(), self.now());
        Ok(Room::new(team, opened.channel.id))
    }
}

/// Slack's id of a person of this workspace.
fn user<'a>(room: &Room, person: &'a Person) -> Result<&'a str, Error> {
    let id = person.id.strip_prefix(crate::CHAT).and_then(|rest| rest.strip_prefix(':'));
    match id.and_then(|id| id.split_once('/')) {
        // Somebody of another workspace may be in a channel that is shared with it.
        Some((_, user)) if !user.is_empty() => Ok(user),
        Some(_) | None => Err(Error::rejected(format!(
            "{} is not known on Slack, so nothing can be said privately in {}",
            person.name, room.channel
        ))),
    }
}
