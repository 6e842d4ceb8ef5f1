//! What was read of a text before, so that an edit does only what it changed.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::Digest;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_ports::Error;

use crate::chat::Comments;
use crate::press;

/// The most versions of one text that are kept.
const MOST: usize = 50;

/// One thing that a text says to us, by what it is and a digest of the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Whether it is a word of ours, rather than a request.
    pub(super) word: bool,
    digest: String,
}

/// A version of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    /// What tells it from the others: when it was written, and a digest.
    pub(super) key: String,
    /// What it says to us.
    pub(super) parts: Vec<Part>,
    /// Whether it is a request as a whole: it was given to us.
    pub(super) handed: bool,
}

/// What a version is to those read before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is the newest; the one before it, if there is one.
    Next(Option<Version>),
    /// A newer one was read before it.
    Overtaken,
}

impl Part {
    /// Of words said to us.
    pub(super) fn of(words: &str) -> Self {
        Self { word: is_word(words), digest: Digest::of(words.as_bytes()).short().to_owned() }
    }
}

/// Whether the words are one of ours as a whole, rather than a request.
pub(super) fn is_word(words: &str) -> bool {
    use signalbox_domain::command::{Command, parse};
    match parse(words) {
        Command::Words(_) => press::read(words).is_some(),
        Command::Nothing | Command::Now(_) => false,
        Command::Help
        | Command::Status
        | Command::Why
        | Command::Plan
        | Command::Cost
        | Command::Approve
        | Command::Deny(_)
        | Command::Stop
        | Command::Retry
        | Command::Aside
        | Command::Mute
        | Command::Quiet
        | Command::Verbose
        | Command::Dashboard => true,
    }
}

/// Which of the parts are new, by their places: every part before stands for one that says the same now.
pub(super) fn fresh(before: &[Part], now: &[Part]) -> Vec<usize> {
    let mut before: Vec<&Part> = before.iter().collect();
    let mut fresh = Vec::new();
    for (place, part) in now.iter().enumerate() {
        match before.iter().position(|known| *known == part) {
            Some(known) => drop(before.remove(known)),
            None => fresh.push(place),
        }
    }
    fresh
}

impl Comments {
    /// Keeps a version of a text and says what it is to those kept before. Keeping it again says the same.
    pub(super) async fn see(&self, thread: &ThreadId, message: &MessageId, version: Version) -> Result<Seen, Error> {
        let key = seen_key(thread, message);
        let note = self.github.notes().get(&key).await?;
        let at = note.as_ref().map_or(0, |note| note.version);
        let mut kept: Vec<Version> = note.and_then(|note| serde_json::from_str(&note.value).ok()).unwrap_or_default();
        if let Some(place) = kept.iter().position(|known| known.key == version.key && known.handed == version.handed) {
            return Ok(Seen::Next(place.checked_sub(1).and_then(|before| kept.get(before).cloned())));
        }
        // GitHub's stamps sort as texts.
        if kept.last().is_some_and(|newest| stamp(&newest.key) > stamp(&version.key)) && !version.handed {
            return Ok(Seen::Overtaken);
        }
        let before = kept.last().cloned();
        kept.push(version);
        if kept.len() > MOST {
            kept.remove(0);
        }
        self.github.notes().put(&key, &serde_json::to_string(&kept).unwrap_or_default(), at).await?;
        Ok(Seen::Next(before))
    }

    /// Whether anything was read of a message.
    pub(super) async fn saw(&self, thread: &ThreadId, message: &MessageId) -> Result<bool, Error> {
        Ok(self.github.notes().get(&seen_key(thread, message)).await?.is_some())
    }
}

fn stamp(key: &str) -> &str {
    key.split(' ').next().unwrap_or_default()
}

fn seen_key(thread: &ThreadId, message: &MessageId) -> String {
    format!("github/seen/{}/{}", thread.room, message.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_does_only_what_it_changed() {
        let parts = |words: &[&str]| words.iter().map(|words| Part::of(words)).collect::<Vec<_>>();
        let before = parts(&["stop", "fix the title"]);
        assert_eq!(fresh(&before, &parts(&["stop", "fix the title"])), Vec::<usize>::new());
        assert_eq!(fresh(&before, &parts(&["fix the title", "stop"])), Vec::<usize>::new());
        assert_eq!(fresh(&before, &parts(&["stop", "fix the titles"])), [1]);
        assert_eq!(fresh(&before, &parts(&["stop", "stop", "fix the title"])), [1]);
        assert!(is_word("approve") && is_word("resolve 12") && !is_word("approve the text") && !is_word(""));
    }
}
