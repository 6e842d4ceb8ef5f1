//! An agent that replays a recorded session, for demos, tests and evals. It says what it is.

use std::collections::BTreeMap;

use super::{Agent, Launch, Told};
use crate::cell::Cell;
use crate::transcript::Entry;

/// A session to replay.
pub(super) struct Scripted {
    session: String,
}

impl Scripted {
    /// The session that `setting` is (JSON Lines), or the file it names in the commit the run began at.
    pub(super) fn new(setting: &str, committed: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        if setting.trim_start().starts_with('{') {
            return Ok(Self { session: setting.to_owned() });
        }
        let missing = || format!("the recorded session `{setting}` is not in the commit the run began at");
        committed(setting.trim()).map(|session| Self { session }).ok_or_else(missing)
    }
}

impl Agent for Scripted {
    fn launch(&self, cell: &Cell, _: &Told<'_>) -> Launch {
        Launch {
            command: vec![cell.program(), "runner".to_owned(), "play".to_owned()],
            env: BTreeMap::new(),
            input: self.session.as_bytes().to_vec(),
            files: BTreeMap::new(),
        }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        // The player writes entries; what is none came from a program that it ran.
        vec![serde_json::from_str(line).unwrap_or_else(|_| Entry::Text { text: line.to_owned() })]
    }
}
