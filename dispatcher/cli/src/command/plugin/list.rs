//! `plugin list`: the plugins of an installation.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct List {}

pub(crate) fn list(_: Installation<'_>, _: &List) -> Result<ExitCode> {
    bail!("`plugin list` is being built")
}
