//! What the edge heard, by kind: counted, and remembered as evidence that Slack sends it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::notes::Notes;
use signalbox_webhook::Counter;

/// Where it is noted when a kind of delivery was last seen.
const SEEN: &str = "slack/seen";
/// The most kinds that are remembered: more than Slack has.
const MAX_KINDS: usize = 200;

/// Counts and evidence. The counts are of this process; the evidence is kept.
#[derive(Debug, Default)]
pub(crate) struct Ears {
    counter: Arc<Counter>,
    fresh: Mutex<BTreeMap<String, Time>>,
}

impl Ears {
    /// Where refusals are counted, too.
    pub(crate) fn counter(&self) -> Arc<Counter> {
        self.counter.clone()
    }

    /// One more of something.
    pub(crate) fn count(&self, what: &str) {
        self.counter.count(what);
    }

    /// So many more of something.
    pub(crate) fn add(&self, what: &str, many: usize) {
        (0..many).for_each(|_| self.counter.count(what));
    }

    /// A kind of delivery came.
    pub(crate) fn heard(&self, kind: &str, at: Time) {
        let mut fresh = self.fresh();
        if fresh.len() < MAX_KINDS || fresh.contains_key(kind) {
            fresh.insert(kind.into(), at);
        }
    }

    /// Keeps what was heard since the last time. The edge itself writes nothing but deliveries, so a sweep does this.
    pub(crate) async fn keep(&self, notes: &dyn Notes) -> Result<(), Error> {
        let fresh = std::mem::take(&mut *self.fresh());
        if fresh.is_empty() {
            return Ok(());
        }
        let kept = self.merged(notes, &fresh).await;
        if kept.is_err() {
            // Not lost: it is tried again with the next sweep.
            let mut now = self.fresh();
            for (kind, at) in fresh {
                now.entry(kind).or_insert(at);
            }
        }
        kept
    }

    async fn merged(&self, notes: &dyn Notes, fresh: &BTreeMap<String, Time>) -> Result<(), Error> {
        let (mut seen, version) = noted(notes).await?;
        seen.extend(fresh.clone());
        while seen.len() > MAX_KINDS {
            let oldest = seen.iter().min_by_key(|(_, at)| **at).map(|(kind, _)| kind.clone());
            oldest.and_then(|kind| seen.remove(&kind));
        }
        notes.put(SEEN, &serde_json::to_string(&seen).map_err(Error::rejected)?, version).await?;
        Ok(())
    }

    /// When each kind was last seen, by this process or one before it.
    pub(crate) async fn seen(&self, notes: &dyn Notes) -> Result<BTreeMap<String, Time>, Error> {
        let (mut seen, _) = noted(notes).await?;
        seen.extend(self.fresh().clone());
        Ok(seen)
    }

    fn fresh(&self) -> MutexGuard<'_, BTreeMap<String, Time>> {
        // It is changed in one step.
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn noted(notes: &dyn Notes) -> Result<(BTreeMap<String, Time>, u64), Error> {
    let note = notes.get(SEEN).await?;
    // A note that cannot be read is begun anew: it is evidence, nothing hangs on it.
    let (value, version) = note.map_or((String::new(), 0), |note| (note.value, note.version));
    Ok((serde_json::from_str(&value).unwrap_or_default(), version))
}
