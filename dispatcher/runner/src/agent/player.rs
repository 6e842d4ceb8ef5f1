//! The player of recorded sessions. It runs in the jail like any other agent, and really does what was recorded.

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use serde::Deserialize;
use serde_json::Value;
use signalbox_domain::devbox::Usage;

use crate::transcript::Entry;

/// The longest pause a session may ask for at once.
const PAUSE_MOST: Duration = Duration::from_secs(60);

/// One step of a recorded session: `{"say": "…"}` and so on, one a line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// The agent says something.
    Say(String),
    /// It replaces a text that occurs once in a file.
    Edit { path: String, find: String, replace: String },
    /// It writes a file.
    Write { path: String, content: String },
    /// It removes a file.
    Remove(String),
    /// It runs a shell command.
    Run(String),
    /// It writes its typed output.
    Output(Value),
    /// It proposes something.
    Propose(Value),
    /// It writes a handoff.
    Handoff { name: String, content: String },
    /// It takes so long, in milliseconds.
    WaitMs(u64),
    /// It used something up.
    Usage(Used),
    /// It ends with a code.
    Exit(u8),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Used {
    micro_usd: u64,
    tokens_in: u64,
    tokens_out: u64,
    turns: u32,
}

/// Plays the session on standard input in the current folder.
pub(crate) fn play() -> ExitCode {
    emit(&Entry::Note { text: "This is a recorded session being replayed; no model is asked.".to_owned() });
    let mut proposals = 0;
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        let line = line.unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        let done = serde_json::from_str(&line)
            .map_err(|error| format!("is not a step: {error}"))
            .and_then(|step| perform(step, &mut proposals));
        match done {
            Ok(None) => {}
            Ok(Some(code)) => return ExitCode::from(code),
            Err(why) => {
                eprintln!("line {number} of the recorded session {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn perform(step: Step, proposals: &mut u32) -> Result<Option<u8>, String> {
    let call = |tool: &str, input: &str| emit(&Entry::ToolCall { tool: tool.to_owned(), input: input.to_owned() });
    match step {
        Step::Say(text) => emit(&Entry::Text { text }),
        Step::Edit { path, find, replace } => {
            call("edit", &path);
            let text = fs::read_to_string(&path).map_err(|error| format!("edits {path}: {error}"))?;
            let found = text.matches(&find).count();
            if found != 1 {
                return Err(format!("edits {path}, where `{find}` occurs {found} times instead of once"));
            }
            write(Path::new(&path), text.replacen(&find, &replace, 1).as_bytes())?;
            result(true, "");
        }
        Step::Write { path, content } => {
            call("write", &path);
            write(Path::new(&path), content.as_bytes())?;
            result(true, "");
        }
        Step::Remove(path) => {
            call("remove", &path);
            fs::remove_file(&path).map_err(|error| format!("removes {path}: {error}"))?;
            result(true, "");
        }
        Step::Run(command) => {
            call("run", &command);
            let output = Command::new("/bin/sh").args(["-c", &command]).stdin(Stdio::null()).output();
            let output = output.map_err(|error| format!("runs `{command}`: {error}"))?;
            let text = [output.stdout, output.stderr].concat();
            result(output.status.success(), &String::from_utf8_lossy(&text));
        }
        Step::Output(value) => write(&outputs().join("output.json"), value.to_string().as_bytes())?,
        Step::Propose(proposal) => {
            *proposals += 1;
            write(&outputs().join(format!("proposals/{proposals:03}.json")), proposal.to_string().as_bytes())?;
        }
        Step::Handoff { name, content } => {
            call("write", &name);
            write(&outputs().join(name), content.as_bytes())?;
            result(true, "");
        }
        Step::WaitMs(pause) => thread::sleep(Duration::from_millis(pause).min(PAUSE_MOST)),
        Step::Usage(Used { micro_usd, tokens_in, tokens_out, turns }) => {
            emit(&Entry::Usage(Usage { micro_usd, tokens_in, tokens_out, turns }));
        }
        Step::Exit(code) => return Ok(Some(code)),
    }
    Ok(None)
}

fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, content))
        .map_err(|error| format!("writes {}: {error}", path.display()))
}

fn outputs() -> PathBuf {
    PathBuf::from(env::var_os("SIGNALBOX_OUT").unwrap_or_else(|| ".".into()))
}

fn result(ok: bool, output: &str) {
    emit(&Entry::ToolResult { ok, output: output.to_owned() });
}

fn emit(entry: &Entry) {
    let mut stdout = io::stdout().lock();
    // Nobody listens any more: then nobody misses it.
    let _ = serde_json::to_writer(&mut stdout, entry);
    let _ = writeln!(stdout).and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_line_of_json() {
        let step = |line| serde_json::from_str::<Step>(line).unwrap();
        assert_eq!(step(r#"{"say": "Looking."}"#), Step::Say("Looking.".to_owned()));
        assert_eq!(step(r#"{"wait_ms": 0}"#), Step::WaitMs(0));
        assert_eq!(step(r#"{"usage": {"turns": 1}}"#), Step::Usage(Used { turns: 1, ..Used::default() }));
        assert!(serde_json::from_str::<Step>(r#"{"shout": "!"}"#).is_err());
    }
}
