//! A refusal, in words that whoever asked understands.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::event::Why;
use crate::protocol::Protocol;

/// Why a request goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) why: Why,
    pub(crate) words: String,
    /// Whether it may be granted in a moment.
    pub(crate) later: bool,
}

/// After how many seconds who was told "later" may ask again.
const LATER: u32 = 10;

impl Refusal {
    pub(crate) fn new(why: Why, words: impl Into<String>) -> Self {
        Self { why, words: words.into(), later: false }
    }

    pub(crate) fn later(why: Why, words: impl Into<String>) -> Self {
        Self { later: true, ..Self::new(why, words) }
    }

    /// As an answer. Who speaks a provider's protocol is answered in it, in the way in which agents give up at once
    /// instead of asking again: they were tried.
    pub(crate) fn answer(&self, protocol: Option<Protocol>) -> Response<Bytes> {
        let openai = matches!(protocol, Some(Protocol::Responses | Protocol::Chat));
        let (status, kind) = match self.why {
            Why::Cap | Why::Limit if self.later => (429, "rate_limit_error"),
            // With these, each agent ends its work. Some of those who speak Chat ask again after any 429.
            Why::Cap if protocol == Some(Protocol::Chat) => (402, "insufficient_quota"),
            Why::Cap if openai => (429, "insufficient_quota"),
            Why::Cap => (400, "invalid_request_error"),
            Why::NotGranted | Why::Address | Why::Name | Why::Credential => (403, "permission_error"),
            Why::Model if openai => (404, "model_not_found"),
            Why::Model => (404, "not_found_error"),
            Why::Reach | Why::Malformed => (400, "invalid_request_error"),
            Why::Limit => (413, "request_too_large"),
            Why::Stranger => (401, "authentication_error"),
        };
        // The beginning is the provider's own: agents know it.
        let known = self.why == Why::Cap && !self.later && protocol == Some(Protocol::Messages);
        let known = if known { "Your credit balance is too low to access the API: " } else { "" };
        let words = format!("{known}{}", self.words);
        let body = match protocol {
            Some(Protocol::Messages) => json!({ "type": "error", "error": { "type": kind, "message": words } }),
            Some(Protocol::Responses | Protocol::Chat) => {
                json!({ "error": { "message": words, "type": kind, "param": null, "code": kind } })
            }
            Some(Protocol::Gemini) => {
                let state = if status == 404 { "NOT_FOUND" } else { "PERMISSION_DENIED" };
                json!({ "error": { "code": status, "message": words, "status": state } })
            }
            None => json!({ "error": words }),
        };
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-signalbox-refused", HeaderValue::from_static(self.word()));
        if self.later {
            headers.insert(RETRY_AFTER, LATER.into());
        }
        response
    }

    fn word(&self) -> &'static str {
        match self.why {
            Why::NotGranted => "not-granted",
            Why::Cap => "cap",
            Why::Model => "model",
            Why::Reach => "reach",
            Why::Malformed => "malformed",
            Why::Address => "address",
            Why::Name => "name",
            Why::Limit => "limit",
            Why::Stranger => "stranger",
            Why::Credential => "credential",
        }
    }
}
