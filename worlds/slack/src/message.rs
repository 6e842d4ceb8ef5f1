//! Messages as they are kept: what was said, by whom, what it said before, and who reacted.

use serde_json::Value;

use crate::ids::{AppId, BotId, FileId, Ts, UserId};

#[derive(Clone, Debug)]
pub(crate) enum Author {
    Person(UserId),
    App { user: UserId, bot: BotId, app: AppId, username: Option<String>, icon_emoji: Option<String> },
}

impl Author {
    pub(crate) fn user(&self) -> &UserId {
        match self {
            Self::Person(user) | Self::App { user, .. } => user,
        }
    }
}

/// What a message says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) blocks: Vec<Value>,
    pub(crate) attachments: Vec<Value>,
    pub(crate) files: Vec<FileId>,
    pub(crate) metadata: Option<Value>,
}

#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) at: Ts,
    pub(crate) by: UserId,
    /// What it said before.
    pub(crate) before: Content,
}

#[derive(Clone, Debug)]
pub(crate) struct Reaction {
    pub(crate) name: String,
    pub(crate) users: Vec<UserId>,
}

/// A message that is being written while it is read.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// Who sees it live; nobody else does in a channel.
    pub(crate) reader: Option<UserId>,
    pub(crate) open: bool,
    /// When it was last written to, in milliseconds.
    pub(crate) touched: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) ts: Ts,
    /// The first message of its thread, for a reply.
    pub(crate) thread: Option<Ts>,
    pub(crate) author: Author,
    pub(crate) content: Content,
    pub(crate) subtype: Option<String>,
    pub(crate) client_msg_id: Option<String>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) reactions: Vec<Reaction>,
    /// The only person who sees it, for an ephemeral message.
    pub(crate) only_for: Option<UserId>,
    pub(crate) deleted: bool,
    /// A reply that is shown in the channel, too.
    pub(crate) broadcast: bool,
    pub(crate) stream: Option<Stream>,
    /// Whether Slack may look up the links in it.
    pub(crate) unfurls: bool,
}

impl Message {
    pub(crate) fn new(ts: Ts, author: Author, content: Content) -> Self {
        Self {
            ts,
            thread: None,
            author,
            content,
            subtype: None,
            client_msg_id: None,
            edits: Vec::new(),
            reactions: Vec::new(),
            only_for: None,
            deleted: false,
            broadcast: false,
            stream: None,
            unfurls: true,
        }
    }

    /// The first message of its thread: itself, when it is no reply.
    pub(crate) fn root(&self) -> &Ts {
        self.thread.as_ref().unwrap_or(&self.ts)
    }

    /// Whether everybody in the channel can read it.
    pub(crate) fn is_public(&self) -> bool {
        self.only_for.is_none() && !self.deleted
    }
}
