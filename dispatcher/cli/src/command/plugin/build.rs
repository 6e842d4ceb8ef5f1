//! `plugin build`: from sources to a component.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_authoring as authoring;

use crate::print;

/// What to build.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The plugin's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// First replace its `sdk` by the one of this program
    #[arg(long)]
    renew: bool,
}

pub(crate) fn build(asked: &Build) -> Result<ExitCode> {
    let project = authoring::Project::find(&asked.folder)?;
    if asked.renew {
        authoring::renew(&project)?;
    }
    let built = authoring::build(&project, &mut |line| eprintln!("{line}"))?;
    let (component, kib) = (built.component.display(), built.bytes / 1024);
    print::line(format_args!("{}: {component}, {kib} KiB", project.manifest.name()));
    Ok(ExitCode::SUCCESS)
}
