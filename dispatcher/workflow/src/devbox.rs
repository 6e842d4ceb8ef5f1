//! `.signalbox/devbox.yaml`: what a repository's boxes are like, read strictly.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::bounds::MAX_SENTENCE;
use crate::keys::{Key, Table, Takes, Words};
use crate::node::{Map, Value};
use crate::problem::{Place, Problem, Source};
use crate::{shape, yaml};

/// Where it lies in a repository.
pub const FILE: &str = ".signalbox/devbox.yaml";

/// The most processors that can be asked for.
const MAX_CPUS: u32 = 1_024;
/// The most processes that can be asked for.
const MAX_PROCESSES: u64 = 100_000;

/// What a repository's boxes are like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devbox {
    /// Memory, as it is written: `4 GB`.
    pub memory: Option<String>,
    /// Processors, as it is written: `1.5`.
    pub cpus: Option<String>,
    /// Processes and threads at once.
    pub processes: Option<u64>,
    /// The disk, as it is written: `10 GB`.
    pub disk: Option<String>,
    /// A script that makes what the work needs: its dependencies. What it leaves in `caches` is kept.
    pub setup: Option<String>,
    /// A script that is run before each agent or script of a phase.
    pub before: Option<String>,
    /// A script that is run after an agent that ended well. If it fails, so does the phase.
    pub after: Option<String>,
    /// What is kept from one box for the next, by its name.
    pub caches: BTreeMap<String, Cache>,
}

/// A folder that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Where in the checkout.
    pub path: String,
    /// The files of the repository that say what is in it. Where one differs the cache is another.
    pub key: Vec<String>,
}

const fn key(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, about, takes, required: false }
}

const fn must(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, about, takes, required: true }
}

const fn later(name: &'static str, instead: &'static str) -> Key {
    Key { name, about: "", takes: Takes::Later(instead), required: false }
}

/// Left as they are in the repository: nothing of another one is fetched.
const LEFT: Words = Words { now: &["none"], later: &["all"] };

static DEVBOX: Table = Table {
    keys: &[
        key("size", Takes::Record(&SIZE), "How much of a machine a box has, within what the installation gives."),
        key("setup", Takes::Text, "A script that makes what the work needs. What it leaves in `caches` is kept."),
        key("before", Takes::Text, "A script that is run before the agent or the script of each phase."),
        key(
            "after",
            Takes::Text,
            "A script that is run after an agent that ended well; if it fails, so does the phase.",
        ),
        key("caches", Takes::Named(&CACHE), "Folders that are kept from one box for the next."),
        key("submodules", Takes::Choice(LEFT), "Submodules stay as empty folders."),
        key("lfs", Takes::Choice(LEFT), "Files of Git LFS stay as the pointers that are in the repository."),
        later("profile", "remove it; the folders of tools are `tools` in the installation's signalbox.toml"),
        later("services", "start what the work needs in `before`: a box can talk to itself"),
        later("ports", "remove it; nothing outside of a box can connect to it"),
        later("secrets", "remove it; no secret enters a box, the gateway adds them to what leaves it"),
    ],
};

static SIZE: Table = Table {
    keys: &[
        key("memory", Takes::Line(20), "Memory, with what lies in /tmp: `512 MB`, `4 GB`."),
        key("cpus", Takes::Number(MAX_CPUS), "Processors: `0.5`, `2`."),
        key("processes", Takes::Count(16, MAX_PROCESSES), "Processes and threads at once."),
        key("disk", Takes::Line(20), "What may lie in the checkout and the outputs: `10 GB`."),
    ],
};

static CACHE: Table = Table {
    keys: &[
        must("path", Takes::Line(MAX_SENTENCE), "The folder, from the top of the repository: `node_modules`."),
        must("key", Takes::Texts, "The files that say what is in it: `[package-lock.json]`."),
    ],
};

/// Reads the file, or says everything that is wrong with it.
pub fn read(text: &str) -> Result<Devbox, Vec<Problem>> {
    let source = Source::new(FILE, text);
    let root = yaml::parse(&source)?;
    let mut found = shape::check(&source, &root, &DEVBOX);
    let map = match &root.value {
        Value::Map(map) if found.is_empty() => map,
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            return Err(found);
        }
    };
    let none = Map::default();
    let size = map.map("size").unwrap_or(&none);
    let own = |map: &Map, key: &str| map.text(key).map(str::to_owned);
    let caches = caches(&source, map, &mut found);
    if !found.is_empty() {
        return Err(found);
    }
    Ok(Devbox {
        memory: own(size, "memory"),
        cpus: own(size, "cpus"),
        processes: size.text("processes").and_then(|count| count.parse().ok()),
        disk: own(size, "disk"),
        setup: own(map, "setup"),
        before: own(map, "before"),
        after: own(map, "after"),
        caches,
    })
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Json {
    let mut schema = crate::schema::record(&DEVBOX);
    if let Json::Object(map) = &mut schema {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!("Signalbox devbox"));
    }
    schema
}

fn caches(source: &Source<'_>, file: &Map, found: &mut Vec<Problem>) -> BTreeMap<String, Cache> {
    let mut caches = BTreeMap::new();
    for (name, node) in file.map("caches").into_iter().flat_map(|map| &map.entries) {
        let Value::Map(map) = &node.value else { continue };
        let path = map.text("path").unwrap_or_default();
        let key = map.texts("key");
        let paths = [(path, map.get("path").map_or(Place::START, |node| node.place))];
        for (path, place) in paths.into_iter().chain(key.iter().map(|word| (word.text, word.place))) {
            if !is_plain(path) {
                let help = "write a path from the top of the repository that goes nowhere but down";
                found.push(source.problem(place, format!("`{path}` cannot be a path in the repository"), help));
            }
        }
        let key = key.iter().map(|word| word.text.to_owned()).collect();
        caches.insert(name.text.clone(), Cache { path: path.to_owned(), key });
    }
    caches
}

/// Whether it leads nowhere but down, and not into git's own.
fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_repository_says_is_read() {
        let read = read(
            "size: {memory: 2 GB, cpus: 1.5, processes: 500, disk: 4 GB}\nsetup: npm ci\nbefore: npm run build\n\
             after: npm test\nsubmodules: none\ncaches:\n  modules:\n    path: node_modules\n    key: [package-lock.json]\n",
        )
        .unwrap();
        assert_eq!((read.memory.as_deref(), read.cpus.as_deref()), (Some("2 GB"), Some("1.5")));
        assert_eq!((read.processes, read.setup.as_deref()), (Some(500), Some("npm ci")));
        assert_eq!(read.caches["modules"].key, ["package-lock.json"]);
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place_with_what_to_do() {
        let said = |text: &str| {
            let found = read(text).unwrap_err();
            found.iter().map(|problem| format!("{} {}", problem.brief(), problem.help)).collect::<Vec<_>>().join("\n")
        };
        for (text, words) in [
            ("setpu: npm ci\n", "setup"),
            ("services: {db: {image: postgres}}\n", "start what the work needs in `before`"),
            ("secrets: [NPM_TOKEN]\n", "no secret enters a box"),
            ("ports: [3000]\n", "nothing outside of a box can connect"),
            ("submodules: all\n", "none"),
            ("caches: {x: {path: ../../etc, key: [a]}}\n", "goes nowhere but down"),
            ("caches: {x: {path: .git/hooks, key: [a]}}\n", "goes nowhere but down"),
            ("caches: {x: {path: vendor}}\n", "key"),
            ("size: {processes: 1}\n", "16"),
        ] {
            assert!(said(text).contains(words), "{text}: {}", said(text));
        }
    }

    #[test]
    fn the_schema_for_editors_is_the_one_that_is_documented() {
        let schema = serde_json::to_string_pretty(&schema()).unwrap();
        assert!(schema.contains("\"caches\"") && !schema.contains("\"services\""), "{schema}");
    }
}
