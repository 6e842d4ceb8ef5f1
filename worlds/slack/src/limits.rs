//! Slack's rate limits, by the world's clock: how often is too often, and when to come again.

use std::collections::{BTreeMap, VecDeque};

use crate::ids::{AppId, TeamId};

/// One message a second and channel, on average.
pub const MESSAGES_PER_SECOND: u64 = 1;
/// So many messages at once are let through after a pause.
pub const MESSAGE_BURST: u64 = 3;

/// How often a method may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// So many calls in any minute, per app and workspace.
    PerMinute(u64),
    /// One call a second and channel with a small burst: posting.
    PerChannel,
}

pub(crate) const TIER_1: Tier = Tier::PerMinute(5);
pub(crate) const TIER_2: Tier = Tier::PerMinute(20);
pub(crate) const TIER_3: Tier = Tier::PerMinute(50);
pub(crate) const TIER_4: Tier = Tier::PerMinute(100);
pub(crate) const GENEROUS: Tier = Tier::PerMinute(600);

const MINUTE: u64 = 60_000;

/// Who calls what: a limit is kept for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) app: AppId,
    pub(crate) team: TeamId,
    pub(crate) method: &'static str,
    /// The channel, where the limit is per channel; else empty.
    pub(crate) channel: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Buckets {
    recent: BTreeMap<Key, VecDeque<u64>>,
    tokens: BTreeMap<Key, Tokens>,
    /// Until when callers were told to wait.
    told: BTreeMap<Key, u64>,
}

/// Thousandths of a message that may be posted.
#[derive(Clone, Copy, Debug)]
struct Tokens {
    milli: u64,
    at: u64,
}

/// What the limits say to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// It is over the limit; it would not be after so many milliseconds.
    pub(crate) over: Option<u64>,
    /// It came before the time that was told with an earlier 429.
    pub(crate) early: bool,
}

impl Buckets {
    /// Counts a call. One over the limit takes no place: what was within it is what counts.
    pub(crate) fn call(&mut self, key: &Key, tier: Tier, now: u64, enforced: bool) -> Verdict {
        let early = self.told.get(key).is_some_and(|until| now < *until);
        let over = match tier {
            Tier::PerMinute(limit) => self.minute(key, limit, now),
            Tier::PerChannel => self.channel(key, now),
        };
        if !early {
            self.told.remove(key);
        }
        if enforced && let Some(wait) = over {
            self.tell(key, now, wait);
        }
        Verdict { over, early }
    }

    /// Remembers that callers were told to come again after `wait` milliseconds, in whole seconds.
    pub(crate) fn tell(&mut self, key: &Key, now: u64, wait: u64) {
        let until = now + wait.div_ceil(1_000) * 1_000;
        let told = self.told.entry(key.clone()).or_insert(until);
        *told = until.max(*told);
    }

    fn minute(&mut self, key: &Key, limit: u64, now: u64) -> Option<u64> {
        let recent = self.recent.entry(key.clone()).or_default();
        while recent.front().is_some_and(|at| at + MINUTE <= now) {
            recent.pop_front();
        }
        if (recent.len() as u64) < limit {
            recent.push_back(now);
            return None;
        }
        let wait = recent.front().map_or(0, |at| (at + MINUTE).saturating_sub(now));
        Some(wait.max(1))
    }

    fn channel(&mut self, key: &Key, now: u64) -> Option<u64> {
        let full = MESSAGE_BURST * 1_000;
        let tokens = self.tokens.entry(key.clone()).or_insert(Tokens { milli: full, at: now });
        let gained = now.saturating_sub(tokens.at) * MESSAGES_PER_SECOND;
        *tokens = Tokens { milli: (tokens.milli + gained).min(full), at: now.max(tokens.at) };
        if tokens.milli >= 1_000 {
            tokens.milli -= 1_000;
            return None;
        }
        Some(((1_000 - tokens.milli) / MESSAGES_PER_SECOND).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key { app: "A1".into(), team: "T1".into(), method: "chat.postMessage", channel: "C1".to_owned() }
    }

    #[test]
    fn one_message_a_second_is_never_too_often() {
        let mut buckets = Buckets::default();
        let over = (0..500).filter(|n| buckets.call(&key(), Tier::PerChannel, n * 1_000, true).over.is_some());
        assert_eq!(over.count(), 0);
    }

    #[test]
    fn a_burst_is_let_through_once() {
        let mut buckets = Buckets::default();
        let over = (0..5).filter(|_| buckets.call(&key(), Tier::PerChannel, 0, true).over.is_some()).count();
        assert_eq!(over, 2);
    }

    #[test]
    fn the_51st_call_in_a_minute_is_told_when_to_come_again_and_counted_when_it_comes_earlier() {
        let mut buckets = Buckets::default();
        for n in 0..50 {
            assert_eq!(buckets.call(&key(), TIER_3, n * 1_000, true).over, None);
        }
        assert_eq!(buckets.call(&key(), TIER_3, 50_000, true), Verdict { over: Some(10_000), early: false });
        assert_eq!(buckets.call(&key(), TIER_3, 55_000, true), Verdict { over: Some(5_000), early: true });
        assert_eq!(buckets.call(&key(), TIER_3, 60_000, true), Verdict { over: None, early: false });
    }
}
