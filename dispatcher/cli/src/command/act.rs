//! `stop`, `approve`, `deny`: what a button would do.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use signalbox_domain::id::{Digest, PhaseName};
use signalbox_domain::post::Action;
use signalbox_domain::reply;
use signalbox_domain::run::{Run, Stage};

use crate::arguments::{Deny, Named};
use crate::client::Client;
use crate::print;

/// How long to wait until a run has stopped.
const STOPPING: Duration = Duration::from_secs(60);

pub(crate) fn stop(client: &Client, asked: &Named) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    if run.ended() {
        bail!("run:{} is over already ({})", run.id, run.outcome().map_or("ended", |outcome| outcome.name()));
    }
    client.press(&run.id, &Action::Stop)?;
    let since = Instant::now();
    while since.elapsed() < STOPPING {
        let now = client.run(&run.id)?;
        if now.ended() {
            if asked.json {
                print::line(format_args!("{}", serde_json::to_string_pretty(&now)?));
            } else {
                let mut closing = reply::closing(&now, now.asked);
                closing.buttons.clear();
                closing.footer.clear();
                print::line(format_args!("{}", closing.plain()));
            }
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("run:{} has not stopped yet; it is still being ended. `signalbox show {}` says how it stands", run.id, run.id)
}

pub(crate) fn approve(client: &Client, asked: &Named) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    let (phase, digest) = gate(&run)?;
    client.press(&run.id, &Action::Approve { phase: phase.clone(), digest: digest.clone() })?;
    decided(client, &run, &phase, &digest)?;
    print::line(format_args!("Approved."));
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn deny(client: &Client, asked: &Deny) -> Result<ExitCode> {
    let run = client.find(&asked.run)?;
    let (phase, digest) = gate(&run)?;
    let reason = asked.reason.clone();
    client.press(&run.id, &Action::Deny { phase: phase.clone(), digest: digest.clone(), reason })?;
    decided(client, &run, &phase, &digest)?;
    print::line(format_args!("Denied."));
    Ok(ExitCode::SUCCESS)
}

/// The gate that is open.
fn gate(run: &Run) -> Result<(PhaseName, Digest)> {
    open(run).ok_or_else(|| {
        let stands = run.outcome().map_or_else(|| "at work".to_owned(), |outcome| format!("over ({})", outcome.name()));
        anyhow::anyhow!("run:{} waits for no decision; it is {stands}", run.id)
    })
}

fn open(run: &Run) -> Option<(PhaseName, Digest)> {
    run.job()?.phases.iter().find_map(|(name, progress)| match &progress.stage {
        Stage::Deciding { digest, .. } => Some((name.clone(), digest.clone())),
        Stage::Pending
        | Stage::Starting { .. }
        | Stage::Working { .. }
        | Stage::Resting { .. }
        | Stage::Opening { .. }
        | Stage::Watching { .. }
        | Stage::Done
        | Stage::Skipped
        | Stage::Failed => None,
    })
}

/// Waits until the decision is in.
fn decided(client: &Client, run: &Run, phase: &PhaseName, digest: &Digest) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < STOPPING {
        if open(&client.run(&run.id)?).as_ref() != Some(&(phase.clone(), digest.clone())) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("the decision is not in yet; the thread says whether it was taken")
}
