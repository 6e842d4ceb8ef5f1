//! Small values in a map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use signalbox_ports::Error;
use signalbox_ports::notes::{MAX_NOTE, Note};

use crate::fault::{Calm, Faults, call};

/// Keeps notes in memory.
pub struct Notes {
    faults: Arc<dyn Faults>,
    kept: Mutex<BTreeMap<String, Note>>,
}

impl Notes {
    /// Without any, whose calls meet `faults`.
    pub fn new(faults: Arc<dyn Faults>) -> Self {
        Self { faults, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Note>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Notes {
    fn default() -> Self {
        Self::new(Arc::new(Calm))
    }
}

#[async_trait]
impl signalbox_ports::notes::Notes for Notes {
    async fn get(&self, key: &str) -> Result<Option<Note>, Error> {
        call(&*self.faults, "notes.get", || Ok(self.kept().get(key).cloned())).await
    }

    async fn put(&self, key: &str, value: &str, version: u64) -> Result<u64, Error> {
        call(&*self.faults, "notes.put", || {
            if value.len() > MAX_NOTE {
                return Err(Error::rejected(format!(
                    "a note of {} bytes is over the limit of {MAX_NOTE}",
                    value.len()
                )));
            }
            let mut kept = self.kept();
            if kept.get(key).map_or(0, |note| note.version) != version {
                return Err(Error::Conflict);
            }
            kept.insert(key.into(), Note { value: value.into(), version: version + 1 });
            Ok(version + 1)
        })
        .await
    }

    async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<(String, Note)>, Error> {
        call(&*self.faults, "notes.list", || {
            let kept = self.kept();
            let found = kept.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix)).take(limit);
            Ok(found.map(|(key, note)| (key.clone(), note.clone())).collect())
        })
        .await
    }
}
