//! `plugin list`: the plugins of this installation.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_plugin_host::manifest::Manifest;
use signalbox_registry::Entry;

use super::Installation;
use crate::plugins::Kept;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct List {}

pub(crate) fn list(here: Installation<'_>, _: &List) -> Result<ExitCode> {
    let kept = Kept::open(here.home()?, here.config()?)?;
    let mut rows = Vec::new();
    for shipped in signalbox_shipped::ALL {
        if let Ok(manifest) = Manifest::parse(shipped.manifest) {
            let state = if kept.lock.left_out().contains(&manifest.id) { "not asked" } else { "asked" };
            rows.push([manifest.id, manifest.version, state.to_string(), "comes with signalbox".to_string()]);
        }
    }
    let locked = kept.lock.plugins().iter();
    rows.extend(locked.map(|entry| [entry.id.clone(), entry.version.clone(), state(entry), entry.source.place()]));
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let [id, version, state, _] = widths;
    for [a, b, c, d] in &rows {
        line(format_args!("{a:id$}  {b:version$}  {c:state$}  {d}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// How a plugin stands, in words.
pub(super) fn state(entry: &Entry) -> String {
    let rooms = entry.rooms.join(", ");
    let mut words = match (&entry.granted, entry.enabled, entry.shadow) {
        (None, _, _) => "not granted yet".to_string(),
        (Some(_), false, _) => "not asked".to_string(),
        (Some(_), true, true) => "only recorded".to_string(),
        (Some(_), true, false) => "asked".to_string(),
    };
    if entry.enabled && !rooms.is_empty() {
        words.push_str(&format!(" in {rooms}"));
    }
    if let Some(waiting) = &entry.waiting {
        words.push_str(&format!("; {} asks for more", waiting.version));
    }
    words
}
