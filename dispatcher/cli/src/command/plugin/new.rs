//! `plugin new`: a folder with everything a plugin needs, that builds and passes its tests.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct New {}

pub(crate) fn new(_: &New) -> Result<ExitCode> {
    bail!("`plugin new` is being built")
}
