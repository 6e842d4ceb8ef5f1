//! `plugin check`: what a host would refuse, before a host does.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_authoring::{Project, Weight, check as examine};

use crate::print;

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The plugin's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn check(asked: &Check) -> Result<ExitCode> {
    let findings = examine(&Project::find(&asked.folder)?);
    for finding in &findings {
        let mark = match finding.weight {
            Weight::Well => '✓',
            Weight::Doubtful => '?',
            Weight::Wrong => '✗',
        };
        print::line(format_args!("{mark} {:<10} {}", finding.what, finding.said));
    }
    let wrong = findings.iter().any(|finding| finding.weight == Weight::Wrong);
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
