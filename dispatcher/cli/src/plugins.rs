//! The plugins of this installation: those it brought along, and those its lock lets in.

mod installed;
mod kept;
mod trust;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use signalbox_plugin_host::{Config as HostConfig, Plugin};
use signalbox_registry::{Entry, Lock, Store, Trust};

use crate::config::Config;
use crate::home::Home;

pub(crate) use installed::{Installed, WORD};
pub(crate) use kept::{Kept, now, registry, wait, who};
pub(crate) use trust::trust;

/// The file's name.
const LOCK: &str = "signalbox.lock";
/// The table of `[plugins]` that is no plugin's.
pub(crate) const TRUST: &str = "trust";

/// Where the lock is: beside signalbox.toml, else in the folder of this installation.
pub(crate) fn lock_file(home: &Home, config: &Config) -> PathBuf {
    match &config.folder {
        Some(folder) => folder.join(LOCK),
        None => home.at(LOCK),
    }
}

/// The files of the plugins that were taken in.
pub(crate) fn store(home: &Home) -> Store {
    Store::at(&home.at("plugins").join("files"))
}

/// What hosts are to load.
pub(crate) struct Chosen {
    /// The plugins that are asked about every request.
    pub(crate) live: HostConfig,
    /// Those that are tried beside them, with the rooms they are asked in; in none of them, what they say only is
    /// recorded.
    pub(crate) beside: Vec<(Vec<String>, HostConfig)>,
}

/// The shipped plugins and those the lock lets in, each with the team's settings, and each of the latter held to what was
/// agreed to. While a version is tried, the one before it stays where it was.
pub(crate) fn chosen(home: &Home, config: &Config, lock: &Lock) -> Result<Chosen> {
    let trust = trust(config)?;
    let store = store(home);
    let mut given = config.plugins.clone();
    given.remove(TRUST);
    let host = |plugins| HostConfig { plugins, policy: config.fetch.for_plugins(), ..HostConfig::default() };
    let mut live = Vec::new();
    for shipped in signalbox_shipped::ALL {
        let id = id(shipped.manifest);
        let settings = settings(given.remove(&id))?;
        if lock.left_out().contains(&id) {
            continue;
        }
        let (manifest, component) = (shipped.manifest.into(), shipped.component.into());
        live.push(Plugin { manifest, component, settings, pin: None });
    }
    let mut beside = Vec::new();
    for entry in lock.plugins() {
        let settings = settings(given.remove(&entry.id))?;
        if !entry.enabled {
            continue;
        }
        let load = |entry: &Entry| {
            let name = format!("{} {} was not loaded", entry.id, entry.version);
            let_in(&trust, &store, entry, settings.clone()).context(name)
        };
        if !entry.shadow && entry.rooms.is_empty() {
            live.push(load(entry)?);
            continue;
        }
        let rooms = if entry.shadow { Vec::new() } else { entry.rooms.clone() };
        beside.push((rooms, host(vec![load(entry)?])));
        let everywhere = |it: &&Entry| it.granted.is_some() && it.enabled && !it.shadow && it.rooms.is_empty();
        if let Some(previous) = entry.previous.as_deref().filter(everywhere) {
            live.push(load(previous)?);
        }
    }
    if let Some(unknown) = given.keys().next() {
        let shipped = signalbox_shipped::ALL.iter().map(|shipped| id(shipped.manifest));
        let known: Vec<String> = shipped.chain(lock.plugins().iter().map(|entry| entry.id.clone())).collect();
        bail!("[plugins.{unknown}] is about a plugin that is not there; there are {}", known.join(", "));
    }
    Ok(Chosen { live: host(live), beside })
}

/// A plugin of the lock, if it is still trusted, is still what was locked, and asks for no more than was granted.
fn let_in(trust: &Trust, store: &Store, entry: &Entry, settings: Map<String, Value>) -> Result<Plugin> {
    trust.still(&entry.source, entry.signed_by.as_ref())?;
    let artifact = store.get(&entry.manifest, &entry.component)?.with_context(|| {
        format!("its files are not on this machine; `signalbox plugin update {}` fetches them", entry.id)
    })?;
    entry.admits(&artifact)?;
    let pin = Some(entry.pin(&signalbox_plugin_host::target())?);
    Ok(Plugin { manifest: artifact.manifest.into(), component: artifact.component.into(), settings, pin })
}

/// Is the process of the plugins, until nobody asks any more.
pub(crate) fn serve() -> ExitCode {
    match signalbox_plugin_host::serve(std::io::stdin(), std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signalbox: the process of the plugins broke off: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A plugin's own settings, of `[plugins.ID]`.
pub(crate) fn settings(table: Option<toml::Table>) -> Result<Map<String, Value>> {
    let value = serde_json::to_value(table.unwrap_or_default())?;
    Ok(value.as_object().cloned().unwrap_or_default())
}

/// Whether a plugin of that id came with this program.
pub(crate) fn is_shipped(name: &str) -> bool {
    signalbox_shipped::ALL.iter().any(|shipped| id(shipped.manifest) == name)
}

/// The id in the manifest of a plugin that was brought along.
pub(crate) fn id(manifest: &str) -> String {
    let table = manifest.parse::<toml::Table>().ok();
    table.and_then(|it| it.get("id")?.as_str().map(str::to_owned)).unwrap_or_default()
}
