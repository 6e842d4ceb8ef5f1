//! `plugin grant`: what a plugin may fetch.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Grant {}

pub(crate) fn grant(_: Installation<'_>, _: &Grant) -> Result<ExitCode> {
    bail!("`plugin grant` is being built")
}
