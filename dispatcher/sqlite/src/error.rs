//! The database's errors, named for what the caller does next.

use rusqlite::ErrorCode;
use signalbox_ports::Error;

/// What ends a transaction: the database, or what the port has to say.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The database.
    Sql(rusqlite::Error),
    /// What the caller is told.
    Port(Error),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Port(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Sql(error) => port(&error),
            Trouble::Port(error) => error,
        }
    }
}

/// A full disk is emptied and a lock is let go, so both may work later; a damaged file will not.
fn port(error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::rejected(format!(
            "the database is damaged ({error}): stop the dispatcher, keep a copy of the folder, and restore a backup"
        )),
        Some(ErrorCode::DiskFull) => {
            Error::unavailable("the disk (or the limit set for this folder) is full: make room; nothing was lost")
        }
        Some(_) => Error::unavailable(format!("the database could not be used: {error}")),
        None => Error::rejected(format!("the database does not hold what was expected: {error}")),
    }
}

/// A file that could not be used, and which.
pub(crate) fn file(error: &std::io::Error, doing: &str, path: &std::path::Path) -> Error {
    Error::unavailable(format!("failed to {doing} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_what_is_damaged_is_not() {
        let said = |code| port(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for passes in [ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED, ffi::SQLITE_FULL, ffi::SQLITE_IOERR, ffi::SQLITE_NOMEM] {
            assert!(matches!(said(passes), Error::Unavailable(_)), "{passes}");
        }
        for stays in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            assert!(matches!(said(stays), Error::Rejected(_)), "{stays}");
        }
    }
}
