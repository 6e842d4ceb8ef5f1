//! `plugin bench`: what a call takes, beside what it may take.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Bench {}

pub(crate) fn bench(_: &Bench) -> Result<ExitCode> {
    bail!("`plugin bench` is being built")
}
