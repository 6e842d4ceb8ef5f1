//! What is remembered for a while, so that it is not asked again: bounded, and timed by the clock that is given.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signalbox_domain::time::{Span, Time};

/// Values that are believed for a while.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    entries: Mutex<BTreeMap<K, (Time, V)>>,
    lifetime: Span,
    most: usize,
}

impl<K: Ord + Clone, V: Clone> Cache<K, V> {
    /// Remembers at most `most` values, each for `lifetime`.
    pub(crate) fn new(most: usize, lifetime: Span) -> Self {
        Self { entries: Mutex::default(), lifetime, most: most.max(1) }
    }

    /// What is remembered, if it is still believed.
    pub(crate) fn get(&self, key: &K, now: Time) -> Option<V> {
        let entries = self.lock();
        let (since, value) = entries.get(key)?;
        // A clock that was set back makes everything old.
        (*since <= now && (now - *since) < self.lifetime).then(|| value.clone())
    }

    /// Remembers a value from now on.
    pub(crate) fn put(&self, key: K, value: V, now: Time) {
        let mut entries = self.lock();
        if entries.len() >= self.most && !entries.contains_key(&key) {
            entries.retain(|_, (since, _)| *since <= now && (now - *since) < self.lifetime);
        }
        if entries.len() >= self.most
            && !entries.contains_key(&key)
            && let Some(oldest) = entries.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone())
        {
            entries.remove(&oldest);
        }
        entries.insert(key, (now, value));
    }

    /// Forgets a value.
    pub(crate) fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, (Time, V)>> {
        // Nothing in here panics between two changes that belong together.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_the_old_and_never_grows_over_its_bound() {
        let cache = Cache::new(2, Span::seconds(10));
        let at = |seconds: u64| Time(seconds * 1_000);
        cache.put("a", 1, at(100));
        cache.put("b", 2, at(101));
        cache.put("c", 3, at(102));
        assert_eq!(
            [cache.get(&"a", at(102)), cache.get(&"b", at(102)), cache.get(&"c", at(102))],
            [None, Some(2), Some(3)]
        );
        assert_eq!(cache.get(&"b", at(111)), None, "it is too old");
        assert_eq!(cache.get(&"c", at(50)), None, "the clock was set back");
        cache.forget(&"c");
        assert_eq!(cache.get(&"c", at(102)), None);
    }
}
