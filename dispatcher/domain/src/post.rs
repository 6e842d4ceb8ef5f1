//! What is shown in a thread, in no chat's own words: lines of spans, and buttons.
//!
//! Whatever an agent, a repository or a person wrote travels as [`Span::Untrusted`] or [`Line::Quote`]; the adapter's
//! encoder neutralises mentions, disguised links and images in it. Buttons are only ever ours.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, Digest, PhaseName};
use crate::route::Target;

/// One message of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// What it says.
    pub lines: Vec<Line>,
    /// What can be pressed.
    pub buttons: Vec<Button>,
    /// Small print: where, how long, how much, which run.
    pub footer: Vec<Span>,
}

/// One line of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// Text.
    Text {
        /// Its parts.
        spans: Vec<Span>,
    },
    /// A phase of the checklist.
    Phase {
        /// Its name.
        label: String,
        /// How it stands.
        stage: Stage,
        /// What it is at.
        note: Vec<Span>,
    },
    /// Somebody's words, as a block. Untrusted.
    Quote {
        /// The words.
        text: String,
    },
}

/// How a phase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Not begun.
    Pending,
    /// Being worked.
    Working,
    /// A person is awaited.
    Waiting,
    /// Ended well.
    Done,
    /// Not needed.
    Skipped,
    /// Ended badly.
    Failed,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "span", content = "of", rename_all = "snake_case")]
pub enum Span {
    /// Our words.
    Plain(String),
    /// Our words, strong.
    Strong(String),
    /// A name to be read letter by letter.
    Code(String),
    /// Somebody else's words.
    Untrusted(String),
    /// A place to go.
    Link {
        /// What it is called: ours.
        label: String,
        /// Where it leads.
        url: String,
    },
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What it does.
    pub action: Action,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Stop the run.
    Stop,
    /// Say why the request went where it went.
    Why,
    /// Say more about a failure.
    Details,
    /// Work the request again, from the last good phase.
    Retry,
    /// Approve what a gate shows.
    Approve {
        /// The gate's phase.
        phase: PhaseName,
        /// What is approved.
        digest: Digest,
    },
    /// Deny what a gate shows.
    Deny {
        /// The gate's phase.
        phase: PhaseName,
        /// What is denied.
        digest: Digest,
        /// Why; goes to the agent. May be empty.
        reason: String,
    },
    /// Answer where a request goes.
    Choose {
        /// The place.
        target: Target,
    },
    /// Have what a review remarks mended.
    Resolve {
        /// The review.
        review: String,
    },
    /// Leave what a review remarks as it is.
    Dismiss {
        /// The review.
        review: String,
    },
    /// Go and look; nothing happens.
    View {
        /// Where.
        url: String,
    },
}

/// Which message of a run this is. Saying a slot again edits the message it was said in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "slot", content = "of", rename_all = "snake_case")]
pub enum Slot {
    /// The one status message.
    Status,
    /// The question where a request goes, by the version that asked.
    Question(u64),
    /// A gate, by its phase and the digest of what is approved.
    Gate(PhaseName, Digest),
    /// The answer to something a person said.
    Reply(DeliveryId),
    /// A word nobody asked for: `budget`.
    Notice(String),
    /// A review of the run's change request, by its id.
    Review(String),
    /// The one closing message.
    Closing,
}

/// The mark on a message: what became of it. A message carries one of ours at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// 👀 It was seen.
    Seen,
    /// ⏳ It is being worked.
    Working,
    /// ❓ A person is awaited.
    Waiting,
    /// ↪ It is passed on.
    Passed,
    /// ✅ It is done.
    Done,
    /// ❌ It failed.
    Failed,
    /// 🚫 It was stopped.
    Stopped,
}

impl Mark {
    /// As people see it.
    pub fn emoji(self) -> &'static str {
        match self {
            Self::Seen => "👀",
            Self::Working => "⏳",
            Self::Waiting => "❓",
            Self::Passed => "↪",
            Self::Done => "✅",
            Self::Failed => "❌",
            Self::Stopped => "🚫",
        }
    }
}

impl Stage {
    /// As people see it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pending => "—",
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

impl Slot {
    /// As a key.
    pub fn key(&self) -> String {
        match self {
            Self::Status => "status".into(),
            Self::Question(version) => format!("question:{version}"),
            Self::Gate(phase, digest) => format!("gate:{phase}:{}", digest.short()),
            Self::Reply(delivery) => format!("reply:{delivery}"),
            Self::Notice(name) => format!("notice:{name}"),
            Self::Review(review) => format!("review:{review}"),
            Self::Closing => "closing".into(),
        }
    }
}

impl Post {
    /// A post of one line.
    pub fn line(text: impl Into<String>) -> Self {
        Self { lines: Vec::from([Line::text(text)]), ..Self::default() }
    }

    /// The post with a line more.
    #[must_use]
    pub fn and(mut self, line: Line) -> Self {
        self.lines.push(line);
        self
    }

    /// The post with a button more.
    #[must_use]
    pub fn button(mut self, label: &str, action: Action) -> Self {
        self.buttons.push(Button { label: label.into(), action });
        self
    }

    /// As plain text: for terminals, transcripts and logs.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            if !text.is_empty() {
                text.push('\n');
            }
            match line {
                Line::Text { spans } => text.push_str(&plain(spans)),
                Line::Phase { label, stage, note } => {
                    let note = plain(note);
                    let words = if note.is_empty() { stage.words().into() } else { note };
                    text.push_str(&format!("▸ {label:<10} {words}"));
                }
                Line::Quote { text: quoted } => {
                    for (at, row) in quoted.lines().enumerate() {
                        text.push_str(if at == 0 { "> " } else { "\n> " });
                        text.push_str(row);
                    }
                }
            }
        }
        let buttons: Vec<String> = self.buttons.iter().map(|button| format!("[{}]", button.label)).collect();
        for tail in [plain(&self.footer), buttons.join(" ")] {
            if !tail.is_empty() {
                text.push('\n');
                text.push_str(&tail);
            }
        }
        text
    }
}

impl Line {
    /// A line of our words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { spans: Vec::from([Span::Plain(text.into())]) }
    }
}

fn plain(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Plain(text) | Span::Strong(text) | Span::Code(text) | Span::Untrusted(text) => text.clone(),
            Span::Link { label, url } => format!("{label} <{url}>"),
        })
        .collect()
}
