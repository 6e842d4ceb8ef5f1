//! `plugin bundle`: one file with everything a plugin is.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Bundle {}

pub(crate) fn bundle(_: Installation<'_>, _: &Bundle) -> Result<ExitCode> {
    bail!("`plugin bundle` is being built")
}
