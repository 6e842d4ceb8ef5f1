//! `plugin rollback`: back to the version before.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::Installation;
use crate::plugins::Kept;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The plugin, by its id
    id: String,
}

pub(crate) fn rollback(here: Installation<'_>, asked: &Rollback) -> Result<ExitCode> {
    let mut kept = Kept::open(here.home()?, here.config()?)?;
    let from = kept.lock.get(&asked.id)?.version.clone();
    kept.lock.rollback(&asked.id)?;
    let entry = kept.lock.get(&asked.id)?;
    let to = entry.version.clone();
    // It was here before, and may have been cleared away since.
    kept.artifact(entry)?;
    kept.save()?;
    line(format_args!("{} is {to} again, and was {from}; the same once more goes back to {from}", asked.id));
    Ok(ExitCode::SUCCESS)
}
