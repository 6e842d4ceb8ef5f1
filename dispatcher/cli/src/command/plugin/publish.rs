//! `plugin publish`: to a registry.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Publish {}

pub(crate) fn publish(_: Installation<'_>, _: &Publish) -> Result<ExitCode> {
    bail!("`plugin publish` is being built")
}
