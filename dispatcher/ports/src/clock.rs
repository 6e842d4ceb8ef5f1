//! Time, read only at the edges.

use signalbox_domain::time::Time;

/// The time now. Everything below the edges is given the time as data.
pub trait Clock: Send + Sync {
    /// Now. May jump in either direction between calls.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
