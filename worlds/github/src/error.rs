//! Why something was not done.

/// Why something was not done. The text completes "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// GitHub refused it.
    #[error("do this on GitHub, which answered {status}: {message}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// GitHub's words.
        message: String,
    },
    /// git refused it.
    #[error("run git, which said: {0}")]
    Git(String),
    /// The machine refused it.
    #[error("reach a file, a process or the network: {0}")]
    Machine(#[from] std::io::Error),
    /// GitHub's description of its API is not what it should be.
    #[error("read GitHub's description of its API: {0}")]
    Description(String),
}
