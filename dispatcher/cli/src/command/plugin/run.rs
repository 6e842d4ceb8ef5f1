//! `plugin run`: one event, one call, everything that came of it.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Run {}

pub(crate) fn run(_: &Run) -> Result<ExitCode> {
    bail!("`plugin run` is being built")
}
