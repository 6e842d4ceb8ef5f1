//! The work, as one of our routers.

use signalbox_plugin::router::{Claim, Outcome, Place};
use signalbox_plugin::{Event, PluginError};

#[cfg(target_family = "wasm")]
mod component {
    signalbox_plugin::router!(crate::route, crate::Config);
}

/// It has no settings.
#[derive(serde::Deserialize)]
pub struct Config {}

/// Claims what the words speak of.
pub fn route(event: &Event, _: &Config) -> Result<Outcome, PluginError> {
    let all = event.repositories.iter().map(|it| (it.name.as_str(), it.description.as_str()));
    let found = rules::find(&event.text, all);
    let name = event.repositories[found.best].name.clone();
    Ok(Outcome::Claim(Claim {
        workflow: None,
        place: Place::Repository(name.clone()),
        branch: None,
        inputs: Vec::new(),
        score: found.score,
        reason: format!("the request speaks of {name}"),
        rule: "words".to_string(),
        matched: found.matched,
    }))
}
