//! Files that are whole or not there, and locks that outlive us if they must.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalbox_ports::Error;

/// Writes a file all or not at all. When it returns, the bytes survive a crash.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let writing = || {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    writing().map_err(|error| Error::unavailable(format!("{} could not be written: {error}", path.display())))
}

/// Writes a value as JSON, all or not at all.
pub(crate) fn keep(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::rejected)?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Reads a value that was kept, if there is one.
pub(crate) fn kept<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| Error::rejected(format!("{} does not read as it was written: {error}", path.display()))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::unavailable(format!("{} could not be read: {error}", path.display()))),
    }
}

/// What the names of files that are being written begin with.
const TEMPORARY: &str = ".writing-";

/// Removes what writes that never ended left in a folder. Only for who holds the folder's lock.
pub(crate) fn tidy(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A lock that is held, among all processes of this machine. It ends when the last copy of its file is closed.
#[derive(Debug)]
pub(crate) struct Held {
    file: File,
    path: PathBuf,
}

/// Waits for a lock.
pub(crate) async fn hold(path: PathBuf) -> Result<Held, Error> {
    let waiting = move || {
        let locking = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
            file.lock()?;
            file.set_len(0)?;
            Ok(file)
        };
        match locking() {
            Ok(file) => Ok(Held { file, path }),
            Err(error) => {
                let error: std::io::Error = error;
                Err(Error::unavailable(format!("{} could not be locked: {error}", path.display())))
            }
        }
    };
    tokio::task::spawn_blocking(waiting).await.map_err(Error::unavailable)?
}

impl Held {
    /// The lock as a process's error stream. The process holds the lock with us: if we are killed while it works,
    /// whoever comes next still waits for its end.
    pub(crate) fn lend(&self) -> Result<Stdio, Error> {
        self.file.try_clone().map(Stdio::from).map_err(Error::unavailable)
    }

    /// What the process wrote there, cut.
    pub(crate) fn said(&self) -> String {
        let bytes = fs::read(&self.path).unwrap_or_default();
        String::from_utf8_lossy(&bytes[..bytes.len().min(4 << 10)]).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn a_lock_that_was_lent_is_held_until_the_borrower_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = hold(path.clone()).await.unwrap();
        let mut borrower = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(held.lend().unwrap())
            .spawn()
            .unwrap();
        drop(held);
        let other = File::open(&path).unwrap();
        assert!(other.try_lock().is_err(), "we are gone, the borrower is not");
        drop(borrower.stdin.take());
        borrower.wait().unwrap();
        other.try_lock().unwrap();
    }

    #[test]
    fn what_a_write_left_behind_is_tidied_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".writing-abc"), "half").unwrap();
        keep(&folder.path().join("1.json"), &1).unwrap();
        tidy(folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(kept::<u8>(&folder.path().join("1.json")).unwrap(), Some(1));
        assert_eq!(kept::<u8>(&folder.path().join("2.json")).unwrap(), None);
    }
}
