//! What the edge hands in, in our own words: slim, versioned, kept as long as deliveries are.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalbox_domain::id::{Repository, RunId};
use signalbox_domain::talk::MessageId;

/// Something that happened on GitHub and may concern us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Received {
    /// Where.
    pub(crate) repository: Repository,
    /// Its immutable id. What was received before ids were read has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repository_id: Option<u64>,
    /// Who did it.
    pub(crate) by: Account,
    /// What they did.
    pub(crate) what: What,
}

/// An account, as GitHub names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Its immutable id.
    pub(crate) id: u64,
    /// Its name. Never compared with anybody's.
    pub(crate) login: String,
    /// Whether it is a program's.
    pub(crate) bot: bool,
    /// The App through which it acted, if not by its own hand.
    pub(crate) via: Option<u64>,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum What {
    /// They wrote, or changed what was written.
    Wrote {
        /// Where in the thread.
        spot: Spot,
        /// The words as they are now.
        text: Text,
        /// Whether it stood there before.
        edited: bool,
        /// The pull request it is on, if it is on one.
        pull: Option<Pull>,
    },
    /// They took something away that was written.
    Erased {
        /// Where in the thread.
        spot: Spot,
    },
    /// They asked without a word of their own: by our label, or by giving it to us.
    Handed {
        /// What was done.
        how: Handing,
        /// When GitHub says that was.
        stamp: String,
        /// The issue's or pull request's own words.
        text: Text,
    },
    /// They took back what asked for us, or closed it.
    Left {
        /// What was done.
        how: Leaving,
        /// When GitHub says that was.
        stamp: String,
        /// The pull request it is, if it is one.
        pull: Option<Pull>,
    },
    /// They reviewed a pull request.
    Reviewed {
        /// The review.
        id: u64,
        /// What they say of the whole.
        verdict: Verdict,
        /// Where people look at it.
        url: String,
        /// What they wrote about the whole.
        text: Text,
        /// The commit they looked at.
        commit: Option<String>,
        /// The pull request.
        pull: Pull,
    },
    /// They pressed a button of a check that is ours.
    Pressed {
        /// The run whose check it is.
        run: RunId,
        /// Which button.
        button: String,
        /// What tells this press from another one.
        stamp: String,
    },
    /// Checks of a run's branch moved on.
    Stirred {
        /// The run that the branch is named after.
        run: RunId,
        /// What tells this from the next time.
        stamp: String,
    },
}

/// How somebody asked without words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Handing {
    /// By our label.
    Label,
    /// By assigning us.
    Assignment,
}

/// How somebody said without words that it is not wanted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Leaving {
    /// The issue or pull request was closed, and not merged.
    Closed,
    /// Our label was taken off.
    Label,
    /// We are assigned no longer.
    Assignment,
}

/// What a review says of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It is good.
    Approved,
    /// It has to change.
    Asked,
    /// Neither.
    Remarked,
}

/// Something written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Text {
    /// The title, of what has one.
    pub(crate) title: Option<String>,
    /// The words, in GitHub's Markdown.
    pub(crate) body: String,
    /// When it was first written, as GitHub says.
    pub(crate) created: String,
    /// When it was changed last, as GitHub says.
    pub(crate) updated: String,
}

/// A place in a thread where words are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "spot", content = "of", rename_all = "snake_case")]
pub(crate) enum Spot {
    /// The issue or the pull request itself, by its number.
    Issue(u64),
    /// A comment.
    Comment(u64),
    /// A review.
    Review(u64),
    /// A comment on lines.
    ReviewComment(u64),
}

/// What is known of a pull request from what happened on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pull {
    /// Its number.
    pub(crate) number: u64,
    /// The run that says it opened it. Whether that is so is for the run's own record to say.
    pub(crate) run: Option<RunId>,
}

/// The shapes ever handed in.
#[derive(Serialize, Deserialize)]
#[serde(tag = "format")]
enum Format {
    #[serde(rename = "1")]
    One(Received),
}

impl Received {
    /// As a delivery carries it.
    pub(crate) fn store(self) -> Value {
        // Strings, numbers and maps with string keys: there is nothing in it that JSON cannot say.
        serde_json::to_value(Format::One(self)).unwrap_or(Value::Null)
    }

    /// Of a delivery, of this or an older version.
    pub(crate) fn load(value: &Value) -> Result<Self, serde_json::Error> {
        let Format::One(received) = Format::deserialize(value)?;
        Ok(received)
    }
}

impl Spot {
    /// As the chat's message id.
    pub(crate) fn message(&self) -> MessageId {
        MessageId(match self {
            Self::Issue(number) => format!("issue:{number}"),
            Self::Comment(id) => format!("comment:{id}"),
            Self::Review(id) => format!("review:{id}"),
            Self::ReviewComment(id) => format!("review-comment:{id}"),
        })
    }

    /// Of a message id that this chat made.
    pub(crate) fn parse(message: &MessageId) -> Option<Self> {
        let (kind, id) = message.0.split_once(':')?;
        let id = id.parse().ok()?;
        match kind {
            "issue" => Some(Self::Issue(id)),
            "comment" => Some(Self::Comment(id)),
            "review" => Some(Self::Review(id)),
            "review-comment" => Some(Self::ReviewComment(id)),
            _ => None,
        }
    }
}

impl Account {
    /// Its immutable id, as a person's.
    pub(crate) fn person_id(&self) -> String {
        format!("github:{}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_ever_written_is_read() {
        let version_1 = include_str!("received-1.json");
        let value: Value = serde_json::from_str(version_1).unwrap();
        for each in value.as_array().unwrap() {
            let read = Received::load(each).unwrap();
            assert_eq!(&read.store(), each, "what was read is written as it was");
        }
    }

    #[test]
    fn a_message_id_names_its_place() {
        for spot in [Spot::Issue(7), Spot::Comment(1), Spot::Review(2), Spot::ReviewComment(3)] {
            assert_eq!(Spot::parse(&spot.message()), Some(spot));
        }
        assert_eq!(Spot::parse(&"comment:x".into()), None);
        assert_eq!(Spot::parse(&"check:1".into()), None);
    }
}
