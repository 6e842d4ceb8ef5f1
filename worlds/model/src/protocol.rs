//! What the protocols have in common: what is heard in a request, and what an answer is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::script::{Fault, Turn};
use crate::{anthropic, chat, gemini, responses};

/// How a provider is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Anthropic's `POST /v1/messages`.
    Messages,
    /// OpenAI's `POST /v1/responses`.
    Responses,
    /// OpenAI's `POST /v1/chat/completions`.
    Chat,
    /// Gemini's `POST /v1beta/models/MODEL:streamGenerateContent`.
    Gemini,
}

/// What a request says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) model: String,
    /// What people (or the agent in their name) said.
    pub(crate) said: Vec<String>,
    pub(crate) tools: Vec<String>,
    /// How often the model spoke already.
    pub(crate) turns: usize,
    /// The results of tools that nothing was said about yet.
    pub(crate) results: String,
    pub(crate) streamed: bool,
    /// Whether the usage is asked for at the end of the stream, where that has to be asked for.
    pub(crate) counted: bool,
    /// The most tokens of an answer.
    pub(crate) most: Option<u64>,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: Option<&'static str>,
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn named(name: &'static str, data: Value) -> Self {
        Self { name: Some(name), data: data.to_string() }
    }

    pub(crate) fn plain(data: Value) -> Self {
        Self { name: None, data: data.to_string() }
    }

    pub(crate) fn written(&self) -> String {
        match self.name {
            Some(name) => format!("event: {name}\ndata: {}\n\n", self.data),
            None => format!("data: {}\n\n", self.data),
        }
    }
}

/// What an answer is written from.
pub(crate) struct Answer<'a> {
    pub(crate) heard: &'a Heard,
    pub(crate) turn: &'a Turn,
    /// A number of its own, for ids.
    pub(crate) number: usize,
    /// Whether the usage is said.
    pub(crate) counted: bool,
    pub(crate) declined: bool,
    /// Whether it has fewer tokens than the script has, because no more were asked for.
    pub(crate) cut: bool,
}

impl Protocol {
    /// What `body` says; or what is wrong with it, in the provider's words.
    pub(crate) fn hear(self, path: &str, body: &Value) -> Result<Heard, String> {
        match self {
            Self::Messages => anthropic::hear(body),
            Self::Responses => responses::hear(body),
            Self::Chat => chat::hear(body),
            Self::Gemini => gemini::hear(path, body),
        }
    }

    /// The whole answer at once.
    pub(crate) fn whole(self, answer: &Answer<'_>) -> Value {
        match self {
            Self::Messages => anthropic::whole(answer),
            Self::Responses => responses::whole(answer),
            Self::Chat => chat::whole(answer),
            Self::Gemini => gemini::whole(answer),
        }
    }

    /// The answer as events.
    pub(crate) fn stream(self, answer: &Answer<'_>) -> Vec<Event> {
        match self {
            Self::Messages => anthropic::stream(answer),
            Self::Responses => responses::stream(answer),
            Self::Chat => chat::stream(answer),
            Self::Gemini => gemini::stream(answer),
        }
    }

    /// Trouble in the middle of a stream.
    pub(crate) fn failure(self) -> Event {
        match self {
            Self::Messages => Event::named("error", self.trouble(529, "overloaded_error", "Overloaded")),
            Self::Responses => responses::failure(),
            Self::Chat | Self::Gemini => Event::plain(self.trouble(503, "server_error", "The server is overloaded")),
        }
    }

    /// The status and body of a fault that is an answer of its own.
    pub(crate) fn fault(self, fault: Fault) -> Option<(u16, Value)> {
        let openai = matches!(self, Self::Responses | Self::Chat);
        let (status, kind, words) = match fault {
            Fault::Limited(_) if openai => (429, "rate_limit_exceeded", "Rate limit reached for requests"),
            Fault::Limited(_) => (429, "rate_limit_error", "This request would exceed your rate limit"),
            Fault::Unpaid if openai => (429, "insufficient_quota", "You exceeded your current quota"),
            Fault::Unpaid => (400, "invalid_request_error", "Your credit balance is too low to access the API"),
            Fault::Overloaded if self == Self::Messages => (529, "overloaded_error", "Overloaded"),
            Fault::Overloaded => (503, "server_error", "The server is currently overloaded"),
            Fault::Broken => (500, if openai { "server_error" } else { "api_error" }, "Internal server error"),
            Fault::Unauthorized if openai => (401, "invalid_api_key", "Incorrect API key provided"),
            Fault::Unauthorized => (401, "authentication_error", "invalid x-api-key"),
            Fault::NoModel if openai => (404, "model_not_found", "The model does not exist or you have no access"),
            Fault::NoModel => (404, "not_found_error", "model: no such model"),
            Fault::TooLong if openai => {
                (400, "context_length_exceeded", "Your input exceeds the context window of this model")
            }
            Fault::TooLong => (400, "invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
            Fault::Dropped(_)
            | Fault::Failed(_)
            | Fault::Slow(_)
            | Fault::Uncounted
            | Fault::Silent
            | Fault::Declined => return None,
        };
        Some((status, self.trouble(status, kind, words)))
    }

    /// An error as the provider writes it.
    pub(crate) fn trouble(self, status: u16, kind: &str, words: &str) -> Value {
        match self {
            Self::Messages => json!({
                "type": "error",
                "error": { "type": kind, "message": words },
                "request_id": "req_011CTest",
            }),
            Self::Responses | Self::Chat => {
                let of = if status == 400 { "invalid_request_error" } else { kind };
                json!({ "error": { "message": words, "type": of, "param": null, "code": kind } })
            }
            Self::Gemini => {
                let status_word = match status {
                    400 => "INVALID_ARGUMENT",
                    401 => "UNAUTHENTICATED",
                    404 => "NOT_FOUND",
                    429 => "RESOURCE_EXHAUSTED",
                    503 => "UNAVAILABLE",
                    _ => "INTERNAL",
                };
                json!({ "error": { "code": status, "message": words, "status": status_word } })
            }
        }
    }
}

/// `text` in pieces, as models say it.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(24).map(|piece| piece.iter().collect()).collect()
}

/// The text of a value that is a text, or a list of parts with texts.
pub(crate) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        Value::Object(part) => {
            let inner = part.get("text").or_else(|| part.get("content")).or_else(|| part.get("output"));
            inner.map(text_of).unwrap_or_default()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// The text under `name`, or what the provider says when it is missing.
pub(crate) fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, String> {
    body[name].as_str().ok_or_else(|| format!("{name}: Field required"))
}

/// The list under `name`, or what the provider says when it is missing.
pub(crate) fn list<'a>(body: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    body[name].as_array().ok_or_else(|| format!("{name}: Field required"))
}
