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
    kept.save()?;
    let id = &asked.id;
    match became {
        Updated::Same => line(format_args!("{id} {} is the newest; nothing has changed", now.version)),
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
