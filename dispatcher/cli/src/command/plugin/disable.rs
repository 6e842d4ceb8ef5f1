//! `plugin disable`: a plugin is no longer asked.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;
use crate::plugins::{Kept, is_shipped};
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Disable {
    /// The plugin, by its id
    id: String,
    /// Take it out of the lock too: what it was granted is forgotten
    #[arg(long)]
    remove: bool,
}

pub(crate) fn disable(here: Installation<'_>, asked: &Disable) -> Result<ExitCode> {
    let mut kept = Kept::open(here.home()?, here.config()?)?;
    if is_shipped(&asked.id) {
        if asked.remove {
            bail!("{} comes with signalbox, and is not in the lock; without --remove it is no longer asked", asked.id);
        }
        kept.lock.leave_out(&asked.id, true);
        kept.save()?;
        line(format_args!(
            "{} is not asked from the next request on; `signalbox plugin enable {}` asks it again",
            asked.id, asked.id
        ));
        return Ok(ExitCode::SUCCESS);
    }
    kept.lock.disable(&asked.id)?;
    if asked.remove {
        kept.lock.remove(&asked.id)?;
    }
    kept.save()?;
    let rest = if asked.remove { "and is no longer in the lock" } else { "what it was granted stays granted" };
    line(format_args!("{} is not asked from the next request on; {rest}", asked.id));
    Ok(ExitCode::SUCCESS)
}
