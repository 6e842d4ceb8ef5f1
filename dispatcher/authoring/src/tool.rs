//! The programs that languages are built with: found, installed where that is ours to do, and started.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;

/// Starts a program and waits for it. What it says goes to standard error, where the author reads it.
pub(crate) fn run(command: &mut Command, missing: &str, failed: &str) -> Result<(), Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if status.code().is_none() => {
            Err(Error::Tool(format!("`{name}` was stopped before it was done; start it again")))
        }
        Ok(_) => Err(Error::Tool(failed.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Error::Tool(format!("`{name}` is not on this machine; {missing}")))
        }
        Err(error) => Err(Error::Tool(format!("`{name}` did not start ({error}); {missing}"))),
    }
}

/// Starts a program and gives what it prints; nothing if it is not there or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Where tools are kept that were built once: `$SIGNALBOX_TOOLS`, else in the user's folder for caches.
pub(crate) fn folder() -> Result<PathBuf, Error> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("SIGNALBOX_TOOLS")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("signalbox/tools")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/signalbox/tools")))
        .ok_or_else(|| Error::Tool("there is no home folder to keep tools in; name one in SIGNALBOX_TOOLS".into()))
}
