//! `plugin disable`: a plugin is asked no longer.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Disable {}

pub(crate) fn disable(_: Installation<'_>, _: &Disable) -> Result<ExitCode> {
    bail!("`plugin disable` is being built")
}
