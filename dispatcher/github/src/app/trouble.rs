//! What GitHub's refusals mean: the one place where they become errors named for what to do next.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;

/// How long to keep away when GitHub says to slow down and not for how long: what its documentation asks for.
const AWAY: Span = Span::minutes(1);
/// The most of GitHub's words that are passed on, in characters.
const WORDS: usize = 300;

/// A call that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What GitHub answered with, if it answered.
    pub(crate) status: Option<StatusCode>,
    /// What it said.
    pub(crate) words: String,
    /// What to do next.
    pub(crate) error: Error,
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Value>,
}

impl Trouble {
    /// Nothing was answered, or not to its end: it may have happened.
    pub(crate) fn silence(what: impl std::fmt::Display) -> Self {
        let words = what.to_string();
        Self { status: None, error: Error::Unavailable(format!("GitHub cannot be reached: {words}")), words }
    }

    /// What the answer means.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Time) -> Self {
        let said: Body = serde_json::from_slice(body).unwrap_or_default();
        let words = said.words();
        let error = match status.as_u16() {
            429 => Error::later(resumes(headers, now), "GitHub asks us to slow down"),
            403 if limited(headers, &words) => Error::later(resumes(headers, now), "GitHub asks us to slow down"),
            401 => Error::rejected(format!("GitHub does not take what we show it: {words}")),
            403 => Error::rejected(format!(
                "GitHub does not let Signalbox do this: {words}. Somebody who administers the App's installation can \
                 grant it"
            )),
            404 => Error::rejected("GitHub has no such thing, or does not let Signalbox see it"),
            408 | 500..=599 => Error::unavailable(format!("GitHub has trouble ({status})")),
            _ => Error::rejected(format!("GitHub refuses: {words}")),
        };
        Self { status: Some(status), words, error }
    }

    /// Whether there is no such thing.
    pub(crate) fn missing(&self) -> bool {
        matches!(self.status, Some(StatusCode::NOT_FOUND | StatusCode::GONE))
    }

    /// Whether it was answered with this.
    pub(crate) fn is(&self, status: StatusCode) -> bool {
        self.status == Some(status)
    }

    /// The error; if there is no such thing, in these words.
    pub(crate) fn or(self, missing: impl FnOnce() -> String) -> Error {
        if self.missing() { Error::Rejected(missing()) } else { self.error }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        trouble.error
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { status: None, words: error.to_string(), error }
    }
}

impl Body {
    /// The message with its reasons, in one line that is not too long.
    fn words(&self) -> String {
        let mut words = self.message.clone();
        for error in &self.errors {
            let reason = error.as_str().or_else(|| error.get("message")?.as_str());
            let named = || {
                let part = |key| error.get(key).and_then(Value::as_str).unwrap_or_default();
                format!("{} {}", part("field"), part("code"))
            };
            words.push_str("; ");
            words.push_str(&reason.map_or_else(named, str::to_owned));
        }
        if words.is_empty() {
            words.push_str("without a word");
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS).collect()
    }
}

/// Whether a 403 is about how fast we ask, not about what.
fn limited(headers: &HeaderMap, words: &str) -> bool {
    let words = words.to_lowercase();
    headers.contains_key("retry-after")
        || number(headers, "x-ratelimit-remaining") == Some(0)
        || words.contains("rate limit")
        || words.contains("abuse detection")
}

/// When it may be asked again.
fn resumes(headers: &HeaderMap, now: Time) -> Time {
    if let Some(seconds) = number(headers, "retry-after") {
        return now + Span::seconds(seconds);
    }
    match (number(headers, "x-ratelimit-remaining"), number(headers, "x-ratelimit-reset")) {
        (Some(0), Some(at)) => Time(at.saturating_mul(1_000)).max(now + Span::seconds(1)),
        (Some(_) | None, Some(_) | None) => now + AWAY,
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect();
        Trouble::read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), Time(10_000)).error
    }

    #[test]
    fn every_refusal_says_what_to_do_next() {
        let slow = "GitHub asks us to slow down";
        assert_eq!(read(429, &[("retry-after", "7")], ""), Error::later(Time(17_000), slow));
        assert_eq!(read(403, &[("retry-after", "7")], "{}"), Error::later(Time(17_000), slow));
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99")];
        assert_eq!(read(403, &spent, r#"{"message":"API rate limit exceeded"}"#), Error::later(Time(99_000), slow));
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(read(403, &[("x-ratelimit-remaining", "4000")], secondary), Error::later(Time(70_000), slow));
        for status in [401, 403, 404, 406, 409, 410, 413, 415, 422, 451] {
            assert!(matches!(read(status, &[], r#"{"message":"no"}"#), Error::Rejected(_)), "{status}");
        }
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(read(status, &[], "<html>"), Error::Unavailable(_)), "{status}");
        }
        let invalid = r#"{"message":"Validation Failed","errors":[{"field":"head","code":"invalid"},{"message":"too long"},"odd"]}"#;
        assert_eq!(
            read(422, &[], invalid),
            Error::rejected("GitHub refuses: Validation Failed; head invalid; too long; odd")
        );
    }
}
