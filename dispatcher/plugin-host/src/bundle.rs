//! The plugins of an installation, packed for a host that compiles nothing: their compiled files, and what each is held
//! to. Made where the components are; never taken from anybody else, because a compiled file is native code.
//!
//! ```text
//! plugins.json  what is to be loaded: manifests, settings, digests, grants, policy, and what it was compiled for
//! compiled/     the compiled files, by the digests of their components
//! ```

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::engine;
use crate::grant::Policy;
use crate::host::{Config, Plugin};
use crate::pin::Pin;

/// The file that lists the plugins.
const LIST: &str = "plugins.json";

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct List {
    target: String,
    policy: Policy,
    event_fuel: Option<u64>,
    most_plugins: Option<u64>,
    plugins: Vec<Bundled>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Bundled {
    manifest: String,
    settings: Map<String, Value>,
    pin: Pin,
}

/// The folder of a bundle's compiled files, which a [`Host`](crate::Host) is opened on.
pub fn compiled(bundle: &Path) -> PathBuf {
    bundle.join("compiled")
}

/// What the host is to load of a bundle. Nothing of it has to be compiled, and nothing can be.
pub fn open(bundle: &Path) -> Result<Config, String> {
    let file = bundle.join(LIST);
    let failed = |error: &dyn std::fmt::Display| format!("failed to read {}: {error}", file.display());
    let text = fs::read(&file).map_err(|error| failed(&error))?;
    let list: List = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
    if list.target != engine::target() {
        return Err(format!(
            "the bundle is for {}, and this host is {}; bundle the plugins for it",
            list.target,
            engine::target()
        ));
    }
    let plugins = list.plugins.into_iter().map(|it| Plugin {
        manifest: Cow::Owned(it.manifest),
        component: Cow::Borrowed(&[]),
        settings: it.settings,
        pin: Some(it.pin),
    });
    Ok(Config {
        plugins: plugins.collect(),
        policy: list.policy,
        event_fuel: list.event_fuel,
        most_plugins: list.most_plugins,
    })
}

/// Compiles the plugins into a bundle, and gives each one's pin with the compiled file's digest in it.
#[cfg(feature = "compile")]
pub fn write(config: &Config, bundle: &Path) -> Result<Vec<(String, Pin)>, String> {
    use signalbox_domain::id::Digest;

    use crate::manifest::Manifest;

    fs::create_dir_all(bundle).map_err(|error| format!("failed to make {}: {error}", bundle.display()))?;
    let mut plugins = Vec::new();
    let mut pins = Vec::new();
    for plugin in &config.plugins {
        let manifest = Manifest::parse(&plugin.manifest)?;
        let digest = crate::compile(&plugin.component, &compiled(bundle))
            .map_err(|error| format!("{} was not compiled: {error}", manifest.id))?;
        // One that came with this program is granted what it asks for, as it is here.
        let pin = plugin.pin.clone().unwrap_or_else(|| Pin {
            manifest: Digest::of(plugin.manifest.as_bytes()),
            component: Digest::of(&plugin.component),
            compiled: None,
            granted: manifest.capabilities.clone(),
        });
        let pin = Pin { compiled: Some(digest), ..pin };
        pins.push((manifest.id, pin.clone()));
        plugins.push(Bundled { manifest: plugin.manifest.to_string(), settings: plugin.settings.clone(), pin });
    }
    let list = List {
        target: engine::target(),
        policy: config.policy.clone(),
        event_fuel: config.event_fuel,
        most_plugins: config.most_plugins,
        plugins,
    };
    let text = serde_json::to_vec_pretty(&list).map_err(|error| error.to_string())?;
    let file = bundle.join(LIST);
    fs::write(&file, text).map_err(|error| format!("failed to write {}: {error}", file.display()))?;
    Ok(pins)
}
