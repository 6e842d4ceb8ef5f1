//! The folder, opened.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use signalbox_ports::Error;

use crate::blobs::Files;
use crate::error::{Trouble, file};
use crate::lock::Lock;
use crate::schema;
use crate::worker::Worker;
use crate::writer::Writer;

/// A folder that holds everything durable: it is a [`Store`](signalbox_ports::store::Store), a
/// [`Queue`](signalbox_ports::queue::Queue) and [`Blobs`](signalbox_ports::blobs::Blobs).
///
/// Dropping it waits for what was begun, and lets the next one open it.
pub struct Folder {
    path: PathBuf,
    // In the order they are dropped: the lock is let go when nothing works here any more.
    writer: Option<Writer>,
    reader: Worker<Connection>,
    files: Worker<Files>,
    _lock: Option<Lock>,
}

impl Folder {
    /// Opens the folder for a dispatcher, and makes it if it is not there. A folder another dispatcher works in, or
    /// that a newer Signalbox wrote, is [`Error::Rejected`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::opened(path.as_ref(), None)
    }

    /// Opens it like [`Self::open`], with a bound on the database in bytes (blobs are not counted). A database at its
    /// bound is [`Error::Unavailable`] for whoever writes, until the bound is raised.
    pub fn open_within(path: impl AsRef<Path>, bytes: u64) -> Result<Self, Error> {
        Self::opened(path.as_ref(), Some(bytes))
    }

    /// Opens it to look in, beside a dispatcher that may be at work. Whatever would write is [`Error::Rejected`].
    pub fn look(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if !path.join(DATABASE).exists() {
            return Err(Error::rejected(format!("{} holds nothing of Signalbox's", path.display())));
        }
        Ok(Self {
            path: path.into(),
            writer: None,
            reader: Worker::start("signalbox-read", reader(path)?)?,
            files: Worker::start("signalbox-blobs", Files::new(path))?,
            _lock: None,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn opened(path: &Path, bytes: Option<u64>) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(|error| file(&error, "make the folder", path))?;
        let lock = Lock::take(path)?;
        let writer = writer(path, bytes)?;
        let files = Files::new(path);
        files.ready()?;
        Ok(Self {
            path: path.into(),
            writer: Some(Writer::start("signalbox-write", writer)?),
            reader: Worker::start("signalbox-read", reader(path)?)?,
            files: Worker::start("signalbox-blobs", files)?,
            _lock: Some(lock),
        })
    }

    /// Writes in one transaction: all of it is on the disk when this answers, or nothing is.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        let looking = || Error::rejected("the folder was opened to look in: nothing can be written");
        let writer = self.writer.as_ref().ok_or_else(looking)?;
        writer.run(work).await
    }

    /// Reads from one state of the database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        self.reader.run(|connection| work(&connection.transaction()?)).await
    }

    /// Works on the blobs.
    pub(crate) async fn files<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Files) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        self.files.run(work).await
    }
}

const DATABASE: &str = "signalbox.db";

fn writer(path: &Path, bytes: Option<u64>) -> Result<Connection, Error> {
    let open = || -> Result<Connection, Trouble> {
        let mut connection = Connection::open(path.join(DATABASE))?;
        schema::prepare(&connection)?;
        schema::migrate(&mut connection)?;
        free(&mut connection)?;
        if let Some(bytes) = bytes {
            let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = u32::try_from(bytes / u64::from(page.max(1))).unwrap_or(u32::MAX);
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        }
        Ok(connection)
    };
    open().map_err(|trouble| located(trouble, path))
}

/// Whoever held a delivery or an effect is dead: the lock says that nobody else works here. So nothing waits for a lease
/// to run out after a crash.
fn free(connection: &mut Connection) -> Result<(), Trouble> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "UPDATE queue SET until = 0, receipt = NULL WHERE until > 0;
         UPDATE effect SET until = 0 WHERE settled = 0 AND until > 0;",
    )?;
    transaction.commit()?;
    Ok(())
}

fn reader(path: &Path) -> Result<Connection, Error> {
    let open = || -> Result<Connection, Trouble> {
        // Not read-only: even who only reads takes part in the write-ahead log.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path.join(DATABASE), flags)?;
        schema::prepare(&connection)?;
        schema::current(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    open().map_err(|trouble| located(trouble, path))
}

/// Says which folder could not be opened.
fn located(trouble: Trouble, path: &Path) -> Error {
    let path = path.display();
    match Error::from(trouble) {
        Error::Conflict => Error::Conflict,
        Error::Later { until, why } => Error::later(until, format!("failed to open the folder {path}: {why}")),
        Error::Unavailable(why) => Error::Unavailable(format!("failed to open the folder {path}: {why}")),
        Error::Rejected(why) => Error::Rejected(format!("failed to open the folder {path}: {why}")),
    }
}
