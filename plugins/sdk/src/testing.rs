//! A plugin's cases: events and what it is expected to say, as data, so that the same files test the plugin natively
//! and its component through the host.
//!
//! `cases/event.json` is the event that every case starts from. Every other file in `cases/` is an object of cases, by
//! name; the name is a sentence. Types are written as Rust writes them: `{"Claim": {"place": {"Repository": "a/b"}, …}}`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::prefetcher::{Assembled, Outcome as Came, Request, Response, Route};
use crate::router::Outcome;
use crate::{Event, PluginError};

/// One case of a router.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouterCase {
    /// What is different from `event.json`: objects are merged, everything else is replaced.
    pub event: Value,
    /// The settings.
    #[serde(default = "empty")]
    pub config: Value,
    /// What it says: `{"Ok": outcome}` or `{"Err": error}`.
    pub expect: Value,
}

/// One case of a prefetcher.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefetcherCase {
    /// What is different from `event.json`.
    pub event: Value,
    /// The settings.
    #[serde(default = "empty")]
    pub config: Value,
    /// Where the request goes.
    pub route: Route,
    /// What there is to fetch. Everything else is not found.
    #[serde(default)]
    pub world: Vec<Response>,
    /// What it asks for, round by round, and what it makes of it.
    pub expect: Gathering,
}

/// What a prefetcher did from its plan to its items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gathering {
    /// The requests of each round.
    pub asked: Vec<Vec<Request>>,
    /// `{"Ok": items}` or `{"Err": error}`.
    pub gave: Value,
}

/// A case with its name and its whole event.
#[derive(Clone, Debug)]
pub struct Case<T> {
    /// Its name, a sentence.
    pub name: String,
    /// The event it starts from, with the case's differences.
    pub event: Value,
    /// The rest.
    pub case: T,
}

/// The cases of a folder, by name. Panics on a file that is not what it should be, with its path: this is for tests.
pub fn cases<T: for<'a> Deserialize<'a>>(folder: &Path, event: impl Fn(&T) -> &Value) -> Vec<Case<T>> {
    let base: Value = parse(&folder.join("event.json"));
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("failed to read {}: {error}", folder.display()))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == "json") && !path.ends_with("event.json"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        for (name, case) in parse::<BTreeMap<String, T>>(&file) {
            let mut whole = base.clone();
            merge(&mut whole, event(&case));
            all.push(Case { name, event: whole, case });
        }
    }
    assert!(!all.is_empty(), "{} holds no case", folder.display());
    all
}

/// Checks a router against the cases of its folder; panics with every case that fails.
pub fn check_router<C: for<'a> Deserialize<'a>>(
    folder: impl AsRef<Path>,
    route: impl Fn(&Event, &C) -> Result<Outcome, PluginError>,
) {
    let mut wrong = Vec::new();
    for Case { name, event, case } in cases(folder.as_ref(), |case: &RouterCase| &case.event) {
        let event: Event = value(&name, event);
        let said = crate::config::read(&case.config.to_string()).and_then(|config| route(&event, &config));
        compare(&mut wrong, &name, &case.expect, &json(&said));
    }
    finish(wrong);
}

/// Checks a prefetcher against the cases of its folder; panics with every case that fails.
pub fn check_prefetcher<C: for<'a> Deserialize<'a>>(
    folder: impl AsRef<Path>,
    plan: impl Fn(&Event, &Route, &C) -> Result<Vec<Request>, PluginError>,
    assemble: impl Fn(&Event, &Route, &C, u32, &[Response]) -> Result<Assembled, PluginError>,
) {
    let mut wrong = Vec::new();
    for Case { name, event, case } in cases(folder.as_ref(), |case: &PrefetcherCase| &case.event) {
        let event: Event = value(&name, event);
        let config: C = value(&name, case.config.clone());
        let did = gather(
            &case.world,
            || plan(&event, &case.route, &config),
            |round, responses| assemble(&event, &case.route, &config, round, responses),
        );
        compare(&mut wrong, &name, &json(&case.expect), &json(&did));
    }
    finish(wrong);
}

/// Calls a plugin with some thousand texts as odd as people's, the same every time, to see that none makes it panic.
/// Everything else of the event is that of the folder's `event.json`.
pub fn check_odd_texts(folder: impl AsRef<Path>, call: impl Fn(&Event)) {
    const PIECES: [&str; 40] = [
        "repo:",
        "acme/website",
        "branch:",
        "[",
        "]",
        "=",
        ",",
        "`",
        "```",
        "<!--",
        "-->",
        "> ",
        "\n",
        " ",
        " ",
        " ",
        "https://",
        "://",
        "git@",
        "/",
        "//",
        "#",
        "#12",
        "|",
        ":",
        "'",
        "’",
        "?",
        "…",
        "why",
        "can you",
        "the",
        "website",
        "€",
        "ß",
        "日本",
        "\u{202e}",
        "\0",
        "..",
        "model:x",
    ];
    let mut event: Event = value("event.json", parse(&folder.as_ref().join("event.json")));
    let mut seed = 1u64;
    for _ in 0..4_000 {
        event.text.clear();
        for _ in 0..seed >> 33 & 15 {
            // Knuth's generator: any would do, this one is a line.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            event.text.push_str(PIECES[(seed >> 33) as usize % PIECES.len()]);
        }
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        event.thread.room_topic.clone_from(&event.text);
        call(&event);
    }
}

/// Drives a prefetcher through a world that is given as data.
pub fn gather<E: Serialize>(
    world: &[Response],
    plan: impl FnOnce() -> Result<Vec<Request>, E>,
    assemble: impl Fn(u32, &[Response]) -> Result<Assembled, E>,
) -> Gathering {
    let mut asked = Vec::new();
    let mut responses = Vec::new();
    let mut next = plan();
    for round in 1.. {
        let requests = match next {
            Ok(requests) => requests,
            Err(error) => {
                return Gathering { asked, gave: json(&Err::<(), _>(error)) };
            }
        };
        responses.extend(requests.iter().map(|request| respond(world, request)));
        asked.push(requests);
        next = match assemble(round, &responses) {
            Ok(Assembled::Done(items)) => {
                return Gathering { asked, gave: json(&Ok::<_, ()>(items)) };
            }
            Ok(Assembled::More(requests)) => Ok(requests),
            Err(error) => Err(error),
        };
        assert!(round <= 3, "a prefetcher has three rounds at most");
    }
    unreachable!("the loop above only ends by returning")
}

fn respond(world: &[Response], request: &Request) -> Response {
    let known = world.iter().find(|response| response.request == *request).cloned();
    known.unwrap_or_else(|| Response { request: request.clone(), outcome: Came::NotFound })
}

fn parse<T: for<'a> Deserialize<'a>>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("failed to read {}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value<T: for<'a> Deserialize<'a>>(name: &str, value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("case `{name}`: {error}"))
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("values of the contract are JSON")
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, change) in change {
                merge(into.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

fn compare(wrong: &mut Vec<String>, name: &str, expect: &Value, got: &Value) {
    if expect != got {
        wrong.push(format!("{name}\n  expected {expect:#}\n  got {got:#}"));
    }
}

fn finish(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} cases fail:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}
