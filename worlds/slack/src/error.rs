//! Why something that a person wanted to do did not happen.

/// Why something that a person wanted to do did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such thing in this world.
    #[error("there is no {kind} `{id}` here")]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// By which name.
        id: String,
    },
    /// Slack does not let this person do it.
    #[error("Slack does not allow it: {0}")]
    NotAllowed(String),
    /// The app did not take it: what the person sees as a warning sign beside the button. Slack does not try again.
    #[error("the app did not answer: {0}")]
    Unanswered(String),
}

impl Error {
    pub(crate) fn unknown(kind: &'static str, id: &str) -> Self {
        Self::Unknown { kind, id: id.to_owned() }
    }

    pub(crate) fn not_allowed(why: impl Into<String>) -> Self {
        Self::NotAllowed(why.into())
    }
}
