//! `ask`: a request, and its thread.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use signalbox_domain::outcome::Outcome;
use signalbox_domain::run::Run;

use crate::arguments::Ask;
use crate::client::Client;
use crate::config::{Agent, Config};
use crate::follow::follow;
use crate::home::Home;
use crate::print;

/// How long a request may take to become a run before the terminal is given back.
const BEGINNING: std::time::Duration = std::time::Duration::from_secs(10);

pub(crate) fn ask(home: &Home, mut config: Config, ask: &Ask) -> Result<ExitCode> {
    if let Some(client) = Client::running(home) {
        if ask.agent.is_some() {
            bail!(
                "a dispatcher is running on {}; its agents are those of its settings, so --agent does nothing",
                home.path().display()
            );
        }
        return through(&client, ask, ask.follow);
    }
    if let Some(agent) = &ask.agent {
        let agent = agent_of(&config, agent)?;
        config.agents.insert("default".into(), agent);
    }
    if !config.agents.contains_key("default") {
        bail!("no agent is set up. Name one with --agent 'command:PROGRAM', or add [agents.default] to signalbox.toml");
    }
    // Nobody else would work it: stay until it is done.
    super::with(home, &config, |client| through(client, ask, true))
}

fn agent_of(config: &Config, name: &str) -> Result<Agent> {
    if let Some(agent) = config.agents.get(name) {
        return Ok(agent.clone());
    }
    match name.split_once(':') {
        Some(("command", program)) if !program.is_empty() => Ok(Agent {
            adapter: "command".into(),
            model: None,
            then: Vec::new(),
            command: Some(program.into()),
            session: None,
            phases: Default::default(),
        }),
        Some(("scripted", session)) if !session.is_empty() => Ok(Agent {
            adapter: "scripted".into(),
            model: None,
            then: Vec::new(),
            command: None,
            session: Some(session.into()),
            phases: Default::default(),
        }),
        _ => bail!("there is no agent `{name}`: write `command:PROGRAM`, or add [agents.{name}] to signalbox.toml"),
    }
}

fn through(client: &Client, ask: &Ask, stay: bool) -> Result<ExitCode> {
    let mut text = ask.request.clone();
    if let Some(repo) = &ask.repo {
        let path = Path::new(repo);
        let from = if path.exists() { path.canonicalize()?.display().to_string() } else { repo.clone() };
        let taken = client.import(&from)?;
        for notice in &taken.notices {
            eprintln!("signalbox: {notice}");
        }
        text = format!("{text} repo:{}", taken.repository);
    }
    let thread = client.ask(&ask.room, &text)?;
    if !stay {
        begun(client, &thread)?;
        if ask.json {
            print::line(format_args!("{}", json!({ "thread": thread })));
        } else {
            print::line(format_args!("Asked. `signalbox show last` shows how it stands."));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if ask.json {
        let run = wait(client, &thread)?;
        print::line(format_args!("{}", serde_json::to_string_pretty(&run)?));
        return Ok(code(&run));
    }
    Ok(code(&follow(client, &thread)?))
}

/// Waits until `last` means this run, or for as long as somebody at a terminal waits for a word.
fn begun(client: &Client, thread: &signalbox_domain::talk::ThreadId) -> Result<()> {
    let since = std::time::Instant::now();
    while client.thread(thread)?.run.is_none() && since.elapsed() < BEGINNING {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Ok(())
}

fn wait(client: &Client, thread: &signalbox_domain::talk::ThreadId) -> Result<Run> {
    loop {
        if let Some(run) = client.thread(thread)?.run.filter(Run::ended) {
            return Ok(run);
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

/// 0: what was asked for is there. 1: it is not.
pub(crate) fn code(run: &Run) -> ExitCode {
    match run.outcome() {
        Some(Outcome::Delivered | Outcome::Answered { .. } | Outcome::NoChangeNeeded { .. } | Outcome::Helped) => {
            ExitCode::SUCCESS
        }
        Some(
            Outcome::Blocked { .. }
            | Outcome::Refused { .. }
            | Outcome::Rejected { .. }
            | Outcome::Failed { .. }
            | Outcome::BudgetExhausted { .. }
            | Outcome::Stopped { .. }
            | Outcome::Expired { .. }
            | Outcome::Lost,
        )
        | None => ExitCode::FAILURE,
    }
}
