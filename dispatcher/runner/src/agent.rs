//! Coding agents: how each is started, and how what it prints becomes the transcript.

mod command;
mod player;
mod scripted;

use std::collections::BTreeMap;

pub(crate) use player::play;

use crate::cell::Cell;
use crate::transcript::Entry;

/// A coding agent that can be driven without a terminal.
pub(crate) trait Agent {
    /// How to start it in `cell` with `prompt`.
    fn launch(&self, cell: &Cell, prompt: &str) -> Launch;

    /// What a line on its standard output means.
    fn read(&mut self, line: &str) -> Vec<Entry>;
}

/// A program to start.
pub(crate) struct Launch {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// Its variables, beside those every program in a jail has.
    pub(crate) env: BTreeMap<String, String>,
    /// Its standard input.
    pub(crate) input: Vec<u8>,
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
        other => Err(format!("there is no agent `{other}` on this machine: it has `command` and `scripted`")),
    }
}
