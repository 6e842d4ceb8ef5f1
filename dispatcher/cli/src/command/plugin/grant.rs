//! `plugin grant`: somebody agrees to what a plugin asks for.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use signalbox_registry::Ask;

use super::Installation;
use crate::plugins::{Kept, now, who};
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Grant {
    /// The plugin, by its id
    id: String,
    /// Agree without being asked
    #[arg(long)]
    yes: bool,
}

pub(crate) fn grant(here: Installation<'_>, asked: &Grant) -> Result<ExitCode> {
    let mut kept = Kept::open(here.home()?, here.config()?)?;
    let id = &asked.id;
    let entry = kept.lock.get(id)?.clone();
    let wanted = entry.waiting.as_deref().unwrap_or(&entry);
    let artifact = kept.artifact(wanted)?;
    let ask = Ask::of(&artifact)?;
    let granted = entry.granted.as_ref().map(|granted| &granted.ask);
    let words = granted.map_or_else(|| ask.words(), |granted| ask.beyond(granted));
    if words.is_empty() {
        line(format_args!("{id} {} was granted everything it asks for already", wanted.version));
        return Ok(ExitCode::SUCCESS);
    }
    line(format_args!(
        "{id} {} wants to{}",
        wanted.version,
        if granted.is_some() { ", besides what it may" } else { "" }
    ));
    words.iter().for_each(|it| line(format_args!("  - {it}")));
    if !asked.yes && !agreed()? {
        line("Nothing was granted.");
        return Ok(ExitCode::FAILURE);
    }
    kept.lock.grant(id, &artifact, &who(), &now())?;
    kept.save()?;
    line(match (entry.waiting.is_some(), entry.enabled) {
        (true, true) => format!("Granted. {id} {} is asked now, in place of {}", wanted.version, entry.version),
        (true, false) => format!("Granted. {id} {} takes the place of {}", wanted.version, entry.version),
        (false, true) => "Granted.".to_string(),
        (false, false) => format!("Granted. To have it asked: signalbox plugin enable {id}"),
    });
    Ok(ExitCode::SUCCESS)
}

/// Asks whoever sits there.
fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody is here to agree; add --yes if you do");
    }
    print!("Do you agree? [y/N] ");
    std::io::stdout().flush().context("failed to ask")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("failed to read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
