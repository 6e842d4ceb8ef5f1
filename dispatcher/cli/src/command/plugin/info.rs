//! `plugin info`: one plugin, whole.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::Installation;

#[derive(Debug, Args)]
pub(crate) struct Info {}

pub(crate) fn info(_: Installation<'_>, _: &Info) -> Result<ExitCode> {
    bail!("`plugin info` is being built")
}
