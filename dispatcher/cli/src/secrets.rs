//! `secrets.toml`: what lets this dispatcher into other people's systems. It lies in the folder, closed to everybody
//! else, and is never printed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::home::{Home, write_private};

/// The file's name.
const FILE: &str = "secrets.toml";

/// What is kept.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Secrets {
    /// The Slack app's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) slack: Option<Slack>,
    /// The GitHub App's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) github: Option<Github>,
    /// What lets us into registries of plugins, by their host.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) registries: BTreeMap<String, Login>,
    /// What each generic webhook is signed with, by its name: one, or two while it is rotated.
    pub(crate) hooks: BTreeMap<String, Vec<String>>,
}

/// What lets us into a registry.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The name.
    pub(crate) user: String,
    /// The password, or a token in its place.
    pub(crate) password: String,
}

/// The Slack app's.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Slack {
    /// The app's id, `A…`.
    pub(crate) app: String,
    /// What Slack signs with: one, or two while it is rotated.
    #[serde(default)]
    pub(crate) signing: Vec<String>,
    /// What a socket is opened with, `xapp-…`.
    #[serde(default)]
    pub(crate) app_token: Option<String>,
    /// The bot's token in each workspace, by the workspace's id: `T… = "xoxb-…"`.
    #[serde(default)]
    pub(crate) workspaces: BTreeMap<String, String>,
}

/// The GitHub App's.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Github {
    /// The App's id.
    pub(crate) app_id: u64,
    /// The name it is mentioned by.
    pub(crate) mention: String,
    /// Its private key, PEM.
    pub(crate) private_key: String,
    /// What GitHub signs with: one, or two while it is rotated.
    #[serde(default)]
    pub(crate) webhook: Vec<String>,
    /// With which people link their accounts.
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    /// With which people link their accounts.
    #[serde(default)]
    pub(crate) client_secret: Option<String>,
}

impl Secrets {
    /// Those in the folder; none, if there is no such file. A file that others can read is refused.
    pub(crate) fn load(home: &Home) -> Result<Self> {
        let file = home.at(FILE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("failed to read {}", file.display())),
        };
        let mode = fs::metadata(&file).with_context(|| format!("failed to look at {}", file.display()))?.permissions();
        if mode.mode() & 0o077 != 0 {
            bail!("{} can be read by others; close it: chmod 600 {}", file.display(), file.display());
        }
        // An error of the parser shows the line, which may hold a secret: only its place is told.
        toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| text.get(..span.start).map_or(0, |before| before.lines().count()));
            anyhow!("{} cannot be read, near line {}: {}", file.display(), at.max(1), error.message())
        })
    }

    /// Keeps them, in place of what was there.
    pub(crate) fn save(&self, home: &Home) -> Result<()> {
        let text = toml::to_string_pretty(self).context("failed to write the secrets down")?;
        write_private(&home.at(FILE), &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_back_and_are_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(Some(folder.path())).unwrap();
        assert!(Secrets::load(&home).unwrap().slack.is_none());
        let workspaces = [("T1".to_owned(), "xoxb-1".to_owned())].into();
        let slack = Slack { app: "A1".into(), signing: vec!["s".into()], app_token: None, workspaces };
        let hooks = [("deploys".to_owned(), vec!["h".to_owned()])].into();
        Secrets { slack: Some(slack), github: None, hooks, registries: Default::default() }.save(&home).unwrap();
        let read = Secrets::load(&home).unwrap();
        assert_eq!(read.slack.unwrap().workspaces["T1"], "xoxb-1");

        fs::set_permissions(home.at(FILE), fs::Permissions::from_mode(0o644)).unwrap();
        let refused = Secrets::load(&home).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn an_error_in_the_file_does_not_show_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(Some(folder.path())).unwrap();
        write_private(&home.at(FILE), "[slack]\napp = \"A1\"\nsigning = hush-hush\n").unwrap();
        let refused = Secrets::load(&home).err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(refused.contains("near line 3") && !refused.contains("hush"), "{refused}");
    }
}
