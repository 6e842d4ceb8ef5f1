//! `plugin add`: a plugin is taken in and pinned.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Add {}

pub(crate) fn add(_: Installation<'_>, _: &Add) -> Result<ExitCode> {
    bail!("`plugin add` is being built")
}
