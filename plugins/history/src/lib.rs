//! Brings what happened lately to the files a request speaks of: who changed them, when, and what for.

#[cfg(target_family = "wasm")]
mod component;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, File, Item, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError, path};

/// No settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Paths whose history is looked at.
const PATHS: usize = 6;
/// Commits of each that are told of.
const COMMITS: usize = 8;
/// It helps, and is the first thing to go.
const WEIGHT: u16 = 250;
/// Milliseconds in a day.
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// Asks for the history of every path that the request names.
pub fn plan(event: &Event, route: &Route, _: &Config) -> Result<Vec<Request>, PluginError> {
    let Some(repository) = &route.repository else { return Ok(Vec::new()) };
    // A repository's own name looks like a path, and is none.
    let paths = path::mentioned(&event.text).into_iter();
    let paths = paths.filter(|path| event.repositories.iter().all(|known| !known.name.eq_ignore_ascii_case(path)));
    let file = |path| Request::History(File { repository: repository.clone(), path });
    Ok(paths.take(PATHS).map(file).collect())
}

/// Makes one piece of each that has a history.
pub fn assemble(
    event: &Event,
    _: &Route,
    _: &Config,
    _: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    let pieces = (0u32..).zip(responses).filter_map(|(place, response)| {
        let (Request::History(file), Outcome::Ok(fetched)) = (&response.request, &response.outcome) else {
            return None;
        };
        let commits = fetched.text.lines().filter_map(|line| serde_json::from_str::<Commit>(line).ok());
        let lines: Vec<String> = commits.take(COMMITS).map(|commit| commit.line(event.received_at_ms)).collect();
        let title = format!("recent changes of {}", file.path);
        (!lines.is_empty()).then(|| Item { title, text: lines.join("\n"), sources: vec![place], weight: WEIGHT })
    });
    Ok(Assembled::Done(pieces.collect()))
}

/// A commit, as the host gives it.
#[derive(Deserialize)]
struct Commit {
    commit: String,
    by: String,
    at_ms: u64,
    title: String,
}

impl Commit {
    fn line(&self, now: u64) -> String {
        let days = match now.saturating_sub(self.at_ms) / DAY {
            0 => "today".to_string(),
            1 => "yesterday".to_string(),
            days => format!("{days} days ago"),
        };
        let short = self.commit.get(..12).unwrap_or(&self.commit);
        format!("{short} {} ({}, {days})", self.title, self.by)
    }
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
