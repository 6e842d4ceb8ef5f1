//! Brings the checks that failed, each trimmed to its failure.

#[cfg(target_family = "wasm")]
mod component;

mod log;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, Item, Outcome, Request, Response, Revision, Route};
use signalbox_plugin::{Event, PluginError, text};

/// How much of each log is kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Lines of each.
    #[serde(default = "lines")]
    pub lines: u32,
}

/// Change requests whose checks are looked at.
const MOST: usize = 4;
/// What failed is most of what a request about it means.
const WEIGHT: u16 = 860;

/// Asks for the checks of the commit the work begins at, and of the change requests that the request names.
pub fn plan(event: &Event, route: &Route, _: &Config) -> Result<Vec<Request>, PluginError> {
    let Some(repository) = &route.repository else { return Ok(Vec::new()) };
    let mut changes: Vec<Option<u64>> = vec![None];
    for word in event.text.split(|c: char| c.is_whitespace() || "<>()[]".contains(c)).map(text::bare) {
        let change = change(word, repository);
        if change.is_some() && !changes.contains(&change) {
            changes.push(change);
        }
    }
    changes.truncate(1 + MOST);
    let asked = changes.into_iter().map(|change| Revision { repository: repository.clone(), change });
    Ok(asked.map(Request::Checks).collect())
}

/// Makes a piece of every check that failed, each once.
pub fn assemble(
    _: &Event,
    _: &Route,
    config: &Config,
    _: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    let mut items: Vec<Item> = Vec::new();
    for (place, response) in (0u32..).zip(responses) {
        let (Request::Checks(at), Outcome::Ok(fetched)) = (&response.request, &response.outcome) else { continue };
        let of = at.change.map_or(String::new(), |number| format!(" of #{number}"));
        for failed in fetched.text.lines().filter_map(|line| serde_json::from_str::<Failed>(line).ok()) {
            let log = log::failure(&failed.log, config.lines as usize);
            let text = [failed.url.as_str(), log.as_str()].into_iter().filter(|it| !it.is_empty());
            let text = text.collect::<Vec<_>>().join("\n\n");
            let title = format!("the failed check {}{of}", failed.name.replace('\n', " "));
            if items.len() < 16 && items.iter().all(|item| item.text != text) {
                items.push(Item { title, text, sources: vec![place], weight: WEIGHT });
            }
        }
    }
    Ok(Assembled::Done(items))
}

/// A check that failed, as the host gives it.
#[derive(Deserialize)]
struct Failed {
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    log: String,
}

/// The number in `#12`, `owner/name#12` or a link to a change request of that repository.
fn change(word: &str, repository: &str) -> Option<u64> {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    if let Some((_, rest)) = word.split_once("://") {
        let parts: Vec<&str> = rest.split(['/', '?', '#']).filter(|part| !part.is_empty() && *part != "-").collect();
        let [_, owner, name, "pull" | "pulls" | "merge_requests" | "changes", at, ..] = parts.as_slice() else {
            return None;
        };
        return number(at).filter(|_| format!("{owner}/{name}").eq_ignore_ascii_case(repository));
    }
    let (named, at) = word.split_once('#')?;
    number(at).filter(|_| named.is_empty() || named.eq_ignore_ascii_case(repository))
}

fn lines() -> u32 {
    60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_prefetcher("cases", plan, assemble);
    }

    #[test]
    fn no_text_is_too_odd() {
        let route = Route { workflow: "build".into(), repository: Some("acme/website".into()), branch: None };
        signalbox_plugin::testing::check_odd_texts("cases", |event| {
            assert!(plan(event, &route, &Config { lines: 60 }).unwrap().len() <= 32);
        });
    }
}
