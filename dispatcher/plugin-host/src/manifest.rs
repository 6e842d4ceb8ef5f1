//! `plugin.toml`: what a plugin says of itself. What it does not say, it does not get.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::grant::Capability;
use crate::limits::{CALL_FUEL, COMPONENT, Limit, MEMORY};
use crate::settings::Setting;
use crate::triggers::Triggers;

/// The track of the contract this host speaks: `signalbox:plugin@0.1.x`.
pub const API: &str = "0.1";

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

/// What a plugin needs more of than usual.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Fuel of one call.
    pub fuel: Option<u64>,
    /// Memory, in MiB.
    pub memory_mib: Option<u64>,
    /// The component itself, in MiB: for interpreters.
    pub component_mib: Option<u64>,
}

impl Manifest {
    /// Reads a manifest; the error says what is wrong with it, where, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// `id@version`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Fuel of one call.
    pub fn fuel(&self) -> u64 {
        self.limits.fuel.unwrap_or(CALL_FUEL.default)
    }

    /// Memory in bytes.
    pub fn memory(&self) -> u64 {
        self.limits.memory_mib.map_or(MEMORY.default, |mib| mib.saturating_mul(1024 * 1024))
    }

    /// The most bytes its component may have.
    pub fn component(&self) -> u64 {
        self.limits.component_mib.map_or(COMPONENT.default, |mib| mib.saturating_mul(1024 * 1024))
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
        if self.api != API {
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
        within("fuel", self.fuel(), CALL_FUEL, 1)?;
        within("memory-mib", self.memory(), MEMORY, 1024 * 1024)?;
        within("component-mib", self.component(), COMPONENT, 1024 * 1024)
    }
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
        assert_eq!((manifest.fuel(), manifest.memory()), (50_000_000, 32 * 1024 * 1024));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_shows_the_line() {
        let error = Manifest::parse(&format!("{SMALL}prioriti = 3\n")).unwrap_err();
        assert!(error.contains("line 6") && error.contains("unknown field `prioriti`"), "{error}");
    }

    #[test]
    fn every_wrong_value_says_what_would_be_right() {
        for (from, to, says) in [
            ("id = \"a\"", "id = \"A b\"", "use lower-case letters"),
            ("0.1.0", "1", "write it as \"1.2.3\""),
            ("api = \"0.1\"", "api = \"0.9\"", "it speaks \"0.1\""),
            ("on-error", "limits.fuel = 501000000\non-error", "outside 1 to 500000000"),
            ("on-error", "limits.memory-mib = 129\non-error", "outside 1 to 128"),
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
