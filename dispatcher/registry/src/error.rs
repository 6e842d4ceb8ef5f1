//! What went wrong, by what to do next.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// Why nothing was done. The text says what happened, where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not what it should be, and will not be when it is asked for again: somebody has to decide.
    #[error("{0}")]
    Refused(String),
    /// Somebody else's machine did not answer as it should; it may later.
    #[error("{0}")]
    Unavailable(String),
    /// This machine's files could not be read or written.
    #[error("{0}")]
    Files(String),
}

impl Error {
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    pub(crate) fn files(doing: impl Display, path: &Path, error: &io::Error) -> Self {
        Self::Files(format!("failed to {doing} {}: {error}", path.display()))
    }
}
