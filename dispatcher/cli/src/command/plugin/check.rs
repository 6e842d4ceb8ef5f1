//! `plugin check`: what a host would refuse, before a host does.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Check {}

pub(crate) fn check(_: &Check) -> Result<ExitCode> {
    bail!("`plugin check` is being built")
}
