//! The other process, from this side: started, spoken to, ended.

use std::io::BufReader;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, Listed, Open, Opened};
use crate::host::Config;
use crate::refusal::Refusals;

/// How long one call may take, all routers together. Their fuel is used up long before; what takes longer is a machine
/// that stands still, and says nothing about a request.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long loading may take: every plugin may have to be compiled.
const LOADING: Duration = Duration::from_secs(300);

/// A process that has loaded the plugins.
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<Vec<u8>>,
}

impl Process {
    /// Starts it, and hands over what it is to load.
    pub(super) fn start(
        mut command: Command,
        config: &Config,
        cache: &str,
    ) -> Result<(Self, Result<Opened, Refusals>), String> {
        command.env_clear().current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("the process for plugins did not start: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the process for plugins has no standard input or output".to_string());
        };
        let (said, answers) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(answer)) = frame::read(&mut output) {
                if said.send(answer).is_err() {
                    break;
                }
            }
        });
        let mut process = Self { child, input, answers };
        let open = Open {
            cache: cache.to_string(),
            policy: config.policy.clone(),
            event_fuel: config.event_fuel,
            most_plugins: config.most_plugins,
            plugins: config
                .plugins
                .iter()
                .map(|plugin| Listed {
                    manifest: plugin.manifest.to_string(),
                    settings: plugin.settings.clone(),
                    pin: plugin.pin.clone(),
                })
                .collect(),
        };
        process.say(&serde_json::to_vec(&open).map_err(|error| error.to_string())?)?;
        for plugin in &config.plugins {
            process.say(&plugin.component)?;
        }
        let opened = process.hear(LOADING)?;
        Ok((process, opened))
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// One call. After an error the process is of no use.
    pub(super) fn call<T: DeserializeOwned>(&mut self, asked: &impl Serialize) -> Result<T, String> {
        self.say(&serde_json::to_vec(asked).map_err(|error| error.to_string())?)?;
        self.hear(PATIENCE)
    }

    fn say(&mut self, bytes: &[u8]) -> Result<(), String> {
        frame::write(&mut self.input, bytes).map_err(|error| format!("it did not listen: {error}"))
    }

    fn hear<T: DeserializeOwned>(&mut self, patience: Duration) -> Result<T, String> {
        let answer = self.answers.recv_timeout(patience).map_err(|_| match self.child.try_wait() {
            Ok(Some(status)) => format!("it ended with {status}"),
            Ok(None) | Err(_) => "it did not answer".to_string(),
        })?;
        serde_json::from_slice(&answer).map_err(|error| format!("it answered something else: {error}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
