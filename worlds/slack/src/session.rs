//! Agent sessions: what an app says it is doing in a thread, and the Stop button that goes with it.

use crate::ids::{AppId, ChannelId, Ts, UserId};

/// What an agent says it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Ready for the next message.
    Active,
    /// Working: the person sees a Stop button.
    Processing,
    /// Waiting for a person.
    Suspended,
    /// Over.
    Closed,
}

impl Status {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "active" => Some(Self::Active),
            "processing" => Some(Self::Processing),
            "suspended" => Some(Self::Suspended),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }

    /// As Slack writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Processing => "processing",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }
}

/// One agent's session in one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub app: AppId,
    /// Where.
    pub channel: ChannelId,
    /// In which thread.
    pub thread: Ts,
    /// Its title, for finding it again.
    pub title: String,
    /// Who began it.
    pub initiator: Option<UserId>,
    /// Every status it was given, with the time in milliseconds; the last one holds.
    pub history: Vec<(u64, Status)>,
    /// Whether a person pressed Stop and the status has not moved since.
    pub stopping: bool,
}

impl Session {
    /// Its status now.
    pub fn status(&self) -> Status {
        self.history.last().map_or(Status::Active, |(_, status)| *status)
    }
}
