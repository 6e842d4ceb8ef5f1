//! Who may do something now, and when the others come: rates, windows, and a vendor's word that it must wait. Time is
//! given.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use signalbox_domain::time::{Span, Time};

pub use crate::limit::Limit;
use crate::limit::Spent;

/// How many keys a [`Buckets`] remembers unless it is told otherwise.
pub const MAX_KEYS: usize = 10_000;
/// How long somebody may be late before nobody waits for them any more.
pub const PATIENCE: Span = Span::seconds(10);
/// How many are remembered to wait under one key; those behind them are told to come with the last.
pub const MAX_WAITING: usize = 10_000;

/// What was done under each key, who waits for it, and what must wait. All or nothing: what is refused costs no token of
/// any limit.
#[derive(Debug)]
pub struct Buckets {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Debug, Default)]
struct Kept {
    keys: BTreeMap<String, Bucket>,
    /// Nothing before, whatever the key: a hold for which there was no room.
    held: Time,
}

#[derive(Debug, Default)]
struct Bucket {
    spent: Spent,
    /// Nothing before.
    held: Time,
    /// When those who wait come, in their order: one for each that will be free.
    waiting: VecDeque<Time>,
    /// When those come again who came when they were told to and found nothing free: they go first.
    delayed: VecDeque<Time>,
    /// The latest that was asked at.
    seen: Time,
}

impl Default for Buckets {
    fn default() -> Self {
        Self::new(MAX_KEYS)
    }
}

impl Buckets {
    /// Remembers at most `most` keys. A key is forgotten only when forgetting it changes nothing; if all are in use, a
    /// new one has to wait.
    pub fn new(most: usize) -> Self {
        Self { kept: Mutex::default(), most: most.max(1) }
    }

    /// Takes one under `key` at `now`, if every one of the limits allows it, nothing holds it and nobody waits for it;
    /// else the time when it is their turn. Everybody who waits is told a time of their own, so that each asks once
    /// more and not all again and again; who does not come within [`PATIENCE`] has given theirs up.
    ///
    /// Who asks is not known: while somebody is due, whoever asks is taken for them. A key is always taken with the same
    /// limits, in the same order.
    pub fn take(&self, key: &str, limits: &[Limit], now: Time) -> Result<(), Time> {
        self.take_all(&[(key, limits)], now)
    }

    /// As [`Self::take`], under several different keys at once: all of them, or none. A key without limits is only
    /// looked at for what holds it.
    pub fn take_all(&self, wanted: &[(&str, &[Limit])], now: Time) -> Result<(), Time> {
        let mut kept = self.lock();
        if kept.held > now {
            return Err(kept.held);
        }
        for (key, limits) in wanted {
            make_room(&mut kept.keys, key, self.most, now)?;
            kept.keys.entry((*key).into()).or_default().meet(limits, now);
        }
        let (mut free, mut due, mut spare) = (Time(0), false, true);
        for (key, limits) in wanted {
            if let Some(bucket) = kept.keys.get(*key) {
                free = free.max(bucket.free(limits));
                due |= bucket.due(now);
                spare &= bucket.spares(limits, now);
            }
        }
        let may = free <= now && (due || spare);
        let mut until = free;
        for (key, limits) in wanted {
            if let Some(bucket) = kept.keys.get_mut(*key).filter(|_| !limits.is_empty()) {
                bucket.come(now);
                match may {
                    true => bucket.spent.spend(limits, now),
                    false => until = until.max(bucket.turn(limits, free, due)),
                }
            }
        }
        if may {
            return Ok(());
        }
        for (key, _) in wanted.iter().filter(|(_, limits)| !limits.is_empty()) {
            if let Some(bucket) = kept.keys.get_mut(*key) {
                bucket.wait(until, due);
            }
        }
        Err(until)
    }

    /// Nothing is taken under `key` before `until`: the vendor said so. An earlier time than it is held until changes
    /// nothing.
    pub fn hold(&self, key: &str, until: Time) {
        let mut kept = self.lock();
        if kept.keys.len() >= self.most && !kept.keys.contains_key(key) {
            // Rather everything waits than that the vendor's word is forgotten.
            kept.held = kept.held.max(until);
            return;
        }
        let bucket = kept.keys.entry(key.into()).or_default();
        bucket.held = bucket.held.max(until);
    }

    /// How many keys are remembered.
    pub fn keys(&self) -> usize {
        self.lock().keys.len()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics between two changes that belong together.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets keys that are as new, if there is no room for another; else the time when one will be.
fn make_room(keys: &mut BTreeMap<String, Bucket>, key: &str, most: usize, now: Time) -> Result<(), Time> {
    if keys.len() < most || keys.contains_key(key) {
        return Ok(());
    }
    keys.retain(|_, bucket| bucket.idle() > now);
    match keys.values().map(Bucket::idle).min() {
        Some(idle) if keys.len() >= most => Err(idle),
        Some(_) | None => Ok(()),
    }
}

impl Bucket {
    /// Forgets whom nobody waits for any more; everybody, if the clock went back.
    fn meet(&mut self, limits: &[Limit], now: Time) {
        self.spent.meet(limits, now);
        let back = now + PATIENCE < self.seen;
        self.seen = if back { now } else { self.seen.max(now) };
        for all in [&mut self.delayed, &mut self.waiting] {
            while all.front().is_some_and(|at| back || *at + PATIENCE <= now) {
                all.pop_front();
            }
        }
    }

    /// When one is free, whoever waits for it.
    fn free(&self, limits: &[Limit]) -> Time {
        self.spent.free(limits).max(self.held)
    }

    /// Whether somebody was told to come by now.
    fn due(&self, now: Time) -> bool {
        self.delayed.iter().chain(&self.waiting).any(|at| *at <= now)
    }

    /// Whether one taken now keeps nobody waiting.
    fn spares(&self, limits: &[Limit], now: Time) -> bool {
        if self.delayed.is_empty() && self.waiting.is_empty() {
            return true;
        }
        let mut spent = self.spent.clone();
        spent.spend(limits, now);
        self.delayed.iter().chain(&self.waiting).all(|at| {
            let there = spent.free(limits) <= *at;
            spent.spend(limits, *at);
            there
        })
    }

    /// When it is the turn of somebody who asks, of those for whom nothing is free before `free`: behind those who go
    /// first and, unless it was their turn already, behind everybody.
    fn turn(&self, limits: &[Limit], free: Time, due: bool) -> Time {
        let mut spent = self.spent.clone();
        let behind = if due { None } else { Some(&self.waiting) };
        for at in self.delayed.iter().chain(behind.into_iter().flatten()) {
            let at = (*at).max(spent.free(limits)).max(free);
            spent.spend(limits, at);
        }
        spent.free(limits).max(free)
    }

    /// Whoever was told to come by now is here.
    fn come(&mut self, now: Time) {
        for all in [&mut self.delayed, &mut self.waiting] {
            if all.front().is_some_and(|at| *at <= now) {
                all.pop_front();
                return;
            }
        }
    }

    /// Somebody was told to come then.
    fn wait(&mut self, until: Time, due: bool) {
        let all = if due { &mut self.delayed } else { &mut self.waiting };
        if all.len() < MAX_WAITING {
            all.insert(all.partition_point(|at| *at <= until), until);
        }
    }

    /// From when on it is as new.
    fn idle(&self) -> Time {
        let all = self.delayed.iter().chain(&self.waiting).map(|at| *at + PATIENCE);
        all.fold(self.held.max(self.spent.idle()), Time::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Limit = Limit::Window { count: 3, per: Span::minutes(1) };
    const SECOND: Limit = Limit::Rate { every: Span::seconds(1), burst: 2 };

    #[test]
    fn a_burst_is_free_and_then_it_goes_at_the_rate() {
        let buckets = Buckets::default();
        let take = |at| buckets.take("room", &[SECOND], Time(at));
        assert_eq!((take(10_000), take(10_000)), (Ok(()), Ok(())));
        assert_eq!(take(10_000), Err(Time(11_000)));
        assert_eq!(take(10_999), Err(Time(12_000)), "the second who waits comes behind the first");
        assert_eq!(take(11_000), Ok(()));
        assert_eq!(buckets.take("another", &[SECOND], Time(11_000)), Ok(()), "rooms do not wait for each other");
    }

    #[test]
    fn no_minute_wherever_it_is_laid_has_more_than_its_count() {
        let buckets = Buckets::default();
        let mut done = Vec::new();
        for at in (0..600_000).step_by(700) {
            if buckets.take("room", &[MINUTE, Limit::Window { count: 10, per: Span::minutes(5) }], Time(at)).is_ok() {
                done.push(at);
            }
        }
        for from in &done {
            let within = |span: u64| done.iter().filter(|at| (*from..from + span).contains(at)).count();
            assert!(within(60_000) <= 3 && within(300_000) <= 10);
        }
        assert_eq!(done.len(), 20, "and all that is allowed is used");
    }

    #[test]
    fn what_is_refused_by_one_key_costs_the_other_nothing() {
        let buckets = Buckets::default();
        let one = Limit::Window { count: 1, per: Span::minutes(1) };
        let both = |at| buckets.take_all(&[("room", &[one]), ("team", &[MINUTE])], Time(at));
        assert_eq!(both(0), Ok(()));
        for _ in 0..5 {
            assert!(both(1).is_err());
        }
        assert_eq!(buckets.take("team", &[MINUTE], Time(2)), Ok(()));
        assert_eq!(buckets.take("team", &[MINUTE], Time(2)), Ok(()));
        assert!(buckets.take("team", &[MINUTE], Time(2)).is_err());
    }

    #[test]
    fn a_hold_is_kept_to_the_millisecond() {
        let buckets = Buckets::default();
        buckets.hold("room", Time(5_000));
        buckets.hold("room", Time(4_000));
        assert!(buckets.take("room", &[SECOND], Time(4_999)).is_err_and(|at| at >= Time(5_000)));
        assert_eq!(buckets.take("room", &[SECOND], Time(5_000)), Ok(()));
    }

    #[test]
    fn a_clock_that_went_back_holds_nothing_up_for_longer_than_the_limit_does() {
        let buckets = Buckets::default();
        for _ in 0..3 {
            assert_eq!(buckets.take("room", &[MINUTE], Time(10_000_000)), Ok(()));
        }
        assert!(buckets.take("room", &[MINUTE], Time(1_000)).is_err());
        assert_eq!(buckets.take("room", &[MINUTE], Time(61_000)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_nothing_in_use_is_forgotten() {
        let buckets = Buckets::new(10);
        for n in 0..10 {
            assert_eq!(buckets.take(&format!("room {n}"), &[MINUTE], Time(n)), Ok(()));
        }
        assert_eq!(buckets.take("one more", &[MINUTE], Time(100)), Err(Time(60_000)));
        assert_eq!(buckets.take("one more", &[MINUTE], Time(60_000)), Ok(()));
        buckets.hold("and a hold", Time(70_000));
        assert!(buckets.keys() <= 10);
        assert!(buckets.take("and a hold", &[MINUTE], Time(69_999)).is_err());
    }

    #[test]
    fn everybody_who_waits_is_told_a_time_of_their_own_and_asks_once_more() {
        for limits in [&[SECOND][..], &[MINUTE], &[MINUTE, Limit::Window { count: 10, per: Span::minutes(5) }]] {
            let (buckets, mut asked, mut done) = (Buckets::default(), 0, Vec::new());
            let mut waiting: std::collections::BTreeSet<(Time, u32)> = (0..200).map(|who| (Time(7), who)).collect();
            while let Some((now, who)) = waiting.pop_first() {
                asked += 1;
                match buckets.take("room", limits, now) {
                    Ok(()) => done.push(now),
                    Err(until) => assert!(waiting.insert((until, who))),
                }
            }
            assert_eq!(done.len(), 200);
            assert!(asked <= 400, "{asked} times");
        }
    }

    #[test]
    fn whoever_comes_anew_goes_behind_those_who_wait_and_whoever_was_kept_before_them() {
        let buckets = Buckets::default();
        let one = [Limit::Rate { every: Span::seconds(10), burst: 1 }];
        let take = |at| buckets.take("room", &one, Time(at));
        assert_eq!(take(0), Ok(()));
        assert_eq!((take(1), take(2)), (Err(Time(10_000)), Err(Time(20_000))));
        assert_eq!(take(9_999), Err(Time(30_000)), "anew, and behind both");
        assert_eq!(take(14_000), Ok(()), "late");
        assert_eq!(take(20_000), Err(Time(24_000)), "in time, and kept by who was late: not sent to the end");
        assert_eq!(take(24_000), Ok(()));
        assert_eq!(take(30_000), Err(Time(34_000)));
    }

    #[test]
    fn what_nobody_comes_for_is_not_kept_for_them() {
        let buckets = Buckets::default();
        let one = [Limit::Rate { every: Span::seconds(1), burst: 1 }];
        let take = |at| buckets.take("room", &one, Time(at));
        assert_eq!(take(0), Ok(()));
        for waiting in 1..=5 {
            assert_eq!(take(0), Err(Time(waiting * 1_000)));
        }
        assert_eq!(take(60_000), Ok(()));
        assert_eq!(take(60_000), Err(Time(61_000)), "and nobody waits before whoever comes next");
    }
}
