//! `plugin test`: the plugin's cases, through the host that will run it.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Test {}

pub(crate) fn test(_: &Test) -> Result<ExitCode> {
    bail!("`plugin test` is being built")
}
