//! Slack's methods that we call, and how often each may be called.

use signalbox_domain::time::Span;
use signalbox_posting::bucket::Limit;

/// A method of Slack's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    AuthTest,
    PostMessage,
    PostEphemeral,
    Update,
    Delete,
    Replies,
    History,
    RoomInfo,
    Permalink,
    OurRooms,
    OpenRoom,
    AddReaction,
    RemoveReaction,
    GetReactions,
    UserInfo,
    FileInfo,
    UploadUrl,
    Upload,
    CompleteUpload,
    SessionStatus,
    OpenView,
    PublishView,
    OpenConnection,
}

/// One message a second and channel, with short bursts.
const POSTS: &[Limit] = &[Limit::Rate { every: Span(1_000), burst: 3 }];
/// Slack's tier 2: 20 a minute.
const TIER_2: &[Limit] = &[Limit::Window { count: 19, per: MINUTE }];
/// Slack's tier 3: 50 a minute.
const TIER_3: &[Limit] = &[Limit::Window { count: 48, per: MINUTE }];
/// Slack's tier 4, and what Slack calls special: 100 a minute.
const TIER_4: &[Limit] = &[Limit::Window { count: 96, per: MINUTE }];
/// A little over one, for what travels is not evenly fast.
const MINUTE: Span = Span(61_000);

impl Method {
    /// As Slack calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AuthTest => "auth.test",
            Self::PostMessage => "chat.postMessage",
            Self::PostEphemeral => "chat.postEphemeral",
            Self::Update => "chat.update",
            Self::Delete => "chat.delete",
            Self::Replies => "conversations.replies",
            Self::History => "conversations.history",
            Self::RoomInfo => "conversations.info",
            Self::Permalink => "chat.getPermalink",
            Self::OurRooms => "users.conversations",
            Self::OpenRoom => "conversations.open",
            Self::AddReaction => "reactions.add",
            Self::RemoveReaction => "reactions.remove",
            Self::GetReactions => "reactions.get",
            Self::UserInfo => "users.info",
            Self::FileInfo => "files.info",
            Self::UploadUrl => "files.getUploadURLExternal",
            Self::Upload => "files.upload",
            Self::CompleteUpload => "files.completeUploadExternal",
            Self::SessionStatus => "agents.sessions.setStatus",
            Self::OpenView => "views.open",
            Self::PublishView => "views.publish",
            Self::OpenConnection => "apps.connections.open",
        }
    }

    /// How often it may be called.
    pub(crate) fn limits(self) -> &'static [Limit] {
        match self {
            Self::PostMessage => POSTS,
            Self::RemoveReaction => TIER_2,
            Self::Update
            | Self::Delete
            | Self::Replies
            | Self::History
            | Self::RoomInfo
            | Self::OurRooms
            | Self::OpenRoom
            | Self::AddReaction
            | Self::GetReactions
            | Self::SessionStatus => TIER_3,
            Self::PostEphemeral
            | Self::UserInfo
            | Self::Permalink
            | Self::FileInfo
            | Self::UploadUrl
            | Self::Upload
            | Self::CompleteUpload
            | Self::OpenView
            | Self::PublishView
            | Self::AuthTest => TIER_4,
            // Tier 1 allows one a minute and some more; a socket is opened seldom.
            Self::OpenConnection => TIER_2,
        }
    }

    /// Whether each channel has its own limit; else a workspace has one.
    pub(crate) fn per_room(self) -> bool {
        self == Self::PostMessage
    }

    /// What we wanted to do with it, completing "Slack did not let me …".
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::AuthTest => "ask who I am",
            Self::PostMessage => "post a message",
            Self::PostEphemeral => "tell somebody something privately",
            Self::Update => "edit my message",
            Self::Delete => "take back my message",
            Self::Replies => "read the thread",
            Self::History => "read the channel",
            Self::RoomInfo => "look up the channel",
            Self::Permalink => "look up where a message is",
            Self::OurRooms => "list the channels I am in",
            Self::OpenRoom => "write a direct message",
            Self::AddReaction | Self::RemoveReaction | Self::GetReactions => "react to a message",
            Self::UserInfo => "look up who somebody is",
            Self::FileInfo => "look up a file",
            Self::UploadUrl | Self::Upload | Self::CompleteUpload => "upload a file",
            Self::SessionStatus => "show how the work stands",
            Self::OpenView | Self::PublishView => "show a page",
            Self::OpenConnection => "open a socket",
        }
    }
}
