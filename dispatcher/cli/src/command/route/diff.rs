//! `route diff`: which recorded requests would have gone elsewhere with one plugin otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use signalbox_engine::beside;
use signalbox_plugin_host::{Config as HostConfig, Host, Plugin};
use signalbox_ports::plugins::Plugins as _;
use signalbox_registry::{Artifact, Lock};

use super::{because, brief, goes, recorded};
use crate::config::Config;
use crate::home::Home;
use crate::plugins::{id, lock_file, settings, store};
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The plugin: its id; ID=FOLDER for one on this machine, ID@VERSION for the one that was here before
    #[arg(value_name = "PLUGIN[=FOLDER|@VERSION]")]
    plugin: String,
    /// Settings for it, in place of those of [plugins.ID]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// How many of the newest runs are looked at
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
}

pub(crate) fn diff(home: &Home, config: &Config, asked: &Diff) -> Result<ExitCode> {
    let host = Host::open(
        HostConfig { plugins: vec![candidate(home, config, asked)?], ..HostConfig::default() },
        &home.at("plugins"),
    )?;
    let name = host.manifests().next().map(|manifest| manifest.name()).unwrap_or_default();
    super::super::with(home, config, |client| {
        let all = recorded(client, asked.limit)?;
        let mut moved = 0;
        for decided in &all {
            let record = &decided.record;
            let opinions = host.route(&record.event);
            let opinions = opinions.iter().fold(record.opinions.clone(), |all, other| beside::with(&all, other));
            let decision = record.event.decide(&opinions);
            let (was, now) = (goes(&record.decision), goes(&decision));
            if was != now {
                moved += 1;
                let text = brief(&record.event.text);
                line(format_args!("run:{} {text} went {was}, and would go {now}: {}", decided.run, because(&decision)));
            }
        }
        line(format_args!("With {name}, {moved} of {} recorded decisions would have been others", all.len()));
        Ok(ExitCode::SUCCESS)
    })
}

/// The plugin as it would be.
fn candidate(home: &Home, config: &Config, asked: &Diff) -> Result<Plugin> {
    let (name, artifact) = match (asked.plugin.split_once('='), asked.plugin.split_once('@')) {
        (Some((name, folder)), _) => (name, Some(Artifact::read(Path::new(folder))?)),
        (None, Some((name, version))) => (name, Some(version_of(home, config, name, version)?)),
        (None, None) => (asked.plugin.as_str(), installed(home, config, &asked.plugin)?),
    };
    let table = match &asked.settings {
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
            Some(text.parse::<toml::Table>().map_err(|error| anyhow!("{}: {error}", file.display()))?)
        }
        None => config.plugins.get(name).cloned(),
    };
    let settings = settings(table)?;
    if let Some(artifact) = artifact {
        let (manifest, component) = (artifact.manifest.into(), artifact.component.into());
        return Ok(Plugin { manifest, component, settings, pin: None });
    }
    let shipped = signalbox_shipped::ALL.iter().find(|it| id(it.manifest) == name);
    let shipped = shipped.ok_or_else(|| {
        anyhow!("there is no plugin {name} here; `signalbox plugin list` says which there are, ID=FOLDER takes another")
    })?;
    Ok(Plugin { manifest: shipped.manifest.into(), component: shipped.component.into(), settings, pin: None })
}

/// The plugin of that id in the lock, if it is one of those.
fn installed(home: &Home, config: &Config, name: &str) -> Result<Option<Artifact>> {
    let lock = Lock::read(&lock_file(home, config))?;
    let Some(entry) = lock.plugins().iter().find(|entry| entry.id == name) else { return Ok(None) };
    Ok(store(home).get(&entry.manifest, &entry.component)?)
}

/// A version of it that the lock knows: the one of now, the one before, one that waits.
fn version_of(home: &Home, config: &Config, name: &str, version: &str) -> Result<Artifact> {
    let lock = Lock::read(&lock_file(home, config))?;
    let entry = lock.get(name)?;
    let known = [Some(entry), entry.previous.as_deref(), entry.waiting.as_deref()];
    let Some(found) = known.iter().flatten().find(|it| it.version == version) else {
        let versions: Vec<&str> = known.iter().flatten().map(|it| it.version.as_str()).collect();
        bail!("{name} {version} is not here; there are {}. ID=FOLDER takes another", versions.join(", "));
    };
    let artifact = store(home).get(&found.manifest, &found.component)?;
    artifact.with_context(|| format!("the files of {name} {version} are not on this machine any more"))
}
