//! `plugin build`: from sources to a component.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Build {}

pub(crate) fn build(_: &Build) -> Result<ExitCode> {
    bail!("`plugin build` is being built")
}
