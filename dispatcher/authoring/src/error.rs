//! Why something could not be done for an author, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why something could not be done for an author.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The author has something to change; the text says what.
    #[error("{0}")]
    Wrong(String),
    /// A file or a folder could not be used.
    #[error("failed to {doing} {}: {source}", path.display())]
    Files {
        /// What was done: `read`, `write`.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A tool is not there, or did not do its work; the text says which, and how to get it.
    #[error("{0}")]
    Tool(String),
}

impl Error {
    pub(crate) fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }

    pub(crate) fn files(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Files { doing, path: path.to_path_buf(), source }
    }
}
