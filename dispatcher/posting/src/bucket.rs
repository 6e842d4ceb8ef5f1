//! How often something may be done: rates, windows, and a vendor's word that it must wait. Time is given.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use signalbox_domain::time::{Span, Time};

/// How many keys a [`Buckets`] remembers unless it is told otherwise.
pub const MAX_KEYS: usize = 10_000;
/// How far behind the first free moment the last of those who wait is sent, so that they do not all come at once.
pub const MAX_SPREAD: Span = Span::seconds(10);

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Once `every` so long in the long run, and `burst` times at once after a rest.
    Rate {
        /// The time one takes to come back.
        every: Span,
        /// The most at once; at least 1.
        burst: u32,
    },
    /// At most `count` times within any `per`, wherever it is laid: 50 a minute, 500 an hour.
    Window {
        /// How many; at least 1.
        count: u32,
        /// Within how long.
        per: Span,
    },
}

/// What was done under each key, and what must wait. All or nothing: what is refused costs no token of any limit.
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
    /// One for each limit it is taken with, in that order.
    states: Vec<State>,
    /// Nothing before.
    held: Time,
    /// When the last of those who wait was told to come.
    told: Time,
}

#[derive(Debug)]
enum State {
    /// When every token will be back.
    Full(Time),
    /// When the last ones were done, oldest first, never more than the limit's count; and within how long they count.
    Done(VecDeque<Time>, Span),
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

    /// Takes one under `key` at `now`, if every one of the limits allows it and nothing holds it; else the time when it
    /// is free, as far as can be said now. Those who wait are sent one behind the other, [`MAX_SPREAD`] apart at most;
    /// who comes too early is refused again. A key is always taken with the same limits, in the same order.
    pub fn take(&self, key: &str, limits: &[Limit], now: Time) -> Result<(), Time> {
        self.take_all(&[(key, limits)], now)
    }

    /// As [`Self::take`], under several different keys at once: all of them, or none.
    pub fn take_all(&self, wanted: &[(&str, &[Limit])], now: Time) -> Result<(), Time> {
        let mut kept = self.lock();
        if kept.held > now {
            return Err(kept.held);
        }
        for (key, limits) in wanted {
            make_room(&mut kept.keys, key, self.most, now)?;
            kept.keys.entry((*key).into()).or_default().meet(limits, now);
        }
        let mut free = Time(0);
        let mut next = Time(0);
        for (key, limits) in wanted {
            if let Some(bucket) = kept.keys.get(*key) {
                let (at, pace) = bucket.free(limits);
                free = free.max(at);
                if at > now {
                    next = next.max(bucket.told + pace);
                }
            }
        }
        let until = (free > now).then(|| next.clamp(free, free + MAX_SPREAD));
        for (key, limits) in wanted {
            if let Some(bucket) = kept.keys.get_mut(*key) {
                match until {
                    None => bucket.spend(limits, now),
                    Some(until) if bucket.free(limits).0 > now => bucket.told = until,
                    Some(_) => {}
                }
            }
        }
        until.map_or(Ok(()), Err)
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
    /// Sees to it that there is a state for each limit, and that nothing lies further ahead than it can: the clock may
    /// have gone back.
    fn meet(&mut self, limits: &[Limit], now: Time) {
        for limit in limits.iter().skip(self.states.len()) {
            self.states.push(match limit {
                Limit::Rate { .. } => State::Full(Time(0)),
                Limit::Window { per, .. } => State::Done(VecDeque::new(), *per),
            });
        }
        for (state, limit) in self.states.iter_mut().zip(limits) {
            match (state, limit) {
                (State::Full(full), Limit::Rate { every, burst }) => {
                    *full = (*full).min(now + times(*every, (*burst).max(1)));
                }
                (State::Done(done, per), Limit::Window { per: given, .. }) => {
                    *per = *given;
                    done.iter_mut().for_each(|at| *at = (*at).min(now));
                    while done.front().is_some_and(|at| *at + *per <= now) {
                        done.pop_front();
                    }
                }
                // Taken with other limits than before: it begins anew.
                (state @ State::Full(_), Limit::Window { per, .. }) => *state = State::Done(VecDeque::new(), *per),
                (state @ State::Done(..), Limit::Rate { .. }) => *state = State::Full(Time(0)),
            }
        }
    }

    /// When one is free, and how long the next one behind it takes.
    fn free(&self, limits: &[Limit]) -> (Time, Span) {
        let each = self.states.iter().zip(limits).map(|(state, limit)| match (state, limit) {
            (State::Full(full), Limit::Rate { every, burst }) => {
                (Time(full.0.saturating_sub(times(*every, (*burst).max(1) - 1).0)), *every)
            }
            (State::Done(done, _), Limit::Window { count, per }) => {
                let count = usize::try_from((*count).max(1)).unwrap_or(usize::MAX);
                let first = done.len().checked_sub(count).and_then(|at| done.get(at));
                (first.map_or(Time(0), |at| *at + *per), Span(per.0 / u64::try_from(count).unwrap_or(1)))
            }
            (State::Full(_), Limit::Window { .. }) | (State::Done(..), Limit::Rate { .. }) => (Time(0), Span(0)),
        });
        each.fold((self.held, Span(0)), |(free, pace), (at, every)| (free.max(at), pace.max(every)))
    }

    fn spend(&mut self, limits: &[Limit], now: Time) {
        for (state, limit) in self.states.iter_mut().zip(limits) {
            match (state, limit) {
                (State::Full(full), Limit::Rate { every, .. }) => *full = (*full).max(now) + *every,
                (State::Done(done, _), Limit::Window { .. }) => done.push_back(now),
                (State::Full(_), Limit::Window { .. }) | (State::Done(..), Limit::Rate { .. }) => {}
            }
        }
    }

    /// From when on it is as new.
    fn idle(&self) -> Time {
        let each = self.states.iter().map(|state| match state {
            State::Full(full) => *full,
            State::Done(done, per) => done.back().map_or(Time(0), |at| *at + *per),
        });
        each.fold(self.held.max(self.told), Time::max)
    }
}

fn times(every: Span, count: u32) -> Span {
    Span(every.0.saturating_mul(count.into()))
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
    fn those_who_wait_are_sent_one_behind_the_other_and_never_far() {
        let buckets = Buckets::default();
        let one = [Limit::Rate { every: Span::seconds(1), burst: 1 }];
        assert_eq!(buckets.take("room", &one, Time(0)), Ok(()));
        let told: Vec<_> = (0..100).filter_map(|_| buckets.take("room", &one, Time(0)).err()).collect();
        assert_eq!(told[..3], [Time(1_000), Time(2_000), Time(3_000)]);
        assert_eq!(told.last(), Some(&(Time(1_000) + MAX_SPREAD)));
    }
}
