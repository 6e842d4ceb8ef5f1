//! Messages of ours: posted, edited, taken back.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use slack_morphism::prelude::{SlackApiChatPostMessageRequest, SlackApiChatUpdateRequest};
use slack_morphism::{SlackChannelId, SlackMessageContent, SlackMessageMetadata, SlackTs};

use crate::Slack;
use crate::api::{Method, Room, Trouble};
use crate::encode::Piece;

/// What Slack says when a message is not there (any more).
pub(crate) const GONE: &[&str] = &["message_not_found", "thread_not_found"];
/// What Slack says when a message is there and cannot be changed.
const FIXED: &[&str] = &["cant_update_message", "edit_window_closed", "is_inactive"];
/// The most messages of a page. Slack takes 999, and asks for less.
const PAGE: &str = "200";
/// The most pages of a thread: more is no conversation.
const MAX_PAGES: usize = 40;

#[derive(Deserialize)]
struct Posted {
    ts: String,
}

#[derive(Deserialize)]
struct Replies {
    #[serde(default)]
    messages: Vec<Value>,
    response_metadata: Option<Cursor>,
}

#[derive(Deserialize)]
struct Cursor {
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Delete<'a> {
    channel: &'a str,
    ts: &'a str,
}

#[derive(Deserialize)]
struct Done {}

impl Slack {
    /// Posts a message into a thread, or into the channel itself. Its name comes back.
    pub(crate) async fn post(
        &self,
        room: &Room,
        root: Option<&str>,
        piece: &Piece,
        metadata: Option<SlackMessageMetadata>,
    ) -> Result<String, Trouble> {
        let request =
            SlackApiChatPostMessageRequest::new(SlackChannelId(room.channel.clone()), content(piece, metadata))
                .opt_thread_ts(root.map(|root| SlackTs(root.into())))
                .with_unfurl_links(false)
                .with_unfurl_media(false);
        let Posted { ts } = self.0.api.post(Method::PostMessage, room, &request).await?;
        Ok(ts)
    }

    /// Puts a message in place of one of ours. False: there is none that could be changed.
    pub(crate) async fn edit(
        &self,
        room: &Room,
        ts: &str,
        piece: &Piece,
        metadata: Option<SlackMessageMetadata>,
    ) -> Result<bool, Trouble> {
        let channel = SlackChannelId(room.channel.clone());
        let request = SlackApiChatUpdateRequest::new(channel, content(piece, metadata), SlackTs(ts.into()));
        match self.0.api.post(Method::Update, room, &request).await {
            Ok(Done {}) => Ok(true),
            Err(trouble) if trouble.is(GONE) || trouble.is(FIXED) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    /// Takes one of our messages back. One that is gone is no trouble.
    pub(crate) async fn take_back(&self, room: &Room, ts: &str) -> Result<(), Trouble> {
        match self.0.api.post(Method::Delete, room, &Delete { channel: &room.channel, ts }).await {
            Ok(Done {}) => Ok(()),
            Err(trouble) if trouble.is(GONE) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// A whole thread as Slack tells it, oldest first, with what we keep in messages of ours.
    pub(crate) async fn thread(&self, room: &Room, root: &str) -> Result<Vec<Value>, Trouble> {
        let mut messages = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let parameters = [
                ("channel", Some(room.channel.as_str())),
                ("ts", Some(root)),
                ("limit", Some(PAGE)),
                ("include_all_metadata", Some("true")),
                ("cursor", cursor.as_deref()),
            ];
            let page: Replies = self.0.api.get(Method::Replies, room, &parameters).await?;
            messages.extend(page.messages);
            cursor = page.response_metadata.and_then(|it| it.next_cursor).filter(|next| !next.is_empty());
            if cursor.is_none() {
                return Ok(messages);
            }
        }
        Err(Trouble::Rejected(format!(
            "the thread is longer than {MAX_PAGES} pages, so it cannot be told whether I said this before: go on in a new \
             thread"
        )))
    }
}

fn content(piece: &Piece, metadata: Option<SlackMessageMetadata>) -> SlackMessageContent {
    SlackMessageContent::new().with_text(piece.text.clone()).with_blocks(piece.blocks.clone()).opt_metadata(metadata)
}
