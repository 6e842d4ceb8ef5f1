//! `route replay`: what is recorded, decided again.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use signalbox_domain::id::RunId;

use crate::client::Client;
use crate::print::line;

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The runs: their ids or the beginnings of them
    #[arg(required_unless_present = "all")]
    runs: Vec<String>,
    /// All of them, at most a thousand, newest first
    #[arg(long)]
    all: bool,
}

/// The most runs that are replayed at once.
const MAX_RUNS: usize = 1_000;

pub(crate) fn replay(client: &Client, asked: &Replay) -> Result<ExitCode> {
    let runs: Vec<RunId> = if asked.all {
        client.runs(MAX_RUNS)?.into_iter().map(|run| run.id).collect()
    } else {
        asked.runs.iter().map(|name| Ok(client.find(name)?.id)).collect::<Result<_>>()?
    };
    let (mut routes, mut prefetches, mut different) = (0, 0, 0);
    for run in &runs {
        let replayed = client.replay(run)?;
        let count = |name: &str| replayed[name].as_u64().unwrap_or_default();
        routes += count("routes");
        prefetches += count("prefetches");
        for difference in replayed["differences"].as_array().into_iter().flatten() {
            different += 1;
            line(format_args!("run:{run}: {}", difference.as_str().unwrap_or_default()));
        }
    }
    line(format_args!(
        "{} runs: {routes} decisions and {prefetches} prefetches made again. Differences: {}",
        runs.len(),
        if different == 0 { "none".into() } else { different.to_string() }
    ));
    Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
