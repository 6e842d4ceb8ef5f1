//! One call of one plugin, JSON in and JSON out: for authors, who try, test and replay.
//!
//! Values are written as Rust writes the contract's types, like the cases of a plugin.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::guest::Called;
use crate::host::{Host, Loaded};
use crate::settings;

/// What to call, with what.
#[derive(Clone, Debug)]
pub enum Trial {
    /// A router.
    Route {
        /// The event.
        event: Value,
    },
    /// A prefetcher's plan.
    Plan {
        /// The event.
        event: Value,
        /// Where it goes.
        route: Value,
    },
    /// A prefetcher's assembling.
    Assemble {
        /// The event.
        event: Value,
        /// Where it goes.
        route: Value,
        /// The round, from 1.
        round: u32,
        /// Everything asked so far, with what became of it.
        responses: Value,
    },
}

/// What became of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Trialled {
    /// What the plugin gave; or what went wrong, in words for its author.
    pub gave: Result<Value, String>,
    /// The fuel it burnt.
    pub fuel: u64,
    /// Bytes of memory it had at its end.
    pub memory: u64,
    /// The error the plugin gave itself, if that is what went wrong, as the contract writes it.
    pub reported: Option<Value>,
    /// What it logged.
    pub log: Vec<String>,
}

impl Host {
    /// Calls the plugin `id` with those settings, whatever its triggers. An error says that the trial itself is wrong.
    pub fn trial(&self, id: &str, trial: Trial, settings: &Map<String, Value>) -> Result<Trialled, String> {
        let plugin = self.find(id).ok_or_else(|| format!("there is no plugin {id}"))?;
        let settings = settings::fill(&plugin.manifest.config, settings)?;
        self.call(plugin, trial, &settings)
    }

    fn call(&self, plugin: &Loaded, trial: Trial, settings: &str) -> Result<Trialled, String> {
        match trial {
            Trial::Route { event } => {
                finish(self.ask(plugin, &read("event", event)?, settings, plugin.manifest.bounds().fuel))
            }
            Trial::Plan { event, route } => {
                finish(self.plan(plugin, &read("event", event)?, &read("route", route)?, settings))
            }
            Trial::Assemble { event, route, round, responses } => {
                let responses: Vec<_> = read("responses", responses)?;
                finish(self.assemble(
                    plugin,
                    &read("event", event)?,
                    &read("route", route)?,
                    settings,
                    round,
                    &responses,
                ))
            }
        }
    }
}

fn read<T: DeserializeOwned>(what: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("the {what} of the trial is wrong: {error}"))
}

fn finish<T: Serialize>(called: Called<T>) -> Result<Trialled, String> {
    let Called { gave, fuel, memory, reported, log } = called;
    let json = |error: serde_json::Error| error.to_string();
    let gave = match gave {
        Ok(value) => Ok(serde_json::to_value(value).map_err(json)?),
        Err(error) => Err(error),
    };
    let reported = reported.map(serde_json::to_value).transpose().map_err(json)?;
    Ok(Trialled { gave, fuel, memory, reported, log })
}
