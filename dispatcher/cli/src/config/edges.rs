//! Where people are besides the page: Slack, GitHub, and what may be asked for where.

use std::collections::BTreeMap;

use serde::Deserialize;
use signalbox_domain::talk::Role;

/// Slack. What lets us in is in `secrets.toml`; `signalbox setup slack` writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Slack {
    /// What full members of a workspace may do who are not named in `[roles]`.
    pub(crate) members: Role,
    /// Hear from Slack through a socket that this dispatcher opens, so that Slack need not reach it.
    pub(crate) socket: bool,
    /// Channels that are read again after an outage, besides those where something is open: by workspace.
    pub(crate) watch: BTreeMap<String, Vec<String>>,
    /// The slash command, with its slash; empty for none.
    pub(crate) command: String,
    /// The emoji that asks for the message it is put on, without colons; empty for none.
    pub(crate) emoji: String,
    /// The message shortcut.
    pub(crate) shortcut: bool,
    /// Direct messages.
    pub(crate) direct: bool,
    /// Files and images that come with a message.
    pub(crate) files: bool,
    /// The app's home.
    pub(crate) home: bool,
    /// Declared as an agent: sessions with their native stop.
    pub(crate) agent: bool,
    /// Where Slack's methods are, if that is not Slack.
    pub(crate) api_url: Option<String>,
}

/// GitHub. What lets us in is in `secrets.toml`; `signalbox setup github` writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Github {
    /// Fetch what GitHub has for us, so that GitHub need not reach this dispatcher.
    pub(crate) forward: bool,
    /// The label that asks for an issue to be worked on; empty for none.
    pub(crate) label: String,
    /// The login that stands for us where work is assigned, if that is not the App's own.
    pub(crate) assignee: Option<String>,
    /// Ask people of other chats who they are at GitHub, and let them do what they may do there.
    pub(crate) link: bool,
    /// Programs that may ask: the id of the account each acts under, and the id of its App.
    pub(crate) bots: BTreeMap<String, u64>,
    /// Where the API is, if that is not api.github.com.
    pub(crate) api_url: Option<String>,
    /// Where people and git go, if that is not github.com.
    pub(crate) web_url: Option<String>,
}

/// What may be asked for in a room, whoever asks. What is left out is no bound.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bound {
    /// The room: `slack:T…/C…`, `github:owner/name`, `console:general`.
    pub(crate) room: String,
    /// Repositories, as globs: `acme/*`.
    #[serde(default)]
    pub(crate) repositories: Vec<String>,
    /// Workflows.
    #[serde(default)]
    pub(crate) workflows: Vec<String>,
    /// The least role that may ask there.
    pub(crate) role: Option<Role>,
}

impl Bound {
    /// As the engine keeps it.
    pub(crate) fn for_engine(&self) -> signalbox_engine::Room {
        signalbox_engine::Room {
            repositories: self.repositories.clone(),
            workflows: self.workflows.clone(),
            role: self.role,
        }
    }
}

impl Default for Slack {
    fn default() -> Self {
        Self {
            members: Role::Member,
            socket: false,
            watch: BTreeMap::new(),
            command: "/signalbox".into(),
            emoji: "signalbox".into(),
            shortcut: true,
            direct: true,
            files: true,
            home: true,
            agent: true,
            api_url: None,
        }
    }
}

impl Default for Github {
    fn default() -> Self {
        Self {
            forward: false,
            label: "signalbox".into(),
            assignee: None,
            link: false,
            bots: BTreeMap::new(),
            api_url: None,
            web_url: None,
        }
    }
}
