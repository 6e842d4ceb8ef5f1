//! What a world is started with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Gives milliseconds since 1970. Every stamp, limit, retry and signature of the world follows it.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What happens to a call over a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// It is answered, and counted in [`Meters::over`](crate::Meters::over).
    #[default]
    Metered,
    /// It is refused with 429 and `Retry-After`, and counted.
    Enforced,
}

/// What a world is started with.
#[derive(Clone)]
pub struct Options {
    /// Its clock.
    pub clock: Clock,
    /// Seed of its ids and random faults: the same seed gives the same ids.
    pub seed: u64,
    /// What happens to calls over a limit.
    pub limits: Limits,
    /// How long it waits for the app to answer a delivery, in real time. Slack waits 3 s.
    pub patience: Duration,
}

impl Default for Options {
    /// The machine's clock, seed 1, limits metered, Slack's 3 s of patience.
    fn default() -> Self {
        Self { clock: machine_clock(), seed: 1, limits: Limits::Metered, patience: Duration::from_secs(3) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("seed", &self.seed)
            .field("limits", &self.limits)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

fn machine_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
