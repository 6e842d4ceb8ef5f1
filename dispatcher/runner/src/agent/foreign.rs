//! Other people's coding agents: `signalbox-agents` knows them; here what they say becomes the transcript.

use signalbox_agents::{Over, Task};

use super::{Agent, Ended, Launch, Told};
use crate::cell::Cell;
use crate::transcript::Entry;

/// One of them.
pub(super) struct Foreign {
    agent: Box<dyn signalbox_agents::Agent>,
    session: Option<String>,
}

impl Foreign {
    /// The one of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(Self { agent: signalbox_agents::named(name)?, session: None })
    }
}

impl Agent for Foreign {
    fn launch(&self, _: &Cell, told: &Told<'_>) -> Launch {
        let launch = self.agent.launch(&Task {
            prompt: told.prompt.to_owned(),
            model: told.model.map(str::to_owned),
            session: told.session.map(str::to_owned),
            gateway: told.gateway.to_owned(),
            placeholder: told.pass.to_owned(),
            home: told.home.to_owned(),
        });
        Launch { command: launch.command, env: launch.env, input: launch.input, files: launch.files }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        let entries = self.agent.read(line).into_iter();
        entries.filter_map(|entry| self.meant(entry)).collect()
    }

    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    fn exited(&mut self, code: i32) -> Ended {
        match self.agent.exited(code) {
            Over::Done(_) => Ended::Well,
            Over::Failed(failure) => Ended::Failed(failure),
        }
    }
}

impl Foreign {
    fn meant(&mut self, entry: signalbox_agents::Entry) -> Option<Entry> {
        use signalbox_agents::Entry as Said;
        match entry {
            Said::Session(id) => {
                self.session = Some(id.clone());
                Some(Entry::Session { id })
            }
            Said::Text(text) => Some(Entry::Text { text }),
            Said::ToolCall { tool, input } => Some(Entry::ToolCall { tool, input }),
            Said::ToolResult { ok, output } => Some(Entry::ToolResult { ok, output }),
            Said::Again(failure) => Some(Entry::Note { text: format!("it tries again: {}", failure.detail) }),
            // What is billed is what the gateway counts; how it ended is asked when it has.
            Said::Usage(_) | Said::Over(_) => None,
        }
    }
}
