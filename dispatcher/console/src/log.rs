//! One append-only file: what was answered is on the disk, and a line torn by a crash was never answered.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use signalbox_domain::time::Time;

use crate::compact::compact;
use crate::record::{Record, What};

/// The log is rewritten when at least so many of its records are of no use any more.
const WORTH_IT: usize = 5_000;

/// Why the log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk said no.
    #[error("failed to open the console's log {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another process has it.
    #[error(
        "failed to open the console's log {0}: another Signalbox is using this folder; stop it, or use another folder"
    )]
    Held(PathBuf),
    /// A line in its middle makes no sense.
    #[error(
        "failed to read the console's log {path}, line {line}: {why}; the file was changed by something else: restore it, or move it away to begin anew"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// The open log.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    /// Bytes that are known to be good.
    good: u64,
    next: u64,
    /// A write failed and could not be taken back: nothing more is written behind what may be half a line.
    broken: bool,
}

impl Log {
    /// Opens the log in `folder`, made if it is not there, and gives what it holds. A last line without its end is cut
    /// off: it was never answered for.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Record>), OpenError> {
        let path = folder.join("console.jsonl");
        let io = |error| OpenError::Io { path: path.clone(), error };
        std::fs::create_dir_all(folder).map_err(io)?;
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(io)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::Held(path.clone()),
            TryLockError::Error(error) => io(error),
        })?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;

        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let good = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if good < bytes.len() {
            tracing::warn!(bytes = bytes.len() - good, "the log's last line was torn by a crash and is dropped");
            file.set_len(good as u64).map_err(io)?;
        }
        let records =
            records(&bytes[..good]).map_err(|(line, why)| OpenError::Damaged { path: path.clone(), line, why })?;
        let next = records.last().map_or(1, |record| record.n + 1);
        let mut log = Self { file, good: good as u64, next, broken: false };
        let kept = compact(&records);
        if records.len() - kept.len() < WORTH_IT {
            return Ok((log, records));
        }
        log.rewrite(&path, &kept).map_err(io)?;
        Ok((log, kept))
    }

    /// Puts `records` in the place of what the file holds: the old file or the new one is there, never half of one.
    fn rewrite(&mut self, path: &Path, records: &[Record]) -> io::Result<()> {
        let fresh = path.with_extension("jsonl.new");
        let mut bytes = Vec::new();
        for record in records {
            serde_json::to_writer(&mut bytes, record)?;
            bytes.push(b'\n');
        }
        if fresh.exists() {
            std::fs::remove_file(&fresh)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create_new(true).open(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        file.try_lock()?;
        std::fs::rename(&fresh, path)?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        tracing::info!(
            from_bytes = self.good,
            to_bytes = bytes.len(),
            "the log was rewritten without what was overwritten"
        );
        (self.file, self.good) = (file, bytes.len() as u64);
        Ok(())
    }

    /// The number the next record will have.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Writes a record; it is on stable storage when this returns.
    pub(crate) fn append(&mut self, at: Time, what: What) -> io::Result<Record> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed half-way; restart to go on"));
        }
        let record = Record { n: self.next, at, what };
        let mut line = serde_json::to_vec(&record)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            self.broken = self.file.set_len(self.good).is_err();
            return Err(error);
        }
        self.good += line.len() as u64;
        self.next += 1;
        Ok(record)
    }
}

fn records(bytes: &[u8]) -> Result<Vec<Record>, (usize, String)> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(at, line)| serde_json::from_slice(line).map_err(|error| (at + 1, error.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use signalbox_domain::post::Mark;
    use signalbox_domain::talk::ThreadId;

    use super::*;

    fn room(name: &str) -> What {
        What::Room { room: name.into(), name: name.into(), topic: String::new() }
    }

    #[test]
    fn what_was_written_is_read_back_and_a_torn_line_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, before) = Log::open(folder.path()).unwrap();
        assert!(before.is_empty());
        let first = log.append(Time(1), room("a")).unwrap();
        log.append(Time(2), room("b")).unwrap();
        drop(log);

        let path = folder.path().join("console.jsonl");
        let whole = std::fs::read(&path).unwrap();
        for cut in whole.iter().position(|byte| *byte == b'\n').unwrap() + 1..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut log, kept) = Log::open(folder.path()).unwrap();
            assert_eq!(kept, std::slice::from_ref(&first), "cut at {cut}");
            assert_eq!(log.append(Time(3), room("c")).unwrap().n, 2);
        }
    }

    #[test]
    fn a_log_full_of_what_was_overwritten_is_rewritten_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("console.jsonl");
        let thread = ThreadId { chat: "console".into(), room: "a".into(), root: "m1".into() };
        let marked = What::Marked { thread, message: "m1".into(), mark: Mark::Working };
        let records = (1..=WORTH_IT as u64 + 10).map(|n| Record { n, at: Time(n), what: marked.clone() });
        let lines: Vec<String> = records.map(|record| serde_json::to_string(&record).unwrap()).collect();
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();

        let (mut log, kept) = Log::open(folder.path()).unwrap();
        assert_eq!(kept.len(), 1);
        let next = log.append(Time(9), room("b")).unwrap();
        assert_eq!(next.n, lines.len() as u64 + 1, "no number is given out twice");
        assert!(matches!(Log::open(folder.path()), Err(OpenError::Held(_))), "it is still ours alone");
        drop(log);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        assert_eq!(Log::open(folder.path()).unwrap().1.len(), 2);
    }

    #[test]
    fn a_damaged_line_is_named_and_a_second_process_is_told_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = Log::open(folder.path()).unwrap();
        log.append(Time(1), room("a")).unwrap();
        assert!(matches!(Log::open(folder.path()), Err(OpenError::Held(_))));
        drop(log);
        let path = folder.path().join("console.jsonl");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"n\":2}\n");
        std::fs::write(&path, text).unwrap();
        assert!(matches!(Log::open(folder.path()), Err(OpenError::Damaged { line: 2, .. })));
    }
}
