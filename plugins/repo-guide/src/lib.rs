//! Brings what a repository says to those who work in it: its AGENTS.md chain, its rule files, the head of its README.

#[cfg(target_family = "wasm")]
mod component;

mod paths;
mod rule;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, File, Item, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError, path};

/// No settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Guides for the whole repository, by the names that agents look for.
const GUIDES: [&str; 4] = ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md", ".cursorrules"];
/// Where rule files are.
const RULES: [&str; 2] = [".cursor/rules", ".github/instructions"];
/// Rule files that are read at most.
const RULE_FILES: usize = 12;
/// Bytes of the README that are kept: what it is and how it is built comes first.
const README: usize = 4 * 1024;

/// Asks for the guides of the root and of every folder on the way to a path that the request speaks of.
pub fn plan(event: &Event, route: &Route, _: &Config) -> Result<Vec<Request>, PluginError> {
    let Some(repository) = &route.repository else { return Ok(Vec::new()) };
    let file = |path: String| Request::File(File { repository: repository.clone(), path });
    let mut requests: Vec<Request> = GUIDES.map(|it| file(it.to_string())).into();
    requests.extend(paths::folders(&event.text).into_iter().map(|folder| file(format!("{folder}/AGENTS.md"))));
    requests.push(file("README.md".to_string()));
    requests.extend(RULES.map(|path| Request::Folder(File { repository: repository.clone(), path: path.to_string() })));
    Ok(requests)
}

/// Asks for the rule files, if there are any; then makes a piece of every guide that says something of its own.
pub fn assemble(
    event: &Event,
    _: &Route,
    _: &Config,
    round: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    if round == 1 {
        let rules = rule_files(responses);
        if !rules.is_empty() {
            return Ok(Assembled::More(rules));
        }
    }
    let in_play = path::mentioned(&event.text);
    let mut items: Vec<Item> = Vec::new();
    for (place, response) in (0u32..).zip(responses) {
        let (Request::File(file), Outcome::Ok(fetched)) = (&response.request, &response.outcome) else { continue };
        let text = fetched.text.trim();
        if let Some((title, text, weight)) = guide(&file.path, text, &in_play)
            && items.iter().all(|item| item.text != text)
        {
            items.push(Item { title, text, sources: vec![place], weight });
        }
    }
    Ok(Assembled::Done(items))
}

/// The title, text and weight of a guide; `None` for one that says nothing here.
fn guide(path: &str, text: &str, in_play: &[String]) -> Option<(String, String, u16)> {
    // Many a CLAUDE.md only points at AGENTS.md, which is here already.
    if text.is_empty() || text == "@AGENTS.md" || text == "AGENTS.md" {
        return None;
    }
    if path == "README.md" {
        let head = paths::head(text, README);
        let title = if head.len() < text.len() { "README.md (its beginning)" } else { path };
        return Some((title.to_string(), head.to_string(), 600));
    }
    if RULES.iter().any(|folder| path.starts_with(folder)) {
        return rule::applies(text, in_play).map(|text| (path.to_string(), text.to_string(), 850));
    }
    // What is said nearer to the work counts more.
    let weight = if path.ends_with("/AGENTS.md") { 920 } else { 900 };
    Some((path.to_string(), text.to_string(), weight))
}

fn rule_files(responses: &[Response]) -> Vec<Request> {
    let listed = responses.iter().filter_map(|response| match (&response.request, &response.outcome) {
        (Request::Folder(folder), Outcome::Ok(fetched)) => Some((folder, fetched)),
        _ => None,
    });
    let rules = listed.flat_map(|(folder, fetched)| {
        let rules = fetched.text.lines().filter(|path| path.ends_with(".mdc") || path.ends_with(".md"));
        rules.map(|path| Request::File(File { repository: folder.repository.clone(), path: path.to_string() }))
    });
    rules.take(RULE_FILES).collect()
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
            assert!(plan(event, &route, &Config::default()).unwrap().len() <= 32);
        });
    }
}
