//! What was counted while the world ran.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// Counts, and everything that should not have happened. Read by [`crate::World::meters`].
#[derive(Clone, Debug, Default, Serialize)]
pub struct Meters {
    /// Calls over HTTP by method and path template, e.g. `GET /repos/{owner}/{repo}`.
    pub calls: BTreeMap<String, u64>,
    /// Answers of 400 and more, except those by injected faults, in order.
    pub refused: Vec<Refused>,
    /// Calls beyond a limit that GitHub states.
    pub over: Vec<Over>,
    /// Calls made before the `Retry-After` that was told had passed, except those that were under way when it was told.
    pub early: u64,
    /// Requests and answers that GitHub's own description of its API does not allow.
    pub breaches: Vec<Breach>,
    /// The most calls of one caller under way at once.
    pub most_at_once: usize,
    /// Faults that were injected.
    pub faults: u64,
}

/// A call that was refused.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// GitHub's words.
    pub message: String,
}

/// A limit that was passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Over {
    /// Which one.
    pub limit: Limit,
    /// Who passed it: `installation 1003`, `account 1001`.
    pub who: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

/// The limits GitHub states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// 80 requests a minute that make content.
    ContentPerMinute,
    /// 500 requests an hour that make content.
    ContentPerHour,
    /// 900 points a minute; a read is one, a write five.
    PointsPerMinute,
    /// 100 requests at once.
    Concurrent,
    /// 5,000 requests an hour.
    CallsPerHour,
}

/// Something that GitHub's description of its API does not allow.
#[derive(Clone, Debug, Serialize)]
pub struct Breach {
    /// Method and path template.
    pub operation: String,
    /// `request`, `answer 201`, `webhook`.
    pub part: String,
    /// Where in it, as a JSON pointer.
    pub at: String,
    /// What is wrong with it.
    pub what: String,
}

/// What a caller used of its limits.
#[derive(Debug, Default)]
pub(crate) struct Used {
    content: VecDeque<u64>,
    points: VecDeque<(u64, u64)>,
    calls: VecDeque<u64>,
    pub(crate) under_way: usize,
    /// It was told not to call for a while.
    pub(crate) pause: Option<Pause>,
}

/// What a caller was told who asked for too much.
#[derive(Debug)]
pub(crate) struct Pause {
    /// Not to call before.
    pub(crate) until: u64,
    /// When it was told.
    pub(crate) told: u64,
    /// The call that was refused: method and path.
    pub(crate) call: (String, String),
}

impl Pause {
    /// Whether a call does not keep it. Another call of the same instant may have been under way when the caller was told;
    /// the same one once more was not.
    pub(crate) fn is_broken(&self, now: u64, method: &str, path: &str) -> bool {
        now < self.until && (now > self.told || (self.call.0 == method && self.call.1 == path))
    }
}

/// 5,000 requests an hour.
pub(crate) const CALLS_PER_HOUR: usize = 5_000;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 3_600_000;

impl Used {
    /// Notes a call; gives the limit it passes, if it does, and when to come again.
    pub(crate) fn call(&mut self, now: u64, write: bool, content: bool) -> Option<(Limit, u64)> {
        let old = |at: u64, length: u64| at + length <= now;
        while self.content.front().is_some_and(|at| old(*at, HOUR)) {
            self.content.pop_front();
        }
        while self.calls.front().is_some_and(|at| old(*at, HOUR)) {
            self.calls.pop_front();
        }
        while self.points.front().is_some_and(|(at, _)| old(*at, MINUTE)) {
            self.points.pop_front();
        }
        self.calls.push_back(now);
        self.points.push_back((now, if write { 5 } else { 1 }));
        if content {
            self.content.push_back(now);
        }
        let minute: Vec<_> = self.content.iter().filter(|at| !old(**at, MINUTE)).collect();
        if content && minute.len() > 80 {
            return Some((Limit::ContentPerMinute, minute.first().map_or(now, |at| **at) + MINUTE));
        }
        if content && self.content.len() > 500 {
            return Some((Limit::ContentPerHour, self.content.front().map_or(now, |at| *at) + HOUR));
        }
        if self.points.iter().map(|(_, points)| points).sum::<u64>() > 900 {
            return Some((Limit::PointsPerMinute, self.points.front().map_or(now, |(at, _)| *at) + MINUTE));
        }
        if self.calls.len() > CALLS_PER_HOUR {
            return Some((Limit::CallsPerHour, self.calls.front().map_or(now, |at| *at) + HOUR));
        }
        if self.under_way > 100 {
            return Some((Limit::Concurrent, now + 1_000));
        }
        None
    }

    /// A call that was refused for a limit is not counted against it.
    pub(crate) fn uncount(&mut self, content: bool) {
        self.calls.pop_back();
        self.points.pop_back();
        if content {
            self.content.pop_back();
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.len()
    }

    /// When the oldest call is forgotten.
    pub(crate) fn reset(&self, now: u64) -> u64 {
        self.calls.front().copied().unwrap_or(now) + HOUR
    }
}
