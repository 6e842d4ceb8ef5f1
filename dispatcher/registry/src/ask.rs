//! What a plugin asks to be allowed, as a value that can be compared and read out: the difference between what was
//! granted and what an update wants is what somebody has to be asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use signalbox_plugin_host::grant::Capability;
use signalbox_plugin_host::limits::Bounds;
use signalbox_plugin_host::manifest::{OnError, World};

use crate::artifact::Artifact;
use crate::error::Error;

/// Everything about a plugin that somebody has to agree to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ask {
    /// `router` or `prefetcher`.
    pub world: String,
    /// Whether its failure stops a request.
    pub stops_requests: bool,
    /// How much it may use, by the name of the limit.
    pub limits: BTreeMap<String, u64>,
    /// What its component asks to be given.
    pub imports: BTreeSet<String>,
    /// What it fetches, as its manifest writes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<toml::Table>,
}

impl Ask {
    /// What an artifact asks.
    pub fn of(artifact: &Artifact) -> Result<Self, Error> {
        let manifest = artifact.parsed()?;
        let table: toml::Table =
            artifact.manifest.parse().map_err(|error| Error::refused(format!("its plugin.toml is wrong: {error}")))?;
        let listed = table.get("capabilities").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        Ok(Self {
            world: match manifest.world {
                World::Router => "router",
                World::Prefetcher => "prefetcher",
            }
            .to_string(),
            stops_requests: manifest.on_error == OnError::FailEvent,
            limits: limits(&manifest.bounds()),
            imports: artifact.imports()?,
            capabilities: listed.into_iter().filter_map(|it| it.as_table().cloned()).collect(),
        })
    }

    /// In words, one line for each.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![match self.world.as_str() {
            "router" => "say where requests go".to_string(),
            _ => "add to what an agent is told".to_string(),
        }];
        if self.stops_requests {
            words.push("stop a request when it fails itself".to_string());
        }
        words.extend(
            ["fuel", "memory"]
                .iter()
                .filter_map(|name| Some(format!("use {}", amount(name, *self.limits.get(*name)?)))),
        );
        words.extend(self.capabilities.iter().map(in_words));
        words.extend(self.imports.iter().filter_map(|import| match import.split('@').next() {
            Some("signalbox:plugin/log") => Some("write lines beside its decisions".to_string()),
            Some("signalbox:plugin/types") => None,
            Some(_) | None => Some(format!("be given `{import}`")),
        }));
        words
    }

    /// What is asked here and was not granted there, in words; nothing if it is no more.
    ///
    /// A capability is covered by one of the same kind that has every pattern of it and no smaller bound.
    pub fn beyond(&self, granted: &Self) -> Vec<String> {
        let mut more = Vec::new();
        if self.world != granted.world {
            more.push(format!("be a {} instead of a {}", self.world, granted.world));
        }
        if self.stops_requests && !granted.stops_requests {
            more.push("stop a request when it fails itself".to_string());
        }
        for (name, asked) in &self.limits {
            let had = granted.limits.get(name).copied().unwrap_or_default();
            if *asked > had {
                more.push(format!("use {} instead of {}", amount(name, *asked), amount(name, had)));
            }
        }
        for asked in &self.capabilities {
            if granted.capabilities.iter().any(|it| covers(it, asked)) {
                continue;
            }
            let missing = granted.capabilities.iter().find_map(|it| missing(it, asked));
            more.push(in_words(&missing.unwrap_or_else(|| asked.clone())));
        }
        more.extend(self.imports.difference(&granted.imports).map(|import| format!("be given `{import}`")));
        more
    }

    /// What it fetches, as the host checks it.
    pub fn fetches(&self) -> Result<Vec<Capability>, Error> {
        let read = |it: &toml::Table| Capability::deserialize(toml::Value::Table(it.clone()));
        let all: Result<_, _> = self.capabilities.iter().map(read).collect();
        all.map_err(|error| Error::refused(format!("what was granted cannot be read: {error}")))
    }
}

/// Whether everything `asked` names is named by `granted`, of the same kind.
fn covers(granted: &toml::Table, asked: &toml::Table) -> bool {
    let keys: BTreeSet<_> = granted.keys().chain(asked.keys()).collect();
    keys.into_iter().all(|key| match (granted.get(key), asked.get(key)) {
        (Some(toml::Value::Array(granted)), Some(toml::Value::Array(asked))) => {
            asked.iter().all(|it| granted.contains(it))
        }
        (Some(toml::Value::Integer(granted)), Some(toml::Value::Integer(asked))) => asked <= granted,
        (granted, asked) => granted == asked,
    })
}

/// Of `asked` only what `granted` lacks, if the two differ in one list alone.
fn missing(granted: &toml::Table, asked: &toml::Table) -> Option<toml::Table> {
    let mut rest = asked.clone();
    let mut narrowed = false;
    for (key, value) in &mut rest {
        if let (Some(toml::Value::Array(known)), toml::Value::Array(list)) = (granted.get(key), value) {
            list.retain(|it| !known.contains(it));
            narrowed = true;
        }
    }
    let mut both = granted.clone();
    for (key, value) in asked {
        if value.is_array() {
            both.insert(key.clone(), value.clone());
        }
    }
    (narrowed && covers(&both, asked)).then_some(rest)
}

/// A capability in words.
fn in_words(capability: &toml::Table) -> String {
    let text = |key: &str| capability.get(key).and_then(toml::Value::as_str).unwrap_or_default();
    let list = |key: &str| {
        let all = capability.get(key).and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let whose = match text("repository") {
        "{place}" => "the repository a request is about",
        _ => "every repository Signalbox knows",
    };
    let mut words = match text("fetch") {
        "thread" => "read the conversation".to_string(),
        "file" => format!("read the files {} of {whose}", list("paths")),
        "folder" => format!("list the files below {} of {whose}", list("paths")),
        "change" => format!("read change requests of {whose}"),
        "issue" => format!("read issues of {whose}"),
        "remarks" => format!("read what reviewers left open in {whose}"),
        "checks" => format!("read failed checks and their logs of {whose}"),
        "search" => format!("search the code of {whose}"),
        "history" => format!("read the recent commits to {} of {whose}", list("paths")),
        "http" => match list("hosts").as_str() {
            "*" => "read web pages from any host you allow".to_string(),
            hosts => format!("read web pages from {hosts}"),
        },
        other => format!("fetch `{other}` of {whose}"),
    };
    for (key, unit) in [("max-kib", "KiB"), ("timeout-ms", "ms")] {
        if let Some(bound) = capability.get(key).and_then(toml::Value::as_integer) {
            words.push_str(&format!(", at most {bound} {unit}"));
        }
    }
    words
}

/// What a plugin may use, by name. Whoever adds a limit is asked here what it is called.
fn limits(bounds: &Bounds) -> BTreeMap<String, u64> {
    let Bounds { fuel, start_fuel, memory, component, data, instances, memories, tables, elements } = *bounds;
    let named = [
        ("fuel", fuel),
        ("start-fuel", start_fuel),
        ("memory", memory),
        ("component", component),
        ("data", data),
        ("instances", instances),
        ("memories", memories),
        ("tables", tables),
        ("elements", elements),
    ];
    named.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// So much of a limit, in words.
fn amount(limit: &str, much: u64) -> String {
    let bytes = |much: u64| match much % (1024 * 1024) {
        0 => format!("{} MiB", much / (1024 * 1024)),
        _ => format!("{} KiB", much / 1024),
    };
    match limit {
        "fuel" => format!("{} million instructions a call", much / 1_000_000),
        "start-fuel" => format!("{} million instructions to start", much / 1_000_000),
        "memory" => format!("{} of memory", bytes(much)),
        "component" => format!("{} of code", bytes(much)),
        "data" => format!("{} of data a call", bytes(much)),
        other => format!("{much} {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(capabilities: &str) -> Ask {
        let table: toml::Table = capabilities.parse().unwrap();
        let listed = table.get("capabilities").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        Ask {
            world: "prefetcher".into(),
            stops_requests: false,
            limits: BTreeMap::from([("fuel".into(), 50_000_000), ("memory".into(), 32 << 20)]),
            imports: BTreeSet::from(["signalbox:plugin/log@0.1.0".to_string()]),
            capabilities: listed.into_iter().filter_map(|it| it.as_table().cloned()).collect(),
        }
    }

    #[test]
    fn the_same_or_less_needs_nobody() {
        let granted = ask("capabilities = [{ fetch = \"http\", hosts = [\"a\", \"b\"], max-kib = 32 }]");
        for less in [
            "capabilities = [{ fetch = \"http\", hosts = [\"a\", \"b\"], max-kib = 32 }]",
            "capabilities = [{ fetch = \"http\", hosts = [\"b\"], max-kib = 16 }]",
            "",
        ] {
            assert_eq!(ask(less).beyond(&granted), Vec::<String>::new(), "{less}");
        }
    }

    #[test]
    fn everything_more_is_said_exactly() {
        let granted = ask("capabilities = [{ fetch = \"http\", hosts = [\"a\"], max-kib = 32 }, \
             { fetch = \"file\", repository = \"{place}\", paths = [\"*.md\"] }]");
        for (asked, more) in [
            ("{ fetch = \"http\", hosts = [\"a\", \"b\"], max-kib = 32 }", "read web pages from b, at most 32 KiB"),
            ("{ fetch = \"http\", hosts = [\"a\"], max-kib = 33 }", "read web pages from a, at most 33 KiB"),
            ("{ fetch = \"http\", hosts = [\"a\"] }", "read web pages from a"),
            ("{ fetch = \"thread\" }", "read the conversation"),
            (
                "{ fetch = \"file\", repository = \"known\", paths = [\"*.md\"] }",
                "read the files *.md of every repository Signalbox knows",
            ),
            (
                "{ fetch = \"file\", repository = \"{place}\", paths = [\"*.md\", \"**\"] }",
                "read the files ** of the repository a request is about",
            ),
        ] {
            assert_eq!(ask(&format!("capabilities = [{asked}]")).beyond(&granted), [more], "{asked}");
        }
    }

    #[test]
    fn more_is_not_only_what_is_fetched() {
        let granted = ask("");
        let limits = BTreeMap::from([("fuel".into(), 100_000_000), ("memory".into(), 64 << 20)]);
        let mut asked = Ask { stops_requests: true, limits, ..ask("") };
        asked.imports.insert("wasi:http/outgoing-handler@0.2.0".into());
        assert_eq!(
            asked.beyond(&granted),
            [
                "stop a request when it fails itself",
                "use 100 million instructions a call instead of 50 million instructions a call",
                "use 64 MiB of memory instead of 32 MiB of memory",
                "be given `wasi:http/outgoing-handler@0.2.0`",
            ]
        );
        let router = Ask { world: "router".into(), ..ask("") };
        assert_eq!(router.beyond(&granted), ["be a router instead of a prefetcher"]);
    }
}
