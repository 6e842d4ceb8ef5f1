//! Everything the agent saw and did, one line of JSON each, without the secrets we know.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use signalbox_domain::devbox::{End, Usage};
use signalbox_domain::id::Digest;

use crate::secret::{Key, Secrets};

/// The most of one text that is kept, in bytes; of the rest its digest is.
const TEXT_BYTES: usize = 32 << 10;
/// The most of a transcript that is kept, in bytes.
const TRANSCRIPT_BYTES: u64 = 8 << 20;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Where it runs and what drives it.
    Begin { run: String, phase: String, epoch: u32, agent: String, model: Option<String>, sandboxed: bool },
    /// What the agent was told.
    Prompt { digest: Digest, text: String },
    /// The agent says something.
    Text { text: String },
    /// The agent does something.
    ToolCall { tool: String, input: String },
    /// What came of it.
    ToolResult { ok: bool, output: String },
    /// The agent's session has this id.
    Session { id: String },
    /// Another agent goes on.
    Failover { from: String, to: String, why: String },
    /// Used up since the last such entry.
    Usage(Usage),
    /// A line on the standard error of the agent.
    Complaint { text: String },
    /// The runner says something.
    Note { text: String },
    /// How it ended.
    End(End),
}

impl Entry {
    /// A few words for who waits.
    pub(crate) fn activity(&self) -> Option<String> {
        match self {
            Self::ToolCall { tool, input } => {
                let doing = match tool.as_str() {
                    "edit" | "Edit" => "editing",
                    "write" | "Write" => "writing",
                    "run" | "Bash" => "running",
                    "read" | "Read" => "reading",
                    other => other,
                };
                let input = input.lines().next().unwrap_or_default();
                Some(format!("{doing} {}", input.chars().take(80).collect::<String>()).trim().to_owned())
            }
            Self::Failover { why, .. } => Some(why.clone()),
            Self::Begin { .. }
            | Self::Session { .. }
            | Self::Prompt { .. }
            | Self::Text { .. }
            | Self::ToolResult { .. }
            | Self::Usage(_)
            | Self::Complaint { .. }
            | Self::Note { .. }
            | Self::End(_) => None,
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    at_ms: u64,
    #[serde(flatten)]
    entry: &'a Entry,
}

/// The transcript being written.
pub(crate) struct Transcript {
    file: BufWriter<File>,
    started: Instant,
    secrets: Secrets,
    key: Key,
    written: u64,
}

impl Transcript {
    /// A new one at `path`.
    pub(crate) fn create(path: &Path, secrets: Secrets) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(File::create(path)?),
            started: Instant::now(),
            secrets,
            key: Key::default(),
            written: 0,
        })
    }

    /// Adds what happened.
    pub(crate) fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let mut entry = entry.clone();
        if let Entry::Text { text } | Entry::Complaint { text } = &mut entry {
            // These come a line at a time.
            *text = self.key.strike(text);
        }
        let entry = &cut(entry);
        let at_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut line = serde_json::to_value(Line { at_ms, entry })?;
        self.secrets.strike_all(&mut line);
        let line = line.to_string();
        self.written += line.len() as u64;
        // The end is always kept.
        if self.written < TRANSCRIPT_BYTES || matches!(entry, Entry::End(_) | Entry::Note { .. }) {
            writeln!(self.file, "{line}")?;
        }
        Ok(())
    }

    /// The runner's own words.
    pub(crate) fn note(&mut self, text: impl Into<String>) -> io::Result<()> {
        self.add(&Entry::Note { text: text.into() })
    }

    /// Closes it.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn cut(entry: Entry) -> Entry {
    match entry {
        Entry::Prompt { digest, text } => Entry::Prompt { digest, text: capped(text) },
        Entry::Text { text } => Entry::Text { text: capped(text) },
        Entry::ToolCall { tool, input } => Entry::ToolCall { tool: capped(tool), input: capped(input) },
        Entry::ToolResult { ok, output } => Entry::ToolResult { ok, output: capped(output) },
        Entry::Complaint { text } => Entry::Complaint { text: capped(text) },
        Entry::Note { text } => Entry::Note { text: capped(text) },
        Entry::Session { id } => Entry::Session { id: capped(id) },
        entry @ (Entry::Begin { .. } | Entry::Failover { .. } | Entry::Usage(_) | Entry::End(_)) => entry,
    }
}

fn capped(text: String) -> String {
    if text.len() <= TEXT_BYTES {
        return text;
    }
    let kept = text.floor_char_boundary(TEXT_BYTES);
    let rest = &text[kept..];
    format!("{}… [{} bytes more, {}]", &text[..kept], rest.len(), Digest::of(rest.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_the_rest_is_accounted_for() {
        let capped = capped("ä".repeat(TEXT_BYTES));
        assert!(capped.len() < TEXT_BYTES + 200);
        assert!(capped.contains(&format!("[{TEXT_BYTES} bytes more, sha256:")), "{}", &capped[TEXT_BYTES..]);
    }
}
