//! A sender's timestamp, near enough to now.

use signalbox_domain::time::{Span, Time};

use crate::refused::Refused;

/// The moment that `offered` names, in whole seconds since 1970, if it is at most `window` away from `now`, before or
/// after. Digits only: no sign, no space, no fraction.
pub fn fresh(offered: &str, now: Time, window: Span) -> Result<Time, Refused> {
    if offered.is_empty() || offered.len() > 12 || !offered.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused::BadTime);
    }
    let seconds: u64 = offered.parse().map_err(|_| Refused::BadTime)?;
    let at = Time(seconds * 1_000);
    let away = Span(at.0.abs_diff(now.0));
    if away > window { Err(Refused::Stale(away.0 / 1_000)) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_seconds_near_now_are_taken() {
        let now = Time(1_700_000_000_000);
        let fresh = |offered: &str| fresh(offered, now, Span::seconds(300));
        assert_eq!(fresh("1700000000"), Ok(now));
        assert!(fresh("1699999700").is_ok() && fresh("1700000300").is_ok());
        assert_eq!(fresh("1699999699"), Err(Refused::Stale(301)));
        assert_eq!(fresh("1700000301"), Err(Refused::Stale(301)));
        for bad in ["", "-1700000000", "+1700000000", " 1700000000", "1700000000.0", "1e9", "17000000000000", "١٧"] {
            assert_eq!(fresh(bad), Err(Refused::BadTime), "{bad:?}");
        }
    }
}
