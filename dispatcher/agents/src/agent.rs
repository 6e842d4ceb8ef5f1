//! What every agent has in common.

use std::collections::BTreeMap;

use signalbox_domain::devbox::Usage;

use crate::claude_code::ClaudeCode;
use crate::codex::Codex;
use crate::failure::{Failure, What};
use crate::gemini::Gemini;
use crate::opencode::OpenCode;
use crate::pi::Pi;

/// What an agent is to do, and where it finds its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The whole prompt.
    pub prompt: String,
    /// Which model, by the provider's name. Some agents have none of their own.
    pub model: Option<String>,
    /// A session of before to go on with, by the id that [`Entry::Session`] told.
    pub session: Option<String>,
    /// The gateway, as the agent reaches it: `http://127.0.0.1:7070`.
    pub gateway: String,
    /// What it shows there in place of a credential.
    pub placeholder: String,
    /// Its home folder, its own and new.
    pub home: String,
}

/// A program to start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Its variables, beside those every program in a jail has.
    pub env: BTreeMap<String, String>,
    /// Its standard input.
    pub input: Vec<u8>,
    /// Files to lay in its home before, by relative path.
    pub files: BTreeMap<String, String>,
}

/// One thing that an agent said or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The session has this id.
    Session(String),
    /// It says something.
    Text(String),
    /// It does something.
    ToolCall {
        /// By which tool.
        tool: String,
        /// With what.
        input: String,
    },
    /// What came of it.
    ToolResult {
        /// Whether it worked.
        ok: bool,
        /// What it printed.
        output: String,
    },
    /// Used up since the last such entry, as the agent counts. What is billed is what the gateway counts.
    Usage(Usage),
    /// Something went wrong, and it tries again by itself.
    Again(Failure),
    /// It is over, by its own account. The last of these counts.
    Over(Over),
}

/// How an agent ended, by its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// It did what it could; its last words.
    Done(String),
    /// It could not go on.
    Failed(Failure),
}

/// A coding agent that can be driven without a terminal.
pub trait Agent: Send {
    /// How to start it.
    fn launch(&self, task: &Task) -> Launch;

    /// What a line on its standard output means. A line that means nothing is none: versions differ.
    fn read(&mut self, line: &str) -> Vec<Entry>;

    /// What its exit means, after everything it printed was read.
    fn exited(&mut self, code: i32) -> Over;
}

/// What in a checkout agents take for settings of their own, and some of them run, whatever they are told: files and
/// folders, each at any depth. It is taken from the base branch, or taken out.
pub const SETTINGS: [&str; 9] =
    [".claude", ".mcp.json", ".codex", ".opencode", "opencode.json", "opencode.jsonc", ".gemini", ".pi", ".env"];

/// Those that are known, by name.
pub const NAMES: [&str; 5] = ["claude-code", "codex", "opencode", "gemini", "pi"];

/// Whose models the agent of that name asks, by the name their gateway has them under: `/NAME/…`.
pub fn provider(name: &str) -> Option<&'static str> {
    match name {
        "claude-code" | "pi" => Some("anthropic"),
        "codex" | "opencode" => Some("openai"),
        "gemini" => Some("gemini"),
        _ => None,
    }
}

/// The agent of that name.
pub fn named(name: &str) -> Option<Box<dyn Agent>> {
    match name {
        "claude-code" => Some(Box::new(ClaudeCode::default())),
        "codex" => Some(Box::new(Codex::default())),
        "opencode" => Some(Box::new(OpenCode::default())),
        "gemini" => Some(Box::new(Gemini::default())),
        "pi" => Some(Box::new(Pi::default())),
        _ => None,
    }
}

/// The end of an agent that said how it ended, or did not.
pub(crate) fn end(said: Option<Over>, code: i32, last: &str) -> Over {
    match said {
        Some(Over::Failed(failure)) => Over::Failed(failure),
        Some(Over::Done(words)) if code == 0 => Over::Done(words),
        Some(Over::Done(_)) | None if code != 0 => {
            Over::Failed(Failure::new(What::Unknown, format!("it exited with {code} and did not say why")))
        }
        Some(Over::Done(words)) => Over::Done(words),
        None if last.is_empty() => Over::Failed(Failure::new(What::Silent, "it ended without a word")),
        None => Over::Done(last.to_owned()),
    }
}

pub(crate) fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub(crate) fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|word| (*word).to_owned()).collect()
}
