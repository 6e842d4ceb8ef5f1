//! Channels and direct messages, and what was said in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::ids::{ChannelId, TeamId, Ts, UserId};
use crate::message::Message;

/// What kind of conversation it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Public,
    Private,
    /// Between one person and one app (or another person).
    Direct(UserId, UserId),
    Group,
}

impl Sort {
    /// As in `channel_type` of events.
    pub(crate) fn event_type(&self) -> &'static str {
        match self {
            Self::Public => "channel",
            Self::Private => "group",
            Self::Direct(..) => "im",
            Self::Group => "mpim",
        }
    }

    /// As in scopes and subscriptions: `channels:history`, `message.channels`.
    pub(crate) fn family(&self) -> &'static str {
        match self {
            Self::Public => "channels",
            Self::Private => "groups",
            Self::Direct(..) => "im",
            Self::Group => "mpim",
        }
    }

    /// As in `types` of `conversations.list`.
    pub(crate) fn listed_as(&self) -> &'static str {
        match self {
            Self::Public => "public_channel",
            Self::Private => "private_channel",
            Self::Direct(..) => "im",
            Self::Group => "mpim",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) team: TeamId,
    pub(crate) name: String,
    pub(crate) sort: Sort,
    pub(crate) topic: String,
    pub(crate) members: BTreeSet<UserId>,
    /// Other workspaces it is shared with, by Slack Connect.
    pub(crate) shared: BTreeSet<TeamId>,
    pub(crate) archived: bool,
    pub(crate) messages: BTreeMap<Ts, Message>,
}

impl Channel {
    pub(crate) fn is_in(&self, team: &TeamId) -> bool {
        &self.team == team || self.shared.contains(team)
    }

    /// Replies that can be read, oldest first.
    pub(crate) fn replies(&self, root: &Ts) -> impl Iterator<Item = &Message> {
        self.messages.values().filter(move |message| message.thread.as_ref() == Some(root) && message.is_public())
    }

    /// The channel as `user` of an app in `team` is told about it.
    pub(crate) fn json(&self, team: &TeamId, user: &UserId) -> Value {
        let mut channel = json!({
            "id": self.id.0,
            "created": 1_600_000_000,
            "is_archived": self.archived,
            "is_im": false,
            "is_mpim": self.sort == Sort::Group,
            "is_org_shared": false,
            "context_team_id": team.0,
            "updated": 1_600_000_000_000_u64,
        });
        if let Sort::Direct(one, other) = &self.sort {
            let with = if one == user { other } else { one };
            channel["is_im"] = json!(true);
            channel["user"] = json!(with.0);
            channel["is_user_deleted"] = json!(false);
            channel["priority"] = json!(0);
            return channel;
        }
        channel["name"] = json!(self.name);
        channel["name_normalized"] = json!(self.name);
        channel["is_channel"] = json!(self.sort == Sort::Public);
        channel["is_group"] = json!(self.sort == Sort::Private);
        channel["is_private"] = json!(self.sort != Sort::Public);
        channel["is_general"] = json!(self.name == "general");
        channel["is_shared"] = json!(!self.shared.is_empty());
        channel["is_ext_shared"] = json!(!self.shared.is_empty());
        channel["is_member"] = json!(self.members.contains(user));
        channel["creator"] = json!("USLACKBOT");
        channel["topic"] = json!({ "value": self.topic, "creator": "USLACKBOT", "last_set": 1_600_000_000 });
        channel["purpose"] = json!({ "value": "", "creator": "", "last_set": 0 });
        channel["previous_names"] = json!([]);
        channel
    }
}
