//! `plugin rollback`: the version before.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Rollback {}

pub(crate) fn rollback(_: Installation<'_>, _: &Rollback) -> Result<ExitCode> {
    bail!("`plugin rollback` is being built")
}
