//! Where we listen, and how far each channel was read.

use serde::Deserialize;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;

use crate::api::{Method, Room, Trouble};
use crate::slack::Slack;

/// Where it is noted how far a channel was read.
const SWEPT: &str = "slack/swept/";
/// How far before the first sweep of all is read.
const FIRST: Span = Span::minutes(10);
/// The most pages of a workspace's channels: of more, the first are swept and the log says so.
const MAX_PAGES: usize = 10;

/// Every channel we are in, in every workspace, and those that the settings name.
pub(super) async fn rooms(slack: &Slack) -> Result<Vec<Room>, Trouble> {
    let mut rooms = Vec::new();
    for workspace in &slack.settings().workspaces {
        rooms.extend(workspace.watched.iter().map(|channel| Room::new(&workspace.team, channel)));
        rooms.extend(member_of(slack, &workspace.team).await?);
    }
    rooms.sort();
    rooms.dedup();
    Ok(rooms)
}

/// The channels of a workspace that we are in. Remembered for a while.
async fn member_of(slack: &Slack, team: &str) -> Result<Vec<Room>, Trouble> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        channels: Vec<Channel>,
        response_metadata: Option<Next>,
    }
    #[derive(Deserialize)]
    struct Channel {
        id: String,
    }
    #[derive(Deserialize)]
    struct Next {
        next_cursor: Option<String>,
    }
    if let Some(known) = slack.0.joined.get(&team.to_owned(), slack.now()) {
        return Ok(known);
    }
    let features = &slack.settings().features;
    let types =
        if features.direct { "public_channel,private_channel,im,mpim" } else { "public_channel,private_channel" };
    let mut rooms = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let parameters = [
            ("types", Some(types)),
            ("exclude_archived", Some("true")),
            ("limit", Some("200")),
            ("cursor", cursor.as_deref()),
        ];
        let page: Result<Page, Trouble> = slack.0.api.get(Method::OurRooms, &Room::new(team, ""), &parameters).await;
        let page = match page {
            Ok(page) => page,
            // Without the scope for it, what the settings name is swept.
            Err(trouble @ (Trouble::Refused { .. } | Trouble::Rejected(_))) => {
                tracing::warn!(team, %trouble, "the channels to sweep could not be listed");
                break;
            }
            Err(trouble) => return Err(trouble),
        };
        rooms.extend(page.channels.into_iter().map(|channel| Room::new(team, channel.id)));
        cursor = page.response_metadata.and_then(|it| it.next_cursor).filter(|next| !next.is_empty());
        if cursor.is_none() {
            break;
        }
    }
    if cursor.is_some() {
        tracing::warn!(team, rooms = rooms.len(), "the app is in more channels than are swept");
    }
    slack.0.joined.put(team.to_owned(), rooms.clone(), slack.now());
    Ok(rooms)
}

/// How far a channel was read, and the version of the note. One that was never read was read, so to speak, when we began
/// to listen in its workspace: what was said in it since then may have been missed.
pub(super) async fn mark(slack: &Slack, room: &Room) -> Result<(Time, u64), Error> {
    if let Some(note) = slack.0.notes.get(&key(room)).await?
        && let Ok(mark) = note.value.parse()
    {
        return Ok((Time(mark), note.version));
    }
    let key = format!("{SWEPT}{}", room.team);
    if let Some(note) = slack.0.notes.get(&key).await? {
        return Ok((Time(note.value.parse().unwrap_or_default()), 0));
    }
    let since = Time(slack.now().0.saturating_sub(FIRST.0));
    match slack.0.notes.put(&key, &since.0.to_string(), 0).await {
        Ok(_) | Err(Error::Conflict) => Ok((since, 0)),
        Err(error) => Err(error),
    }
}

/// Notes how far a channel was read. Where somebody else did so meanwhile, theirs holds.
pub(super) async fn set_mark(slack: &Slack, room: &Room, at: Time, version: u64) -> Result<(), Error> {
    match slack.0.notes.put(&key(room), &at.0.to_string(), version).await {
        Ok(_) | Err(Error::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

fn key(room: &Room) -> String {
    format!("{SWEPT}{}", room.key())
}
