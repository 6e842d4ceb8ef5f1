//! Apps: what they may do, where they are reached, and their face in a workspace.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ids::{AppId, BotId, TeamId, UserId};

/// What an app is registered with: its manifest, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSpec {
    /// Its name, and that of its bot user.
    pub name: String,
    /// Secret of its signatures.
    pub signing_secret: String,
    /// Bot scopes: `chat:write`, `reactions:read` …
    pub scopes: BTreeSet<String>,
    /// Events it is subscribed to: `app_mention`, `message.channels` …
    pub events: BTreeSet<String>,
    /// Slash commands, with the slash.
    pub commands: BTreeSet<String>,
    /// Callback ids of its shortcuts on messages and in the launcher.
    pub shortcuts: BTreeSet<String>,
    /// Whether it is declared an agent: only then has it sessions.
    pub agent: bool,
    /// Whether Slack talks to it over web sockets that it opens, instead of to its URLs.
    pub socket_mode: bool,
}

/// Every bot scope this Slack knows a use for.
const SCOPES: [&str; 24] = [
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "users:read",
    "users:read.email",
    "channels:join",
];

/// Every event this Slack sends.
const EVENTS: [&str; 11] = [
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
];

impl AppSpec {
    /// An app that may do everything, hears everything and is an agent. Take away what the story is about.
    pub fn everything(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            signing_secret: format!("{name}-signing-secret"),
            scopes: SCOPES.into_iter().map(str::to_owned).collect(),
            events: EVENTS.into_iter().map(str::to_owned).collect(),
            commands: [format!("/{name}")].into(),
            shortcuts: BTreeSet::new(),
            agent: true,
            socket_mode: false,
        }
    }

    /// The same without a scope.
    #[must_use]
    pub fn without_scope(mut self, scope: &str) -> Self {
        self.scopes.remove(scope);
        self
    }

    /// The same without the subscription to an event.
    #[must_use]
    pub fn without_event(mut self, event: &str) -> Self {
        self.events.remove(event);
        self
    }

    /// The same, not declared an agent.
    #[must_use]
    pub fn without_agent(mut self) -> Self {
        self.agent = false;
        self
    }

    /// The same with a shortcut, on messages and in the launcher.
    #[must_use]
    pub fn with_shortcut(mut self, callback: &str) -> Self {
        self.shortcuts.insert(callback.to_owned());
        self
    }

    /// The same with a slash command.
    #[must_use]
    pub fn with_command(mut self, command: &str) -> Self {
        self.commands.insert(command.to_owned());
        self
    }

    /// The same in Socket Mode.
    #[must_use]
    pub fn with_socket_mode(mut self) -> Self {
        self.socket_mode = true;
        self
    }
}

/// The URLs at which an app hears from Slack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls {
    /// Events.
    pub events: String,
    /// Buttons, shortcuts and views.
    pub interactions: String,
    /// What a select with search asks for.
    pub options: String,
    /// Slash commands.
    pub commands: String,
}

impl Urls {
    /// One URL for all of it.
    pub fn all(url: &str) -> Self {
        Self { events: url.to_owned(), interactions: url.to_owned(), options: url.to_owned(), commands: url.to_owned() }
    }
}

/// An app as its owner sees it after registering it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub id: AppId,
    /// Secret of the signatures on what Slack sends it.
    pub signing_secret: String,
    /// App-level token (`xapp-…`), for Socket Mode.
    pub app_token: String,
}

/// An app in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Which app.
    pub app: AppId,
    /// In which workspace.
    pub team: TeamId,
    /// Bot token (`xoxb-…`).
    pub token: String,
    /// Its user there: who is mentioned.
    pub user: UserId,
    /// Its bot id there: who messages are from.
    pub bot: BotId,
}

/// An app as kept.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) id: AppId,
    pub(crate) spec: AppSpec,
    pub(crate) urls: Urls,
    pub(crate) app_token: String,

    pub(crate) verification_token: String,
    pub(crate) manifest: Option<Value>,
}

/// An installation as kept.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) public: Installed,
    pub(crate) revoked: bool,
}
