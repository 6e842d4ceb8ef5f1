//! `demo`: everything once, on a sample, with a recorded session in place of a model.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use signalbox_engine::Agent;

use crate::arguments::Demo;
use crate::client::Client;
use crate::command::{self, interrupted, up};
use crate::config::{Config, Repository, Room};
use crate::follow::follow;
use crate::home::Home;
use crate::print;

/// What is asked for.
const REQUEST: &str = "the pricing page says $9, it should say $12";
/// The sample's name on the forge.
const REPOSITORY: &str = "mosskit/website";

/// The recorded sessions: what an agent did in each phase, and in its second round.
const SESSIONS: [(&str, &str); 4] = [
    ("build.plan", include_str!("demo/plan.jsonl")),
    ("build.build", include_str!("demo/build.jsonl")),
    ("build.build.2", include_str!("demo/build-again.jsonl")),
    ("build.review", include_str!("demo/review.jsonl")),
];

/// Runs the demo.
pub(crate) fn run(data: Option<&Path>, demo: &Demo) -> Result<ExitCode> {
    let folder = match data {
        Some(folder) => folder.to_path_buf(),
        None => Home::open(None)?.at("demo"),
    };
    let home = fresh(&folder)?;
    let website = home.at("website");
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    runtime.block_on(signalbox_git::sample::website(&website)).context("failed to make the sample repository")?;
    let config = config(demo, &website);

    print::line(format_args!("A sample website is in {}", website.display()));
    print::line(format_args!(
        "The agent is a recorded session being replayed: no model is asked, everything else is real."
    ));
    let made = |dispatcher: &crate::dispatcher::Dispatcher| {
        print::line(format_args!("Watch it here: {}/?token={}\n", dispatcher.url, dispatcher.token));
        Client::new(&dispatcher.url, &dispatcher.token)
    };
    up(&home, &config, made, |client| {
        let thread = client.ask("web", REQUEST)?;
        let run = follow(client, &thread)?;
        print::line("");
        let look = format!("{} --data {}", program(), home.path().display());
        print::line(format_args!("Everything the agents saw and did:  {look} show last"));
        print::line(format_args!("Why it went where it went:          {look} why last"));
        if !demo.exit {
            print::line(format_args!("The page stays up until Ctrl-C."));
            runtime.block_on(interrupted());
        }
        Ok(command::code(&run))
    })
}

/// This program, as it can be started from here: who has just cloned it has nothing installed yet.
fn program() -> String {
    std::env::current_exe().map_or_else(|_| "signalbox".to_owned(), |path| path.display().to_string())
}

/// The demo's folder, emptied of an earlier demo. Anything else is left alone.
fn fresh(folder: &Path) -> Result<Home> {
    let leftovers = fs::read_dir(folder).map(|entries| entries.count()).unwrap_or(0);
    if leftovers > 0 {
        let earlier: PathBuf = folder.join("website/.signalbox/check");
        if !earlier.is_file() {
            bail!("{} holds something that is not an earlier demo; name an empty folder with --data", folder.display());
        }
        let home = Home::open(Some(folder))?;
        if Client::running(&home).is_some() {
            bail!("a demo is running on {}; end it with Ctrl-C, or name another folder with --data", folder.display());
        }
        fs::remove_dir_all(folder).with_context(|| format!("failed to empty {}", folder.display()))?;
    }
    Home::open(Some(folder))
}

fn config(demo: &Demo, website: &Path) -> Config {
    let sessions = SESSIONS.map(|(phase, session)| {
        let kept = |line: &&str| !(demo.fast && line.contains("\"wait_ms\""));
        let session: Vec<&str> = session.lines().filter(kept).collect();
        (phase.to_owned(), BTreeMap::from([("session".to_owned(), session.join("\n"))]))
    });
    let agent = Agent { adapter: "scripted".into(), phases: sessions.into(), ..Agent::default() };
    Config {
        name: "Ana".into(),
        listen: format!("127.0.0.1:{}", demo.port),
        unsandboxed_i_accept_the_risk: demo.unsandboxed_i_accept_the_risk,
        rooms: vec![
            Room { name: "web".into(), topic: format!("repo:{REPOSITORY}") },
            Room { name: "general".into(), topic: String::new() },
        ],
        repositories: vec![Repository {
            from: website.display().to_string(),
            name: Some(REPOSITORY.into()),
            description: Some("The website of Mosskit".into()),
        }],
        recorded: BTreeMap::from([("default".to_owned(), agent)]),
        ..Config::default()
    }
}
