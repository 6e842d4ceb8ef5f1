//! Replay: a run made again from its history, and its routes decided again, compared with what is stored.

use serde::Deserialize;
use signalbox_domain::id::RunId;
use signalbox_domain::route::{Decision, Opinion};
use signalbox_domain::run::Run;
use signalbox_domain::step::fold;
use signalbox_ports::Error;
use signalbox_ports::plugins::Event;
use signalbox_ports::store::Subject;

use crate::Engine;

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many steps were folded.
    pub steps: usize,
    /// Whether its route was decided again.
    pub routed: bool,
    /// Every difference, in words. Empty: none.
    pub differences: Vec<String>,
}

/// What was kept of a decision.
#[derive(Deserialize)]
struct Trace {
    event: Event,
    opinions: Vec<Opinion>,
    decision: Decision,
}

impl Engine {
    /// Folds the run's history and asks the routers again what they were asked then. Nothing is written and nothing is
    /// said.
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
        let mut routed = false;
        if let Some(route) = &stored.route
            && let Some(bytes) = self.ports.blobs.get(&route.trace).await?
        {
            routed = true;
            let trace: Trace = serde_json::from_slice(&bytes).map_err(Error::rejected)?;
            differences.extend(self.decide_again(&trace));
        }
        Ok(Replayed { steps: history.len(), routed, differences })
    }

    fn decide_again(&self, trace: &Trace) -> Vec<String> {
        let mut differences = Vec::new();
        let again = self.ports.plugins.route(&trace.event);
        for then in &trace.opinions {
            match again.iter().find(|now| now.router == then.router) {
                None => differences.push(format!("{} is not installed any more", then.router)),
                Some(now) if now.digest != then.digest => {
                    differences.push(format!("{} is another component now", then.router));
                }
                Some(now) if now.said != then.said => {
                    differences.push(format!("{} says something else now", then.router))
                }
                Some(now) if now.fuel != then.fuel => {
                    differences.push(format!("{} burnt {} units then and {} now", then.router, then.fuel, now.fuel));
                }
                Some(_) => {}
            }
        }
        if trace.event.decide(&again) != trace.decision {
            differences.push("the decision is another one now".into());
        }
        differences
    }
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
