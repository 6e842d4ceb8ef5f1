//! Replay: a run made again from its history, its routes and its context decided again from their records, compared with
//! what is stored. The world is never asked.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use signalbox_domain::context::Bundle;
use signalbox_domain::event::Fact;
use signalbox_domain::id::{Digest, RunId};
use signalbox_domain::run::Run;
use signalbox_domain::step::fold;
use signalbox_ports::Error;
use signalbox_ports::plugins::Event;
use signalbox_ports::store::{Entry, Subject};

use crate::Engine;
use crate::gathering::{Diverged, Gathering};
use crate::record::Record;

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many steps were folded.
    pub steps: usize,
    /// How many decisions where it goes were made again.
    pub routes: usize,
    /// How many prefetches were made again.
    pub prefetches: usize,
    /// Every difference, in words. Empty: none.
    pub differences: Vec<String>,
}

impl Engine {
    /// Folds the run's history and asks plugins again what they were asked then. Nothing is written, nothing is said,
    /// and nothing is fetched: what was not asked for then is a difference.
    pub async fn replay(&self, id: &RunId) -> Result<Replayed, Error> {
        let store = &self.ports.store;
        let stored = store.load(&Subject::Run(id.clone())).await?;
        let stored = stored.ok_or_else(|| Error::Rejected(format!("there is no run {id}")))?;
        let before = match &stored.before {
            Some(before) => store.load(&Subject::Run(before.clone())).await?,
            None => None,
        };
        let history = store.history(id).await?;
        let mut differences = Vec::new();
        let folded = fold(before.as_ref(), &stored.thread, history.iter().map(|entry| &entry.event));
        if folded.as_ref() != Some(&stored) {
            differences.push(difference(folded.as_ref(), &stored));
        }
        let records = self.records(&history).await?;
        for record in &records {
            differences.extend(record.again(&*self.ports.plugins));
        }
        let mut prefetches = 0;
        for bundle in history.iter().filter_map(bundle) {
            let Some(bundle) = self.kept::<Bundle>(bundle).await? else { continue };
            let Some(gathering) = bundle.gathering else { continue };
            if let Some(gathering) = self.kept::<Gathering>(&gathering).await? {
                prefetches += 1;
                differences.extend(self.gather_again(&gathering).await?.err().map(|diverged| diverged.to_string()));
            }
        }
        Ok(Replayed { steps: history.len(), routes: records.len(), prefetches, differences })
    }

    /// The records of a run's decisions where it goes, oldest first.
    pub async fn decisions(&self, id: &RunId) -> Result<Vec<Record>, Error> {
        let history = self.ports.store.history(id).await?;
        self.records(&history).await
    }

    async fn records(&self, history: &[Entry]) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        for entry in history {
            if let Fact::Routed { trace, .. } = &entry.event.fact {
                records.extend(self.kept::<Record>(trace).await?);
            }
        }
        Ok(records)
    }

    async fn gather_again(&self, gathering: &Gathering) -> Result<Result<(), Diverged>, Error> {
        // A record from before events were kept with it.
        let Some(event) = &gathering.event else { return Ok(Ok(())) };
        let Some(event) = self.kept::<Event>(event).await? else { return Ok(Err(Diverged::Lost(event.clone()))) };
        let mut texts: BTreeMap<Digest, String> = BTreeMap::new();
        for digest in gathering.texts() {
            if let Some(bytes) = self.ports.blobs.get(digest).await? {
                texts.insert(digest.clone(), String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        Ok(gathering.again(&*self.ports.plugins, &event, &texts))
    }

    async fn kept<T: DeserializeOwned>(&self, digest: &Digest) -> Result<Option<T>, Error> {
        let bytes = self.ports.blobs.get(digest).await?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(Error::rejected)).transpose()
    }
}

fn bundle(entry: &Entry) -> Option<&Digest> {
    if let Fact::Gathered { bundle, .. } = &entry.event.fact { Some(bundle) } else { None }
}

fn difference(folded: Option<&Run>, stored: &Run) -> String {
    let Some(folded) = folded else { return "the history does not fold: a step of it changes nothing".into() };
    let (a, b) = (serde_json::to_value(folded).unwrap_or_default(), serde_json::to_value(stored).unwrap_or_default());
    let keys: Vec<&str> = b
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| a.get(key.as_str()) != Some(value))
        .map(|(key, _)| key.as_str())
        .collect();
    format!("the run made of its history differs from the stored one in: {}", keys.join(", "))
}
