//! What went wrong, named for what the caller does next.

use signalbox_domain::time::Time;

/// What went wrong at a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Somebody else was first: load and step again.
    #[error("the run has moved on since it was loaded")]
    Conflict,
    /// It may work from that time on, and trying earlier would be wrong.
    #[error("{why} (will be tried again when it may be)")]
    Later {
        /// Not before.
        until: Time,
        /// Why, in words.
        why: String,
    },
    /// It may work later: let the queue redeliver, or the lease run out.
    #[error("{0} (will be tried again)")]
    Unavailable(String),
    /// It will never work: do not try again, tell a person.
    #[error("{0}")]
    Rejected(String),
}

impl Error {
    /// An [`Error::Later`] of anything that can be written.
    pub fn later(until: Time, why: impl std::fmt::Display) -> Self {
        Self::Later { until, why: why.to_string() }
    }

    /// An [`Error::Unavailable`] of anything that can be written.
    pub fn unavailable(what: impl std::fmt::Display) -> Self {
        Self::Unavailable(what.to_string())
    }

    /// An [`Error::Rejected`] of anything that can be written.
    pub fn rejected(what: impl std::fmt::Display) -> Self {
        Self::Rejected(what.to_string())
    }
}
