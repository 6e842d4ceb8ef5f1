//! `plugin add`: a plugin is taken in and pinned.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_registry::{Ask, Source};

use super::Installation;
use crate::plugins::Kept;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Where it is: a folder with a plugin.toml, or oci://registry.example.com/acme/word:1.0.0
    #[arg(value_name = "FOLDER|OCI")]
    source: String,
}

pub(crate) fn add(here: Installation<'_>, asked: &Add) -> Result<ExitCode> {
    let mut kept = Kept::open(here.home()?, here.config()?)?;
    let entry = kept.take(&Source::typed(&asked.source)?)?;
    let (id, version, source) = (entry.id.clone(), entry.version.clone(), entry.source.clone());
    let ask = Ask::of(&kept.artifact(&entry)?)?;
    let signer = entry.signed_by.clone();
    kept.lock.add(entry)?;
    kept.save()?;
    line(format_args!("Took in {id} {version} from {source}"));
    line(match signer.and_then(|key| kept.trust.keys.iter().find(|it| it.key.fingerprint() == key)) {
        Some(signer) => format!("It is signed by {}.", signer.name),
        None => "It is not signed.".to_string(),
    });
    line("It asks to");
    ask.words().iter().for_each(|it| line(format_args!("  - {it}")));
    line(format_args!("It may do none of that yet, and is not asked. If you agree: signalbox plugin grant {id}"));
    Ok(ExitCode::SUCCESS)
}
