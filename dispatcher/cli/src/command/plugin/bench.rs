//! `plugin bench`: what a call takes, beside what it may take.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_authoring::{Measured, Project, bench as measure};

use crate::print;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The plugin's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn bench(asked: &Bench) -> Result<ExitCode> {
    let Measured { component, compiling, loading, calls, took, fuel, memory, bounds } =
        measure(&Project::find(&asked.folder)?)?;
    let [least, usual, longest] = took;
    let line = |what: &str, is: String, most: String| print::line(format_args!("{what:<10} {is:<26} {most}"));
    let (most_fuel, most_memory) = (super::millions(bounds.fuel), bounds.memory / 1024);
    line("fuel", super::millions(fuel), format!("of {most_fuel} a call"));
    line("memory", format!("{} KiB", memory / 1024), format!("of {most_memory} KiB"));
    line("time", format!("{usual:.2?}"), format!("usually; {least:.2?} to {longest:.2?} in {calls} calls"));
    line("component", format!("{} KiB", component / 1024), format!("of {} KiB", bounds.component / 1024));
    line("load", format!("{loading:.2?}"), format!("compiled; {compiling:.2?} with compiling, which is done once"));
    Ok(ExitCode::SUCCESS)
}
