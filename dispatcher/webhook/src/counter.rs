//! How often each thing happened at an edge, since it was started.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most names a counter keeps apart; what comes after is counted as `other`.
const MAX_NAMES: usize = 256;

/// Counts by name. Names are ours: reasons of refusals and the like, never words of a request.
#[derive(Debug, Default)]
pub struct Counter(Mutex<BTreeMap<String, u64>>);

impl Counter {
    /// One more.
    pub fn count(&self, name: &str) {
        let mut counts = self.lock();
        if let Some(count) = counts.get_mut(name) {
            *count += 1;
            return;
        }
        let name = if counts.len() < MAX_NAMES { name } else { "other" };
        *counts.entry(name.into()).or_default() += 1;
    }

    /// How often, by name.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        // A count is changed in one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
