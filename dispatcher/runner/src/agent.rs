//! Coding agents: how each is started, and how what it prints becomes the transcript.

mod command;
mod foreign;
mod player;
mod scripted;

use std::collections::BTreeMap;

pub(crate) use player::play;
use signalbox_agents::Failure;

use crate::cell::Cell;
use crate::transcript::Entry;

/// A coding agent that can be driven without a terminal.
pub(crate) trait Agent {
    /// How to start it in `cell`.
    fn launch(&self, cell: &Cell, told: &Told<'_>) -> Launch;

    /// What a line on its standard output means.
    fn read(&mut self, line: &str) -> Vec<Entry>;

    /// The session it can go on with, if it told one.
    fn session(&self) -> Option<&str> {
        None
    }

    /// What its exit means, after everything it printed was read.
    fn exited(&mut self, _: i32) -> Ended {
        Ended::Well
    }
}

/// What an agent is told, and where it finds its model.
pub(crate) struct Told<'a> {
    /// The whole prompt.
    pub(crate) prompt: &'a str,
    /// Which model, by the provider's name.
    pub(crate) model: Option<&'a str>,
    /// The session to go on with.
    pub(crate) session: Option<&'a str>,
    /// The gateway, as the agent reaches it.
    pub(crate) gateway: &'a str,
    /// What it shows there in place of a credential.
    pub(crate) pass: &'a str,
    /// Its home folder, by its place in the jail.
    pub(crate) home: &'a str,
}

/// How an agent ended, by its own account.
pub(crate) enum Ended {
    /// It does not say otherwise: its exit counts.
    Well,
    /// It could not go on.
    Failed(Failure),
}

/// A program to start.
pub(crate) struct Launch {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// Its variables, beside those every program in a jail has.
    pub(crate) env: BTreeMap<String, String>,
    /// Its standard input.
    pub(crate) input: Vec<u8>,
    /// Files to lay in its home before, by relative path.
    pub(crate) files: BTreeMap<String, String>,
}

/// The agent that `adapter` names, with its settings. `committed` reads a file of the commit the run began at.
pub(crate) fn named(
    adapter: &str,
    settings: &BTreeMap<String, String>,
    committed: &dyn Fn(&str) -> Option<String>,
) -> Result<Box<dyn Agent>, String> {
    let setting = |name: &str| {
        settings
            .get(name)
            .filter(|value| !value.trim().is_empty())
            .ok_or(format!("the agent `{adapter}` needs the setting `{name}`: add it to the team's configuration"))
    };
    match adapter {
        "command" => Ok(Box::new(command::Command { command: setting("command")?.clone() })),
        "scripted" => Ok(Box::new(scripted::Scripted::new(setting("session")?, committed)?)),
        other => match foreign::Foreign::named(other) {
            Some(agent) => Ok(Box::new(agent)),
            None => Err(format!(
                "there is no agent `{other}`: there are `command`, `scripted`, {}",
                signalbox_agents::NAMES.map(|name| format!("`{name}`")).join(", ")
            )),
        },
    }
}
