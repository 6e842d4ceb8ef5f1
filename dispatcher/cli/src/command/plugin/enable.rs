//! `plugin enable`: a plugin is asked from now on.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Enable {}

pub(crate) fn enable(_: Installation<'_>, _: &Enable) -> Result<ExitCode> {
    bail!("`plugin enable` is being built")
}
