//! `plugin info`: one plugin, where it is from and what it may.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_registry::Ask;

use super::Installation;
use super::list::state;
use crate::plugins::Kept;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The plugin, by its id
    id: String,
}

pub(crate) fn info(here: Installation<'_>, asked: &Info) -> Result<ExitCode> {
    let kept = Kept::open(here.home()?, here.config()?)?;
    let entry = kept.lock.get(&asked.id)?;
    let artifact = kept.artifact(entry)?;
    let manifest = artifact.parsed()?;
    line(format_args!("{} {}: {}", entry.id, entry.version, state(entry)));
    line(format_args!("From       {}", entry.source));
    let signer = entry.signed_by.as_ref().map(|key| {
        let name = kept.trust.keys.iter().find(|it| it.key.fingerprint() == *key).map(|it| it.name.as_str());
        format!("{} ({key})", name.unwrap_or("a key that no longer counts"))
    });
    line(format_args!("Signed by  {}", signer.as_deref().unwrap_or("nobody")));
    line(format_args!("Component  {} ({} KiB)", entry.component, artifact.component.len() / 1024));
    match &entry.granted {
        Some(granted) => {
            line(format_args!("Granted by {} on {}, it may", granted.by, granted.at));
            granted.ask.words().iter().for_each(|it| line(format_args!("  - {it}")));
        }
        None => {
            line("Granted nothing yet; it asks to");
            Ask::of(&artifact)?.words().iter().for_each(|it| line(format_args!("  - {it}")));
        }
    }
    if !manifest.config.is_empty() {
        line(format_args!("Settings, under [plugins.\"{}\"] in signalbox.toml", entry.id));
        for (name, setting) in &manifest.config {
            line(format_args!("  {name}: {}", setting.about));
        }
    }
    let digest = kept.settings(entry);
    if entry.settings.is_some() && digest.is_ok_and(|digest| entry.settings.as_ref() != Some(&digest)) {
        line("Its settings have changed since it was enabled");
    }
    if let Some(waiting) = &entry.waiting {
        line(format_args!("{} waits; it also wants to", waiting.version));
        let ask = Ask::of(&kept.artifact(waiting)?)?;
        let granted = entry.granted.as_ref().map(|granted| ask.beyond(&granted.ask));
        granted.unwrap_or_else(|| ask.words()).iter().for_each(|it| line(format_args!("  - {it}")));
    }
    if let Some(previous) = &entry.previous {
        line(format_args!("Before it: {}; signalbox plugin rollback {}", previous.version, entry.id));
    }
    Ok(ExitCode::SUCCESS)
}
