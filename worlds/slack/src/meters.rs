//! What apps did to the Web API: counted, and what was refused listed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ids::{AppId, TeamId};
use crate::world::World;

/// Counts of calls to the Web API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meters {
    /// Calls by method, all of them.
    pub calls: BTreeMap<String, u64>,
    /// Calls over the stated limit of their method, by method.
    pub over: BTreeMap<String, u64>,
    /// Calls made again before the `Retry-After` that was told had passed, by method.
    pub early: BTreeMap<String, u64>,
    /// Calls refused (`ok: false`), by their error.
    pub refused: BTreeMap<String, u64>,
    /// Faults that were let happen, by their kind.
    pub faults: BTreeMap<String, u64>,
    /// Messages posted, per channel.
    pub messages: BTreeMap<String, u64>,
}

impl Meters {
    /// Calls of every method.
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Calls over any limit.
    pub fn over_total(&self) -> u64 {
        self.over.values().sum()
    }

    /// Retries that came too early.
    pub fn early_total(&self) -> u64 {
        self.early.values().sum()
    }
}

/// A call that was answered `ok: false`.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Which app, where it was known.
    pub app: Option<AppId>,
    /// In which workspace.
    pub team: Option<TeamId>,
    /// Which method.
    pub method: String,
    /// Slack's word.
    pub error: String,
    /// What exactly, where Slack says it.
    pub details: Vec<String>,
    /// What was asked.
    pub arguments: Value,
}

impl World {
    /// What apps did so far.
    pub fn meters(&self) -> Meters {
        self.state().meters.clone()
    }

    /// Every call that was refused, oldest first. A 429 or a fault is none.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.state().refusals.clone()
    }

    /// Begins to count and list anew.
    pub fn reset_meters(&self) {
        let mut state = self.state();
        state.meters = Meters::default();
        state.refusals.clear();
    }
}
