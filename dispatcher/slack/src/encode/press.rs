//! What a button says when it is pressed: which run and message it belongs to, and what it does.
//!
//! It proves nothing: whoever presses is asked for their role when it comes back.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::{Digest, RunId};
use signalbox_domain::post::Action;
use signalbox_domain::talk::ThreadId;
use signalbox_ports::Error;
use signalbox_ports::notes::Notes;

use crate::CHAT;

/// Where the long ones are noted.
const PRESSES: &str = "slack/press/";
/// The longest value of a button.
const MAX_VALUE: usize = 2_000;
/// What the value of a long one begins with.
const KEPT: &str = "kept:";

/// A press of a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Press {
    /// The run.
    pub(crate) run: RunId,
    /// Which of its messages, by its key.
    pub(crate) slot: String,
    /// The room of the run's thread.
    pub(crate) room: String,
    /// The root of the run's thread.
    pub(crate) root: String,
    /// What it does.
    pub(crate) action: Action,
}

impl Press {
    /// The thread of the run, wherever the button was.
    pub(crate) fn thread(&self) -> ThreadId {
        ThreadId { chat: CHAT.into(), room: self.room.clone(), root: self.root.clone() }
    }

    /// The value of the button; with what has to be noted before the button is shown, if it is too long.
    pub(super) fn value(&self) -> (String, Option<(String, String)>) {
        let whole = serde_json::to_string(self).unwrap_or_default();
        if whole.chars().count() <= MAX_VALUE {
            return (whole, None);
        }
        let digest = Digest::of(whole.as_bytes());
        (format!("{KEPT}{digest}"), Some((format!("{PRESSES}{digest}"), whole)))
    }

    /// What a button's value stands for. Nothing: it is none of ours, or not of this version.
    pub(crate) async fn read(value: &str, notes: &dyn Notes) -> Result<Option<Self>, Error> {
        let Some(digest) = value.strip_prefix(KEPT) else { return Ok(serde_json::from_str(value).ok()) };
        let note = notes.get(&format!("{PRESSES}{digest}")).await?;
        Ok(note.and_then(|note| serde_json::from_str(&note.value).ok()))
    }
}
