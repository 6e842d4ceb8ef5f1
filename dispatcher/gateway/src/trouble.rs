//! What a provider's refusal means for who asks next.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::event::Trouble;

/// The longest time to wait that is believed.
const WAIT_MOST: u64 = 24 * 60 * 60;

/// What the status, the headers and the words of a refusal mean.
pub(crate) fn trouble(status: u16, headers: &HeaderMap, body: &[u8]) -> Trouble {
    let words = String::from_utf8_lossy(&body[..body.len().min(4_096)]).to_lowercase();
    let says = |any: &[&str]| any.iter().any(|some| words.contains(some));
    match status {
        402 => Trouble::Unpaid,
        400 | 403 | 429 if says(&["insufficient_quota", "credit balance is too low", "billing_error"]) => {
            Trouble::Unpaid
        }
        401 | 403 => Trouble::Unauthorized,
        404 => Trouble::NoModel,
        413 => Trouble::TooLong,
        400 if says(&["prompt is too long", "context_length_exceeded", "context window", "input token count"]) => {
            Trouble::TooLong
        }
        408 | 504 => Trouble::TimedOut,
        429 => Trouble::Limited { retry_after: retry_after(headers) },
        503 | 529 => Trouble::Overloaded,
        500.. => Trouble::Broken,
        _ => Trouble::Refused,
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let millis = text("retry-after-ms").and_then(|text| text.trim().parse().ok()).map(Duration::from_millis);
    let seconds = || text(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    millis.or_else(seconds).filter(|wait| wait.as_secs() <= WAIT_MOST)
}
