//! Any program that reads a prompt, edits files and ends.

use std::collections::BTreeMap;

use super::{Agent, Launch, Told};
use crate::cell::Cell;
use crate::transcript::Entry;

/// A shell command.
pub(super) struct Command {
    /// The command.
    pub(super) command: String,
}

impl Agent for Command {
    fn launch(&self, _: &Cell, told: &Told<'_>) -> Launch {
        Launch {
            command: ["/bin/sh", "-c", &self.command].map(str::to_owned).into(),
            env: BTreeMap::new(),
            input: told.prompt.as_bytes().to_vec(),
            files: BTreeMap::new(),
        }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        vec![Entry::Text { text: line.to_owned() }]
    }
}
