//! A Slack channel in its workspace: what a thread's room is.

use signalbox_domain::talk::ThreadId;
use signalbox_ports::Error;

use crate::CHAT;

/// A channel, a group or a direct message, in its workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Room {
    /// The workspace, `T…`.
    pub(crate) team: String,
    /// The channel, `C…`, `G…` or `D…`.
    pub(crate) channel: String,
}

impl Room {
    /// A channel of a workspace.
    pub(crate) fn new(team: impl Into<String>, channel: impl Into<String>) -> Self {
        Self { team: team.into(), channel: channel.into() }
    }

    /// The room of a thread of ours.
    pub(crate) fn of(thread: &ThreadId) -> Result<Self, Error> {
        match thread.room.split_once('/') {
            Some((team, channel)) if thread.chat == CHAT && !team.is_empty() && !channel.is_empty() => {
                Ok(Self::new(team, channel))
            }
            Some(_) | None => Err(Error::rejected(format!(
                "the thread {thread} is not on Slack: its room should be a workspace and a channel, `T…/C…`"
            ))),
        }
    }

    /// The thread that began with a message of this room.
    pub(crate) fn thread(&self, root: impl Into<String>) -> ThreadId {
        ThreadId { chat: CHAT.into(), room: format!("{}/{}", self.team, self.channel), root: root.into() }
    }

    /// As one name.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.team, self.channel)
    }

    /// Whether it is a direct message with one person.
    pub(crate) fn direct(&self) -> bool {
        self.channel.starts_with('D')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_names_its_workspace_and_channel() {
        let room = Room::new("T1", "C1");
        assert_eq!(Room::of(&room.thread("1.2")), Ok(room));
        let elsewhere = ThreadId { chat: "console".into(), room: "T1/C1".into(), root: "1".into() };
        assert!(Room::of(&elsewhere).is_err());
    }
}
