//! What the model says, written down beforehand.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::Heard;

/// Everything the model will say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Credentials that are taken. Empty: any, as long as there is one.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Conversations, the first that fits is meant.
    #[serde(default)]
    pub sessions: Vec<Session>,
    /// What is said to everything else: agents ask small things beside their work (a title, whether there is quota).
    /// Nothing: that is refused.
    #[serde(default)]
    pub aside: Option<Turn>,
}

/// One conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Which requests it is meant for.
    #[serde(default)]
    pub when: When,
    /// What is said, in order. A request that goes on after the last is refused.
    pub turns: Vec<Turn>,
}

/// Which requests a session is meant for: all that is named has to hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Something a person said in it contains this.
    #[serde(default)]
    pub says: Option<String>,
    /// It asks for this model.
    #[serde(default)]
    pub model: Option<String>,
    /// It offers this tool.
    #[serde(default)]
    pub offers: Option<String>,
}

impl When {
    pub(crate) fn fits(&self, heard: &Heard) -> bool {
        self.says.as_ref().is_none_or(|words| heard.said.iter().any(|text| text.contains(words)))
            && self.model.as_ref().is_none_or(|model| heard.model == *model)
            && self.offers.as_ref().is_none_or(|tool| heard.tools.contains(tool))
    }
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Words, before the calls.
    #[serde(default)]
    pub say: String,
    /// Tools it calls.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// The usage it claims.
    #[serde(default)]
    pub tokens: Tokens,
    /// It is refused unless the results that came last contain this.
    #[serde(default)]
    pub after: Option<String>,
    /// What goes wrong, one after the other, each once, before it is said at last.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

impl Turn {
    /// Only words.
    pub fn say(words: impl Into<String>) -> Self {
        Self { say: words.into(), ..Self::default() }
    }

    /// One call of a tool.
    pub fn call(tool: impl Into<String>, input: Value) -> Self {
        Self { calls: vec![Call { tool: tool.into(), input }], ..Self::default() }
    }

    /// With this usage.
    pub fn tokens(self, tokens: Tokens) -> Self {
        Self { tokens, ..self }
    }

    /// After this went wrong.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }
}

/// A tool called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Which.
    pub tool: String,
    /// With what: an object, or a text for a tool that takes one (OpenAI's custom tools).
    pub input: Value,
}

/// Tokens used, each counted once: what a provider counts together is put together when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tokens {
    /// Read, and not from a cache.
    pub input: u64,
    /// Read from a cache.
    pub cached: u64,
    /// Read, and put in a cache for five minutes (Anthropic).
    pub kept: u64,
    /// Read, and put in a cache for an hour (Anthropic).
    pub kept_long: u64,
    /// Written, with those of its thoughts.
    pub output: u64,
    /// Of those written, the ones of its thoughts.
    pub thought: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { input: 1_000, cached: 0, kept: 0, kept_long: 0, output: 50, thought: 0 }
    }
}

impl Tokens {
    /// So many read, so many written.
    pub fn plain(input: u64, output: u64) -> Self {
        Self { input, output, ..Self::default() }
    }

    /// All that were read.
    pub fn read(&self) -> u64 {
        self.input + self.cached + self.kept + self.kept_long
    }
}

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 429, with so many seconds to wait.
    Limited(u32),
    /// 429, because there is no money left: waiting does not help.
    Unpaid,
    /// 529 (Anthropic) or 503: too many ask.
    Overloaded,
    /// 500.
    Broken,
    /// 401, whatever the credential is.
    Unauthorized,
    /// 404: there is no such model.
    NoModel,
    /// 400: more was said than the model can read.
    TooLong,
    /// The connection is closed after so many events of the stream.
    Dropped(usize),
    /// An error in the stream, after so many events.
    Failed(usize),
    /// So many milliseconds between events.
    Slow(u64),
    /// The stream ends well, and says nothing of the usage.
    Uncounted,
    /// Nothing is answered, ever.
    Silent,
    /// The model declines.
    Declined,
}
