//! Knows one word of the team's, and the repository it means.

#[cfg(target_family = "wasm")]
mod component;

use serde::Deserialize;
use signalbox_plugin::router::{Claim, Outcome, Place};
use signalbox_plugin::{Event, PluginError};

/// The settings; `plugin.toml` says what they are for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    word: String,
    repository: String,
}

/// Claims the requests that say the word.
pub fn route(event: &Event, config: &Config) -> Result<Outcome, PluginError> {
    let Config { word, repository } = config;
    if !event.repositories.iter().any(|known| known.name == *repository) {
        let problem = format!("`repository` is {repository}, and there is no such repository here");
        return Err(PluginError::Config(problem));
    }
    let mut words = event.text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    let Some(said) = words.find(|said| said.to_lowercase() == word.to_lowercase()) else {
        return Ok(Outcome::Pass(format!("nobody says \"{word}\"")));
    };
    Ok(Outcome::Claim(Claim {
        // Left to the routers that know.
        workflow: None,
        place: Place::Repository(repository.clone()),
        branch: None,
        inputs: Vec::new(),
        score: 750,
        reason: format!("\"{word}\" means {repository}"),
        rule: "word".to_string(),
        matched: vec![said.to_string()],
    }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_router("cases", super::route);
    }
}
