//! One dispatcher per folder: the operating system holds the lock and lets it go when the process ends, however it
//! ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use signalbox_ports::Error;

use crate::error::file;

/// How long the lock may outlive its dispatcher: one that is killed while it starts a program leaves a child that has it
/// until it has become that program.
const LEAVING: Duration = Duration::from_secs(1);
/// How often it is looked.
const LOOKING: Duration = Duration::from_millis(10);

/// The lock, held as long as this lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the folder's lock. Held by somebody else, it says by which process.
    pub(crate) fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("dispatcher.lock");
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut lock = opened.map_err(|error| file(&error, "open the lock", &path))?;
        let deadline = Instant::now() + LEAVING;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(LOOKING),
                Err(TryLockError::WouldBlock) => return Err(held(&mut lock, folder)),
                Err(TryLockError::Error(error)) => return Err(file(&error, "lock", &path)),
            }
        }
        // Who it is only helps people: the lock is what counts.
        drop(lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| writeln!(lock, "{}", std::process::id())));
        Ok(Self { _file: lock })
    }
}

fn held(lock: &mut File, folder: &Path) -> Error {
    let mut owner = String::new();
    drop(lock.read_to_string(&mut owner));
    let owner = owner.trim();
    let process = if owner.is_empty() { "another process".into() } else { format!("process {owner}") };
    Error::rejected(format!(
        "{process} is the dispatcher of {} already: stop it first, or give this one a folder of its own",
        folder.display()
    ))
}
