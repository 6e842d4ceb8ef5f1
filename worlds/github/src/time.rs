//! The world's time: read from a clock somebody else holds, written as GitHub writes it.

use std::sync::Arc;

use chrono::DateTime;

/// Milliseconds since 1970-01-01 UTC, asked for anew at every need.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// `2026-11-21T01:02:03Z`.
pub(crate) fn stamp(at: u64) -> String {
    moment(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The same, or nothing.
pub(crate) fn stamped(at: Option<u64>) -> serde_json::Value {
    at.map_or(serde_json::Value::Null, |at| stamp(at).into())
}

/// As in the `Date` header.
pub(crate) fn date(at: u64) -> String {
    moment(at).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// What somebody wrote as a time, if it is one.
pub(crate) fn read(text: &str) -> Option<u64> {
    u64::try_from(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()).ok()
}

fn moment(at: u64) -> DateTime<chrono::Utc> {
    i64::try_from(at).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_as_github_does() {
        assert_eq!(stamp(1_700_000_000_123), "2023-11-14T22:13:20Z");
        assert_eq!(date(1_700_000_000_123), "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(read("2023-11-14T22:13:20Z"), Some(1_700_000_000_000));
        assert_eq!(read("yesterday"), None);
    }
}
