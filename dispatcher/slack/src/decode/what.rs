//! What people do on Slack, in our own slim shape: kept with the delivery, so every version ever written stays readable.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The shape that is written.
const VERSION: u64 = 1;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum What {
    /// Wrote a message.
    Said(Said),
    /// Changed one.
    Edited(Edited),
    /// Took one away.
    Deleted(Deleted),
    /// Put a reaction on one.
    Reacted(Reacted),
    /// Pressed a button, or chose from a list.
    Pressed(Pressed),
    /// Sent a form off.
    Submitted(Submitted),
    /// Typed our slash command.
    Commanded(Commanded),
    /// Took a shortcut.
    Shortcut(Shortcut),
    /// Opened our Home.
    Home(Home),
    /// Pressed Slack's own Stop.
    Stopped(Stopped),
}

/// Who wrote a message, as far as the message says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Author {
    /// The user.
    pub(crate) user: Option<String>,
    /// The user's own workspace, where it is said: another one than the channel's is another company's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<String>,
    /// The program that wrote it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bot: Option<String>,
}

/// A file on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its media type.
    pub(crate) kind: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// Whether Slack keeps it from us: deleted, or over the workspace's limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) gone: bool,
}

/// A message inside a message: forwarded, or an alert's own box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quoted {
    /// Who wrote it, as it says.
    pub(crate) by: Option<String>,
    /// What it says.
    pub(crate) text: String,
    /// Where it is.
    pub(crate) url: Option<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Its timestamp, which is its name.
    pub(crate) ts: String,
    /// The thread it is in, if it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) thread: Option<String>,
    /// Who wrote it.
    pub(crate) author: Author,
    /// What it says, in Slack's own notation.
    pub(crate) text: String,
    /// Whether Slack says that it mentions us.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) mentioned: bool,
    /// Whether it was said to us alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) direct: bool,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<File>,
    /// The messages in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) quoted: Vec<Quoted>,
}

/// A message that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edited {
    /// The message as it is now.
    pub(crate) now: Said,
    /// What it said before, if that is known.
    pub(crate) before: Option<String>,
    /// When it was changed, by Slack's clock: the name of the change.
    pub(crate) edited: String,
}

/// A message that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deleted {
    /// Its timestamp.
    pub(crate) ts: String,
    /// Who wrote it. Who took it away is not said.
    pub(crate) author: Author,
}

/// A reaction that was put on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reacted {
    /// The message.
    pub(crate) ts: String,
    /// Who reacted.
    pub(crate) user: String,
    /// With what, without the colons.
    pub(crate) reaction: String,
    /// When: the name of the reaction.
    pub(crate) event: String,
}

/// A button that was pressed, or an option that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pressed {
    /// The message it is on; none on our Home.
    pub(crate) message: Option<String>,
    /// Who.
    pub(crate) user: String,
    /// Their own workspace, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<String>,
    /// Which element.
    pub(crate) action: String,
    /// In which block.
    pub(crate) block: String,
    /// What it stands for.
    pub(crate) value: String,
    /// What another button of the same block stands for: a list's options are too short to say the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) beside: Option<String>,
    /// Lets a form be opened for some seconds.
    pub(crate) trigger: Option<String>,
    /// When: with who and which, the name of the press.
    pub(crate) pressed: String,
}

/// A form that was sent off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Submitted {
    /// The form.
    pub(crate) view: String,
    /// Its state's name.
    pub(crate) hash: String,
    /// Which of our forms.
    pub(crate) form: String,
    /// What we put along when we opened it.
    pub(crate) along: String,
    /// Who.
    pub(crate) user: String,
    /// Their own workspace, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<String>,
    /// What was filled in, by the name of the element.
    pub(crate) values: std::collections::BTreeMap<String, String>,
}

/// Our slash command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commanded {
    /// Who.
    pub(crate) user: String,
    /// What was typed after it.
    pub(crate) text: String,
    /// Lets a form be opened for some seconds; the name of the command.
    pub(crate) trigger: String,
    /// Whether it was typed where nobody but us reads.
    pub(crate) direct: bool,
}

/// A shortcut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shortcut {
    /// Which.
    pub(crate) callback: String,
    /// The message it was taken on; none for one that is on no message.
    pub(crate) on: Option<Said>,
    /// Who took it.
    pub(crate) user: String,
    /// Their own workspace, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<String>,
    /// Lets a form be opened for some seconds.
    pub(crate) trigger: Option<String>,
}

/// Our Home, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Home {
    /// By whom.
    pub(crate) user: String,
}

/// Slack's own Stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stopped {
    /// Who pressed it.
    pub(crate) user: Option<String>,
    /// When: the name of the press.
    pub(crate) event: String,
}

/// As it is kept.
pub(super) fn written(what: &What) -> Value {
    let mut value = serde_json::to_value(what).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("v".into(), json!(VERSION));
    }
    value
}

/// What was kept, if its version is known.
pub(super) fn read(value: &Value) -> Option<What> {
    (value.get("v")?.as_u64()? == VERSION).then(|| serde_json::from_value(value.clone()).ok())?
}
