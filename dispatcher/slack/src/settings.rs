//! What an installation decides about its Slack: workspaces, secrets, who may do what, what is switched on.

use signalbox_domain::identity::Roles;
pub use signalbox_webhook::Secret;

/// Where Slack's methods are, for everybody.
pub const API: &str = "https://slack.com/api";

/// One Slack app in one or more workspaces.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The app's id, `A…`: what is signed for another app is not ours.
    pub app: String,
    /// The workspaces it is installed in.
    pub workspaces: Vec<Workspace>,
    /// What Slack signs requests with: one, or two while it is rotated. None: the edge stays shut.
    pub signing_secrets: Vec<Secret>,
    /// What a socket is opened with (`xapp-…`), where Slack cannot reach the edge.
    pub app_token: Option<Secret>,
    /// Where Slack's methods are: [`API`], or a Slack of one's own.
    pub api_url: String,
    /// Where people reach the console, for links: no slash at its end.
    pub console_url: Option<String>,
    /// What is switched on.
    pub features: Features,
    /// Who may do what.
    pub roles: Roles,
}

/// A workspace the app is installed in.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its id, `T…`.
    pub team: String,
    /// What the app acts there with, `xoxb-…`.
    pub bot_token: Secret,
    /// Channels that are re-read after an outage besides those of open runs, `C…`.
    pub watched: Vec<String>,
}

/// The ways in and out that are switched on. The manifest asks for what these need and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    /// The slash command, with its slash.
    pub command: Option<String>,
    /// The message shortcut.
    pub shortcut: bool,
    /// The emoji that asks for the message it is put on, without colons.
    pub emoji: Option<String>,
    /// Direct messages.
    pub direct: bool,
    /// Files and images that come with a message.
    pub files: bool,
    /// The app's home: my runs, my defaults, spend.
    pub home: bool,
    /// Declared as an agent: sessions with their native stop.
    pub agent: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            command: Some("/signalbox".into()),
            shortcut: true,
            emoji: Some("signalbox".into()),
            direct: true,
            files: true,
            home: true,
            agent: true,
        }
    }
}

impl Settings {
    /// An app with every feature on, in no workspace yet.
    pub fn new(app: impl Into<String>) -> Self {
        Self {
            app: app.into(),
            workspaces: Vec::new(),
            signing_secrets: Vec::new(),
            app_token: None,
            api_url: API.into(),
            console_url: None,
            features: Features::default(),
            roles: Roles::default(),
        }
    }

    /// The workspace of a team.
    pub fn workspace(&self, team: &str) -> Option<&Workspace> {
        self.workspaces.iter().find(|workspace| workspace.team == team)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_can_be_printed_without_giving_anything_away() {
        let mut settings = Settings::new("A1");
        settings.signing_secrets.push(Secret::new("hush-1"));
        settings.app_token = Some(Secret::new("xapp-hush-2"));
        let bot_token = Secret::new("xoxb-hush-3");
        settings.workspaces.push(Workspace { team: "T1".into(), bot_token, watched: Vec::new() });
        let printed = format!("{settings:?}");
        assert!(!printed.contains("hush"), "{printed}");
        assert!(printed.contains("Secret(…)"), "{printed}");
    }
}
