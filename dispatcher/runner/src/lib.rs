//! The program inside a devbox: it claims its assignment, puts the agent in a jail, watches it, and reports.

mod agent;
mod attempt;
mod bounds;
mod cache;
mod cell;
mod checkout;
mod commit;
mod disk;
mod drive;
mod gateway;
mod git;
pub mod jail;
mod link;
mod mirror;
mod outputs;
pub mod place;
mod pool;
mod profile;
mod secret;
mod setup;
pub mod sizes;
mod transcript;
mod tree;
mod watch;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::fs::Mode;

/// Runs what `arguments` ask for: those after the words `signalbox runner`. Not for people: the sandbox starts
/// `--box FOLDER`, and the runner starts the other forms itself.
///
/// The program must call this for `runner` as its first argument, whatever else it does: it is started again in jails.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let words: Vec<&str> = arguments.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    match words.as_slice() {
        ["--box", _] => run(PathBuf::from(&arguments[1])),
        ["keep", _, parent] => jail::keep(Path::new(&arguments[1]), parent.parse().unwrap_or(0)),
        ["init", ..] => jail::init(&arguments[1..]),
        ["examine", _] => jail::examine_here(Path::new(&arguments[1])),
        ["wait", _] => wait(PathBuf::from(&arguments[1])),
        ["warm", _] => warm(PathBuf::from(&arguments[1])),
        ["probe", _] => jail::try_out(Path::new(&arguments[1])),
        ["names"] => jail::hold_names(),
        ["play"] => agent::play(),
        _ => {
            eprintln!("the runner is started by Signalbox itself: `signalbox runner --box FOLDER`");
            ExitCode::from(2)
        }
    }
}

fn run(folder: PathBuf) -> ExitCode {
    // Files of the jail's user are given to it one by one; the folder around them is closed to everybody.
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    // Before there is a second thread. Who may not mount has no disk of its own, and is watched.
    let alone = disk::mount_alone().ok();
    ended(attempt::attempt(place::Place::at(folder), alone, None))
}

/// Makes a box ready that nobody asked for yet, and is in it when somebody does.
fn wait(folder: PathBuf) -> ExitCode {
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    let alone = disk::mount_alone().ok();
    match pool::wait(&folder, alone) {
        Ok(Some((place, ready))) => ended(attempt::attempt(place, alone, Some(ready))),
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => ended(Err(error.into())),
    }
}

/// Has the files of a repository at hand before a box asks for them.
fn warm(folder: PathBuf) -> ExitCode {
    let alone = disk::mount_alone().ok();
    match pool::warm(&folder, alone) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn ended(result: Result<(), attempt::Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the box ends: {error}");
            ExitCode::FAILURE
        }
    }
}
