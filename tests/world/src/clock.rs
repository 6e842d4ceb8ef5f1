//! A clock that is moved by hand.

use std::sync::atomic::{AtomicU64, Ordering};

use signalbox_domain::time::{Span, Time};

/// Stands still until it is moved.
#[derive(Debug)]
pub struct Clock {
    now: AtomicU64,
}

impl Clock {
    /// A clock that shows `now`.
    pub fn at(now: Time) -> Self {
        Self { now: AtomicU64::new(now.0) }
    }

    /// Moves it forward and gives what it shows then.
    pub fn advance(&self, by: Span) -> Time {
        Time(self.now.fetch_add(by.0, Ordering::SeqCst).saturating_add(by.0))
    }

    /// Sets it, to any time: real clocks jump back, too.
    pub fn set(&self, now: Time) {
        self.now.store(now.0, Ordering::SeqCst);
    }
}

/// Shows 14 November 2023, 22:13:20 UTC.
impl Default for Clock {
    fn default() -> Self {
        Self::at(Time(1_700_000_000_000))
    }
}

impl signalbox_ports::clock::Clock for Clock {
    fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }
}
