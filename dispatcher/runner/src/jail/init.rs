//! The init: process 1 of the jail. It starts the untrusted program without any privilege and buries its orphans.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitCode, ExitStatus};

use rustix::process::{Pid, WaitOptions};

use super::{COMPLAINT, NOT_STARTED, syscalls};

/// Runs the program that `arguments` name (the user to run it as or `-`, the program, its arguments) to its end.
pub(crate) fn init(arguments: &[OsString]) -> ExitCode {
    match try_init(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{COMPLAINT}{error}");
            ExitCode::from(NOT_STARTED)
        }
    }
}

fn try_init(arguments: &[OsString]) -> io::Result<ExitCode> {
    let [user, program, arguments @ ..] = arguments else {
        return Err(io::Error::other("nothing to run"));
    };
    // Also here, and for good: every program started from now on inherits the filter.
    syscalls::restrict().map_err(io::Error::other)?;
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(user) = user.to_str().and_then(|text| text.parse().ok()) {
        // Leaving root also gives up every capability and supplementary group.
        command.uid(user).gid(user);
    }
    let child = command
        .spawn()
        .map_err(|error| io::Error::other(format!("{} could not be started: {error}", program.to_string_lossy())))?;
    let child = Pid::from_child(&child);
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == child => return Ok(exit_code(ExitStatus::from_raw(status.as_raw()))),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The code of a program that ended, 128 and the signal's number if it was killed.
pub(super) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_STARTED))
}
