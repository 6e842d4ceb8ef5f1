//! Gathers the sections of a repository's RUNBOOK.md that a request speaks of.

#[cfg(target_family = "wasm")]
mod component;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, File, Item, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError};

/// There is nothing to set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Asks for the runbook of the repository the request goes to.
pub fn plan(_: &Event, route: &Route, _: &Config) -> Result<Vec<Request>, PluginError> {
    let runbook = |repository: &String| {
        Request::File(File { repository: repository.clone(), path: "RUNBOOK.md".to_string() })
    };
    Ok(route.repository.iter().map(runbook).collect())
}

/// Keeps the sections whose headings the request has a word of.
pub fn assemble(
    event: &Event,
    _: &Route,
    _: &Config,
    _round: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    let text = event.text.to_lowercase();
    let mut items = Vec::new();
    for (place, response) in (0..).zip(responses) {
        // Whatever else became of it, there is no runbook to read.
        let Outcome::Ok(runbook) = &response.outcome else { continue };
        for section in runbook.text.split("\n## ").skip(1) {
            let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
            if text.contains(&heading.to_lowercase()) {
                items.push(Item {
                    title: format!("Runbook: {heading}"),
                    text: body.trim().to_string(),
                    sources: vec![place],
                    weight: 600,
                });
            }
        }
    }
    Ok(Assembled::Done(items))
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_prefetcher("cases", super::plan, super::assemble);
    }
}
