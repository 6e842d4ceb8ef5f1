//! Who talks, and where: people, threads and messages, on any chat.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

/// The conversation a run was asked for in and answers in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThreadId {
    /// The chat it is on: the name of the adapter that speaks to it.
    pub chat: String,
    /// The room it is in, by the chat's immutable id.
    pub room: String,
    /// The message it began with, by the chat's id.
    pub root: String,
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.chat, self.room, self.root)
    }
}

/// A message, by the chat's id, unique within its thread's room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);

impl From<&str> for MessageId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// What a person may do, least first. The adapter that saw them resolved it from settings and the forge; no name a
/// person can type has a part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Not one of the team: sees nothing happen.
    Outsider,
    /// Sees; may ask for answers.
    Viewer,
    /// May ask for changes.
    Member,
    /// May approve what workflows reserve for maintainers, and stop anybody's run.
    Maintainer,
    /// May change settings.
    Admin,
}

impl Role {
    /// As people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Outsider => "outsider",
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Maintainer => "maintainer",
            Self::Admin => "admin",
        }
    }
}

/// Someone, on one chat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The chat's name and its immutable id for them, `chat:id`.
    pub id: String,
    /// What to call them. Never compared.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// One message as a person wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id on the chat.
    pub id: MessageId,
    /// Who wrote it.
    pub by: Person,
    /// The text after the mention, as written.
    pub text: String,
    /// What is attached to it. Its bytes stay where they are until somebody asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// A file or an image attached to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id on the chat.
    pub id: String,
    /// Its name, as the person named it. Untrusted.
    pub name: String,
    /// What it is, as the chat says: a media type.
    pub kind: String,
    /// How long it is.
    pub bytes: u64,
}

impl Message {
    /// The key under which a delivery of this message is recorded: one message is one delivery, whatever envelopes
    /// it comes in.
    pub fn key(&self, thread: &ThreadId) -> String {
        format!("{}:{}:{}", thread.chat, thread.room, self.id.0)
    }
}
