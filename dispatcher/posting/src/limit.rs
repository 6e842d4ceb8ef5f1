//! How often something may be done, and when it was done last.

use std::collections::VecDeque;

use signalbox_domain::time::{Span, Time};

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

/// What was done under several limits; one state for each, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spent(Vec<State>);

#[derive(Clone, Debug)]
enum State {
    /// When every token will be back.
    Full(Time),
    /// When the last ones were done, oldest first; and within how long they count.
    Done(VecDeque<Time>, Span),
}

impl Spent {
    /// Sees to it that there is a state for each limit, and that nothing lies further ahead than it can: the clock may
    /// have gone back.
    pub(crate) fn meet(&mut self, limits: &[Limit], now: Time) {
        for limit in limits.iter().skip(self.0.len()) {
            self.0.push(limit.fresh());
        }
        for (state, limit) in self.0.iter_mut().zip(limits) {
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
                (state @ State::Full(_), Limit::Window { .. }) | (state @ State::Done(..), Limit::Rate { .. }) => {
                    *state = limit.fresh();
                }
            }
        }
    }

    /// When one is free.
    pub(crate) fn free(&self, limits: &[Limit]) -> Time {
        let each = self.0.iter().zip(limits).map(|(state, limit)| match (state, limit) {
            (State::Full(full), Limit::Rate { every, burst }) => {
                Time(full.0.saturating_sub(times(*every, (*burst).max(1) - 1).0))
            }
            (State::Done(done, _), Limit::Window { count, per }) => {
                let count = usize::try_from((*count).max(1)).unwrap_or(usize::MAX);
                let first = done.len().checked_sub(count).and_then(|at| done.get(at));
                first.map_or(Time(0), |at| *at + *per)
            }
            (State::Full(_), Limit::Window { .. }) | (State::Done(..), Limit::Rate { .. }) => Time(0),
        });
        each.fold(Time(0), Time::max)
    }

    /// One is done.
    pub(crate) fn spend(&mut self, limits: &[Limit], now: Time) {
        for (state, limit) in self.0.iter_mut().zip(limits) {
            match (state, limit) {
                (State::Full(full), Limit::Rate { every, .. }) => *full = (*full).max(now) + *every,
                (State::Done(done, _), Limit::Window { .. }) => done.push_back(now),
                (State::Full(_), Limit::Window { .. }) | (State::Done(..), Limit::Rate { .. }) => {}
            }
        }
    }

    /// From when on it is as new.
    pub(crate) fn idle(&self) -> Time {
        let each = self.0.iter().map(|state| match state {
            State::Full(full) => *full,
            State::Done(done, per) => done.back().map_or(Time(0), |at| *at + *per),
        });
        each.fold(Time(0), Time::max)
    }
}

impl Limit {
    fn fresh(&self) -> State {
        match self {
            Self::Rate { .. } => State::Full(Time(0)),
            Self::Window { per, .. } => State::Done(VecDeque::new(), *per),
        }
    }
}

fn times(every: Span, count: u32) -> Span {
    Span(every.0.saturating_mul(count.into()))
}
