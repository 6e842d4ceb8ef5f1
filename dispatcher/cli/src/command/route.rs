//! `route`: what plugins decide, decided again: over a corpus, over what is recorded, with another plugin in the place of
//! one.

mod diff;
mod replay;
mod shadow;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use signalbox_domain::id::RunId;
use signalbox_domain::route::Decision;
use signalbox_engine::record::Record;

use crate::client::Client;
use crate::config::Config;
use crate::home::Home;

/// What can be asked about where requests go.
#[derive(Debug, Subcommand)]
pub(crate) enum Route {
    /// Send the messages of a folder where the plugins would send them, and compare with where they should go
    Test(test::Test),
    /// Decide recorded requests again, and gather their context again: nothing should be different
    Replay(replay::Replay),
    /// Show which recorded requests would have gone elsewhere with another version of a plugin, or set otherwise
    Diff(diff::Diff),
    /// Show where the plugins that only look on would have decided otherwise
    Shadow(shadow::Shadow),
}

/// Does what was typed.
pub(crate) fn run(home: &Home, config: &Config, route: &Route) -> Result<ExitCode> {
    match route {
        Route::Test(asked) => test::test(home, config, asked),
        Route::Replay(asked) => super::with(home, config, |client| replay::replay(client, asked)),
        Route::Diff(asked) => diff::diff(home, config, asked),
        Route::Shadow(asked) => super::with(home, config, |client| shadow::shadow(client, asked)),
    }
}

/// A decision of a run, with its record.
struct Decided {
    run: RunId,
    record: Record,
}

/// Every decision that is recorded of the newest runs, newest first.
fn recorded(client: &Client, runs: usize) -> Result<Vec<Decided>> {
    let mut all = Vec::new();
    for run in client.runs(runs)? {
        let records = client.decisions(&run.id)?;
        all.extend(records.into_iter().map(|record| Decided { run: run.id.clone(), record }));
    }
    Ok(all)
}

/// The first line of a request, as far as a table has room.
pub(crate) fn brief(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(60).collect();
    if line.chars().count() > 60 || text.lines().count() > 1 {
        format!("“{cut}…”")
    } else {
        format!("“{cut}”")
    }
}

/// Where a decision sends a request, in words.
fn goes(decision: &Decision) -> String {
    match decision {
        Decision::Go { target, .. } => match &target.repository {
            Some(repository) => format!("to {repository}, {}", target.workflow),
            None => format!("to no repository, {}", target.workflow),
        },
        Decision::Ask { .. } => "back as a question".into(),
        Decision::Nowhere { .. } => "nowhere".into(),
    }
}

/// Why a decision is what it is, in words.
fn because(decision: &Decision) -> String {
    match decision {
        Decision::Go { grounds, .. } => {
            let grounds: Vec<String> = grounds.iter().map(|it| format!("{} ({})", it.reason, it.router)).collect();
            grounds.join("; ")
        }
        Decision::Ask { question, .. } => question.clone(),
        Decision::Nowhere { reason, .. } => reason.clone(),
    }
}
