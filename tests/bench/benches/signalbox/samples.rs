//! Times, taken one by one, and what is said of them.

use std::time::{Duration, Instant};

use anyhow::Result;

/// How often something is done, and how long that may take.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Before it counts.
    pub(crate) warm: usize,
    /// At most.
    pub(crate) count: usize,
    /// No further one is begun after this, once there is one.
    pub(crate) within: Duration,
}

/// Times of the same thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    /// Shortest first.
    times: Vec<Duration>,
    /// How many there were in a second, where they were made as fast as possible.
    pub(crate) per_second: Option<f64>,
}

impl Samples {
    /// Does it again and again, each time timed as a whole.
    pub(crate) fn take(plan: Plan, mut work: impl FnMut() -> Result<()>) -> Result<Self> {
        Self::told(plan, || {
            let began = Instant::now();
            work()?;
            Ok(began.elapsed())
        })
    }

    /// Does it again and again; it says itself how long what matters of it took.
    pub(crate) fn told(plan: Plan, mut work: impl FnMut() -> Result<Duration>) -> Result<Self> {
        for _ in 0..plan.warm {
            work()?;
        }
        let began = Instant::now();
        let mut times = Vec::with_capacity(plan.count);
        while times.len() < plan.count && (times.is_empty() || began.elapsed() < plan.within) {
            times.push(work()?);
        }
        Ok(Self::of(times))
    }

    /// These.
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self { times, per_second: None }
    }

    /// Made as fast as possible: so many in a second.
    pub(crate) fn at(self, per_second: f64) -> Self {
        Self { per_second: Some(per_second), ..self }
    }

    /// The same work done so many times in each sample: the time of one.
    pub(crate) fn each(mut self, times: u32) -> Self {
        self.times.iter_mut().for_each(|time| *time /= times);
        self
    }

    pub(crate) fn count(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn p50(&self) -> Duration {
        self.percentile(50)
    }

    /// With fewer than a hundred samples, the longest.
    pub(crate) fn p99(&self) -> Duration {
        self.percentile(99)
    }

    /// How many times as long as the floor, at the median.
    pub(crate) fn over(&self, floor: &Self) -> f64 {
        self.p50().as_secs_f64() / floor.p50().as_secs_f64().max(1e-9)
    }

    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.times.len() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(rank).copied().unwrap_or_default()
    }
}
