//! What somebody set for themselves.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::Repository;
use signalbox_ports::Error;

use crate::Slack;

/// What somebody set for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defaults {
    /// Where their requests go if nothing else says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
    /// Whether they are told of every step.
    #[serde(default)]
    pub verbose: bool,
}

impl Slack {
    /// What somebody set for themselves.
    pub(crate) async fn defaults(&self, team: &str, user: &str) -> Result<Defaults, Error> {
        let note = self.0.notes.get(&key(team, user)).await?;
        // One of a version to come is as good as none.
        Ok(note.and_then(|note| serde_json::from_str(&note.value).ok()).unwrap_or_default())
    }

    /// Keeps what somebody set for themselves. Of two at once the later one holds.
    pub(crate) async fn set_defaults(&self, team: &str, user: &str, defaults: &Defaults) -> Result<(), Error> {
        let key = key(team, user);
        let value = serde_json::to_string(defaults).map_err(Error::rejected)?;
        let version = match self.0.notes.get(&key).await? {
            Some(note) if note.value == value => return Ok(()),
            Some(note) => note.version,
            None => 0,
        };
        self.0.notes.put(&key, &value, version).await?;
        Ok(())
    }
}

fn key(team: &str, user: &str) -> String {
    format!("slack/defaults/{team}/{user}")
}
