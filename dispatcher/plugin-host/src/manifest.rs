//! `plugin.toml`: what a plugin says of itself. What it does not say, it does not get.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::grant::Capability;
use crate::limits::{
    Bounds, CALL_DATA, CALL_FUEL, COMPONENT, ELEMENTS, INSTANCES, Limit, MEMORIES, MEMORY, START_FUEL, TABLES,
};
use crate::settings::Setting;
use crate::triggers::Triggers;

/// The track of the contract this host speaks: `signalbox:plugin@0.1.x`.
pub const API: &str = "0.1";
/// Every track this host speaks.
const TRACKS: &[&str] = if cfg!(test) { &[API, "0.2"] } else { &[API] };

/// A plugin's manifest. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Its name: lower-case letters, digits and hyphens, after `owner/` if it is not shipped.
    pub id: String,
    /// Its own version, `1.2.3`.
    pub version: String,
    /// The track of the contract it is built for: [`API`].
    pub api: String,
    /// What it is.
    pub world: World,
    /// Lower is asked first, and named first where several say the same.
    #[serde(default)]
    pub priority: i32,
    /// What a failure means.
    pub on_error: OnError,
    /// When it is asked at all.
    #[serde(default)]
    pub triggers: Triggers,
    /// What a prefetcher may fetch.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// What it needs more of than usual.
    #[serde(default)]
    pub limits: Limits,
    /// The settings it has, by name.
    #[serde(default)]
    pub config: BTreeMap<String, Setting>,
}

/// The worlds of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Decides where a request goes.
    Router,
    /// Gathers context.
    Prefetcher,
}

/// What a plugin's failure means for the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// The request goes nowhere without this plugin: the person is told which failed.
    FailEvent,
    /// The request goes on without it; the decision names it.
    Skip,
}

/// What a plugin needs more of than usual, or gets along with less of. The ceilings are those of [`limits`](crate::limits).
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Fuel of one call.
    pub fuel: Option<u64>,
    /// Fuel to start an instance: interpreters.
    pub start_fuel: Option<u64>,
    /// Memory, in MiB.
    pub memory_mib: Option<u64>,
    /// The component itself, in MiB: interpreters.
    pub component_mib: Option<u64>,
    /// What a call hands over, in KiB.
    pub data_kib: Option<u64>,
    /// Core instances.
    pub instances: Option<u64>,
    /// Memories.
    pub memories: Option<u64>,
    /// Tables.
    pub tables: Option<u64>,
    /// Elements of all tables together.
    pub elements: Option<u64>,
}

impl Manifest {
    /// Reads a manifest; the error says what is wrong with it, where, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| explained(&error))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// `id@version`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// What its calls are held to.
    pub fn bounds(&self) -> Bounds {
        let Limits { fuel, start_fuel, memory_mib, component_mib, data_kib, instances, memories, tables, elements } =
            self.limits;
        let of = |asked: Option<u64>, limit: Limit, unit: u64| {
            asked.map_or(limit.default, |asked| asked.saturating_mul(unit))
        };
        Bounds {
            fuel: of(fuel, CALL_FUEL, 1),
            start_fuel: of(start_fuel, START_FUEL, 1),
            memory: of(memory_mib, MEMORY, MIB),
            component: of(component_mib, COMPONENT, MIB),
            data: of(data_kib, CALL_DATA, KIB),
            instances: of(instances, INSTANCES, 1),
            memories: of(memories, MEMORIES, 1),
            tables: of(tables, TABLES, 1),
            elements: of(elements, ELEMENTS, 1),
        }
    }

    fn check(&self) -> Result<(), String> {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if self.id.split('/').count() > 2 || !self.id.split('/').all(plain) {
            return Err(format!(
                "id = \"{}\" is not a name; use lower-case letters, digits and hyphens, as in \"ci-doctor\" or \
                 \"acme/ci-doctor\"",
                self.id
            ));
        }
        let numbers: Vec<_> = self.version.split('.').map(str::parse::<u32>).collect();
        if numbers.len() != 3 || numbers.iter().any(Result::is_err) {
            return Err(format!("version = \"{}\" is not three numbers; write it as \"1.2.3\"", self.version));
        }
        if !TRACKS.contains(&self.api.as_str()) {
            return Err(format!(
                "api = \"{}\" is not a track this host speaks; it speaks \"{API}\". Build the plugin with an SDK of that \
                 track",
                self.api
            ));
        }
        if self.world == World::Router && !self.capabilities.is_empty() {
            return Err(
                "a router fetches nothing, so it has no [[capabilities]]; remove them, or make it a prefetcher".into(),
            );
        }
        if self.world == World::Prefetcher && self.on_error == OnError::FailEvent {
            return Err("a prefetcher's failure never stops a request, it is noted in the context; write on-error = \
                        \"skip\""
                .into());
        }
        let bounds = self.bounds();
        within("fuel", bounds.fuel, CALL_FUEL, 1)?;
        within("start-fuel", bounds.start_fuel, START_FUEL, 1)?;
        within("memory-mib", bounds.memory, MEMORY, MIB)?;
        within("component-mib", bounds.component, COMPONENT, MIB)?;
        within("data-kib", bounds.data, CALL_DATA, KIB)?;
        within("instances", bounds.instances, INSTANCES, 1)?;
        within("memories", bounds.memories, MEMORIES, 1)?;
        within("tables", bounds.tables, TABLES, 1)?;
        within("elements", bounds.elements, ELEMENTS, 1)
    }
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// What is wrong, with its line and what was perhaps meant.
fn explained(error: &toml::de::Error) -> String {
    let whole = error.to_string();
    match nearest(error.message()) {
        Some(meant) => format!("{}\ndid you mean `{meant}`?", whole.trim_end()),
        None => whole.trim_end().to_string(),
    }
}

/// Of the names a message expects, the one that is written almost like the one it does not know.
fn nearest(message: &str) -> Option<&str> {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    let near = names.map(|name| (strsim::damerau_levenshtein(unknown, name), name)).min()?;
    (near.0 <= 1 + near.1.len() / 3).then_some(near.1)
}

fn within(name: &str, asked: u64, limit: Limit, unit: u64) -> Result<(), String> {
    if asked == 0 || asked > limit.ceiling {
        return Err(format!("limits.{name} = {} is outside 1 to {}", asked / unit, limit.ceiling / unit));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "id = \"a\"\nversion = \"0.1.0\"\napi = \"0.1\"\nworld = \"router\"\non-error = \"skip\"\n";

    #[test]
    fn the_smallest_manifest_has_the_defaults() {
        let manifest = Manifest::parse(SMALL).unwrap();
        assert_eq!(manifest.name(), "a@0.1.0");
        assert_eq!((manifest.bounds().fuel, manifest.bounds().memory), (50_000_000, 32 * 1024 * 1024));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_shows_the_line() {
        let error = Manifest::parse(&format!("{SMALL}prioriti = 3\n")).unwrap_err();
        assert!(error.contains("line 6") && error.contains("unknown field `prioriti`"), "{error}");
        assert!(error.ends_with("did you mean `priority`?"), "{error}");
    }

    #[test]
    fn the_nearest_key_is_named_wherever_the_wrong_one_is() {
        let prefetcher = SMALL.replace("router", "prefetcher");
        for (wrong, line, meant) in [
            ("[triggers]\ncontain = [\"x\"]\n", "line 7", "contains"),
            ("[limits]\nmemory-mb = 3\n", "line 7", "memory-mib"),
            ("[config.depth]\nabout = \"\"\nhold = \"number\"\n", "line 8", "holds"),
            ("[config.depth]\nabout = \"\"\nholds = \"nummer\"\n", "line 8", "number"),
            ("[[capabilities]]\nfetch = \"thred\"\n", "line 7", "thread"),
            ("[[capabilities]]\nfetch = \"http\"\nhost = [\"*\"]\n", "line 6", "hosts"),
        ] {
            let error = Manifest::parse(&format!("{prefetcher}{wrong}")).unwrap_err();
            assert!(error.contains(line), "{error}");
            assert!(error.ends_with(&format!("did you mean `{meant}`?")), "{error}");
        }
        let error = Manifest::parse(&format!("{SMALL}colour = 3\n")).unwrap_err();
        assert!(!error.contains("did you mean"), "{error}");
    }

    #[test]
    fn what_no_host_keeps_to_no_manifest_says() {
        let prefetcher = SMALL.replace("router", "prefetcher");
        for capability in [
            "fetch = \"thread\"",
            "fetch = \"file\"\nrepository = \"{place}\"\npaths = [\"**\"]",
            "fetch = \"folder\"\nrepository = \"{place}\"\npaths = [\"**\"]",
            "fetch = \"change\"\nrepository = \"{place}\"",
            "fetch = \"issue\"\nrepository = \"{place}\"",
            "fetch = \"remarks\"\nrepository = \"{place}\"",
            "fetch = \"checks\"\nrepository = \"{place}\"",
            "fetch = \"search\"\nrepository = \"{place}\"",
            "fetch = \"history\"\nrepository = \"{place}\"\npaths = [\"**\"]",
            "fetch = \"http\"\nhosts = [\"*\"]",
        ] {
            let manifest = format!("{prefetcher}[[capabilities]]\n{capability}\n");
            Manifest::parse(&manifest).unwrap();
            // How large and how slow a fetch may be is the host's to say, and the same for all.
            for key in ["max-kib = 64", "timeout-ms = 500", "limit = 3"] {
                let error = Manifest::parse(&format!("{manifest}{key}\n")).unwrap_err();
                assert!(error.contains(key.split(' ').next().unwrap()), "{capability}: {error}");
            }
        }
    }

    #[test]
    fn every_wrong_value_says_what_would_be_right() {
        for (from, to, says) in [
            ("id = \"a\"", "id = \"A b\"", "use lower-case letters"),
            ("0.1.0", "1", "write it as \"1.2.3\""),
            ("api = \"0.1\"", "api = \"0.9\"", "it speaks \"0.1\""),
            ("on-error", "limits.fuel = 501000000\non-error", "outside 1 to 500000000"),
            ("on-error", "limits.start-fuel = 0\non-error", "outside 1 to 50000000"),
            ("on-error", "limits.memory-mib = 129\non-error", "outside 1 to 128"),
            ("on-error", "limits.component-mib = 33\non-error", "outside 1 to 32"),
            ("on-error", "limits.data-kib = 4097\non-error", "outside 1 to 4096"),
            ("on-error", "limits.instances = 257\non-error", "outside 1 to 256"),
            ("on-error", "limits.memories = 17\non-error", "outside 1 to 16"),
            ("on-error", "limits.tables = 65\non-error", "outside 1 to 64"),
            ("on-error", "limits.elements = 65537\non-error", "outside 1 to 65536"),
            ("router\"\non-error = \"skip", "prefetcher\"\non-error = \"fail-event", "on-error = \"skip\""),
        ] {
            let error = Manifest::parse(&SMALL.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_router_asks_for_no_fetches() {
        let error = Manifest::parse(&format!("{SMALL}[[capabilities]]\nfetch = \"thread\"\n")).unwrap_err();
        assert!(error.contains("a router fetches nothing"), "{error}");
    }
}
