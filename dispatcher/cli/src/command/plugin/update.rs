//! `plugin update`: another version of a plugin that is here.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use signalbox_registry::{Source, Updated};

use super::Installation;
use crate::plugins::Kept;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The plugin, by its id
    id: String,
    /// From where, if not from where it was; the newest version, if none is named
    #[arg(value_name = "FOLDER|OCI")]
    source: Option<String>,
    /// Let it only look on at first: what it would say is recorded, and the version before decides
    #[arg(long, conflicts_with = "rooms")]
    shadow: bool,
    /// Let it decide only in this room at first, by name or id; may be repeated. The version before decides elsewhere
    #[arg(long = "room", value_name = "ROOM")]
    rooms: Vec<String>,
}

pub(crate) fn update(here: Installation<'_>, asked: &Update) -> Result<ExitCode> {
    let mut kept = Kept::open(here.home()?, here.config()?)?;
    let now = kept.lock.get(&asked.id)?.clone();
    let source = match &asked.source {
        Some(source) => Source::typed(source)?,
        None => kept.newest(&now.source)?,
    };
    let next = kept.take(&source)?;
    let artifact = kept.artifact(&next)?;
    let version = next.version.clone();
    let became = kept.lock.update(&asked.id, next, &artifact)?;
    let tried = asked.shadow || !asked.rooms.is_empty();
    if let Updated::Done { .. } = became
        && tried
    {
        // In the same writing of the lock: nobody is decided on by it before.
        let settings = kept.settings(kept.lock.get(&asked.id)?)?;
        kept.lock.enable(&asked.id, settings, asked.rooms.clone(), asked.shadow)?;
    }
    kept.save()?;
    let id = &asked.id;
    match became {
        Updated::Same => line(format_args!("{id} {} is the newest; nothing has changed", now.version)),
        Updated::Done { from, to } if asked.shadow => line(format_args!(
            "{id} {to} looks on from the next request on, and {from} decides. `signalbox route shadow` says where it would \
             have decided otherwise"
        )),
        Updated::Done { from, to } if tried => line(format_args!(
            "{id} {to} decides in {} from the next request on, and {from} elsewhere",
            asked.rooms.join(", ")
        )),
        Updated::Done { from, to } => {
            line(format_args!("{id} is {to} now, and was {from}. It may do no more than before"))
        }
        Updated::Waits { beyond } => {
            let lines: Vec<_> = beyond.iter().map(|it| format!("  - {it}")).collect();
            bail!(
                "{id} {version} was not loaded: it asks for more than {id} was granted. It also wants to\n{}\n{} stays. If \
                 you agree to the new version: signalbox plugin grant {id}",
                lines.join("\n"),
                now.version
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
