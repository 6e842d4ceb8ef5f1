//! Words for one person alone: a refusal, an answer to a command.

use serde::{Deserialize, Serialize};
use signalbox_domain::post::Post;
use signalbox_domain::talk::ThreadId;

use super::Hearing;
use crate::api::{Method, Room, Trouble};
use crate::encode::{About, encode};

/// What Slack says where somebody cannot be told something in the channel.
const ELSEWHERE: &[&str] =
    &["user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived", "thread_not_found"];

#[derive(Serialize)]
struct Ephemeral<'a> {
    channel: &'a str,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    text: &'a str,
    blocks: &'a [slack_morphism::blocks::SlackBlock],
}

#[derive(Deserialize)]
struct Done {}

impl Hearing<'_> {
    /// Tells one person something, in the thread if there is one, else in the channel; where they cannot be told there,
    /// in a direct message. What cannot be told at all is logged: nobody else is to read it.
    pub(super) async fn tell(&self, user: &str, root: Option<&str>, post: &Post) -> Result<(), Trouble> {
        match self.told(user, root, post).await {
            Err(trouble @ (Trouble::Refused { .. } | Trouble::Rejected(_))) => {
                tracing::warn!(team = self.room.team, %trouble, "somebody could not be told something privately");
                Ok(())
            }
            told => told,
        }
    }

    async fn told(&self, user: &str, root: Option<&str>, post: &Post) -> Result<(), Trouble> {
        let slack = self.slack;
        let nowhere = ThreadId { root: root.unwrap_or_default().into(), ..self.thread.clone() };
        let run = "private".into();
        let about =
            About { run: &run, slot: "private", thread: &nowhere, console: slack.settings().console_url.as_deref() };
        let encoded = encode(post, &about, slack.dialect(&self.room.team));
        // A room that is a user's own is the app's Home: there is nowhere to be private in.
        let own = self.room.channel == user;
        if self.room.direct() || own {
            let room = if own { slack.direct(&self.room.team, user).await? } else { self.room.clone() };
            return self.directly(&room, root.filter(|_| !own), &encoded.pieces).await;
        }
        for piece in &encoded.pieces {
            let (text, blocks) = (piece.text.as_str(), piece.blocks.as_slice());
            let request = Ephemeral { channel: &self.room.channel, user, thread_ts: root, text, blocks };
            match slack.0.api.post(Method::PostEphemeral, &self.room, &request).await {
                Ok(Done {}) => {}
                Err(trouble) if trouble.is(ELSEWHERE) => {
                    let room = slack.direct(&self.room.team, user).await?;
                    return self.directly(&room, None, &encoded.pieces).await;
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    async fn directly(&self, room: &Room, root: Option<&str>, pieces: &[crate::encode::Piece]) -> Result<(), Trouble> {
        for piece in pieces {
            self.slack.post(room, root, piece, None).await?;
        }
        Ok(())
    }
}
