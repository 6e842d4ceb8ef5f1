//! `plugin enable`: a plugin is asked from now on.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;
use crate::plugins::{Kept, is_shipped};
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Enable {
    /// The plugin, by its id
    id: String,
    /// Only in this room, by name or id; may be repeated. To try it before everybody has it
    #[arg(long = "room", value_name = "ROOM")]
    rooms: Vec<String>,
    /// Only record what it would say, beside the decision
    #[arg(long)]
    shadow: bool,
}

pub(crate) fn enable(here: Installation<'_>, asked: &Enable) -> Result<ExitCode> {
    let mut kept = Kept::open(here.home()?, here.config()?)?;
    if is_shipped(&asked.id) {
        if asked.shadow || !asked.rooms.is_empty() {
            bail!("{} comes with signalbox: it is asked everywhere, or not at all", asked.id);
        }
        kept.lock.leave_out(&asked.id, false);
        kept.save()?;
        line(format_args!("{} is asked from the next request on", asked.id));
        return Ok(ExitCode::SUCCESS);
    }
    let entry = kept.lock.get(&asked.id)?;
    let settings = kept.settings(entry)?;
    let before = entry.previous.as_ref().filter(|it| it.granted.is_some()).map(|it| it.version.clone());
    kept.lock.enable(&asked.id, settings, asked.rooms.clone(), asked.shadow)?;
    kept.save()?;
    let where_to = match asked.rooms.as_slice() {
        [] => "".to_string(),
        rooms => format!(" in {}", rooms.join(", ")),
    };
    let how = if asked.shadow { "only recorded" } else { "asked" };
    line(format_args!(
        "{} is {how}{where_to} from the next request on; a running dispatcher need not be started again",
        asked.id
    ));
    if let Some(before) = before.filter(|_| asked.shadow || !asked.rooms.is_empty()) {
        line(format_args!("Everywhere else {before} stays as it was"));
    }
    Ok(ExitCode::SUCCESS)
}
