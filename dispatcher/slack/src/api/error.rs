//! What went wrong with a call, before it is said in words.

use signalbox_domain::time::Time;
use signalbox_ports::Error;

use super::method::Method;
use super::refusal;

/// What went wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// Slack answered that it will not, and why, as a code.
    #[error("{}", refusal::words(*method, code, needed.as_deref()))]
    Refused {
        /// What was called.
        method: Method,
        /// Slack's word for it: `not_in_channel`.
        code: String,
        /// The scope that is missing, where that is the trouble.
        needed: Option<String>,
    },
    /// Not before that time.
    #[error("{why}")]
    Later { until: Time, why: String },
    /// It may work later.
    #[error("{0}")]
    Unavailable(String),
    /// It will never work, and Slack has no code for it.
    #[error("{0}")]
    Rejected(String),
}

impl Trouble {
    /// Whether Slack refused for one of these reasons.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        match self {
            Self::Refused { code, .. } => codes.contains(&code.as_str()),
            Self::Later { .. } | Self::Unavailable(_) | Self::Rejected(_) => false,
        }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { .. } => Self::rejected(trouble),
            Trouble::Later { until, why } => Self::Later { until, why },
            Trouble::Unavailable(why) => Self::Unavailable(why),
            Trouble::Rejected(why) => Self::Rejected(why),
        }
    }
}

/// A note that could not be read or written while a call was prepared.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict => Self::Unavailable(error.to_string()),
            Error::Later { until, why } => Self::Later { until, why },
            Error::Unavailable(why) => Self::Unavailable(why),
            Error::Rejected(why) => Self::Rejected(why),
        }
    }
}
