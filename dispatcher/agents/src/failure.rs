//! What an agent's errors mean, and what helps.

/// Why an agent could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it was.
    pub what: What,
    /// In the agent's words. Untrusted.
    pub detail: String,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The provider has had too many calls.
    Limited,
    /// The provider has too much to do, or is out of order.
    Outage,
    /// The connection broke.
    Cut,
    /// The credential is not taken.
    Unauthorized,
    /// The money is used up: the run's own, as the gateway says it, or the account's.
    Unpaid,
    /// There is no such model.
    NoModel,
    /// The conversation is longer than the model reads.
    TooLong,
    /// The model declined.
    Declined,
    /// It ended without an answer.
    Silent,
    /// Something else.
    Unknown,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The next agent or model of the list, now; the same one later.
    Failover,
    /// The same once more, in a new box.
    Retry,
    /// Nothing helps but a person.
    Fail,
}

impl Failure {
    /// One.
    pub fn new(what: What, detail: impl Into<String>) -> Self {
        Self { what, detail: detail.into() }
    }

    /// What `detail` says by itself, where the agent has no word for it.
    pub(crate) fn told(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let lower = detail.to_lowercase();
        let says = |any: &[&str]| any.iter().any(|some| lower.contains(some));
        let what = match () {
            () if says(&["credit balance", "insufficient_quota", "quota exceeded", "may spend is left"]) => {
                What::Unpaid
            }
            () if says(&["too long", "context window", "context_length", "room in the model"]) => What::TooLong,
            () if says(&["401", "unauthenticated", "authentication", "api key", "does not take this team"]) => {
                What::Unauthorized
            }
            () if says(&["429", "rate limit", "rate_limit", "resource_exhausted"]) => What::Limited,
            () if says(&[
                "model_not_found",
                "no such model",
                "does not exist or you have no access",
                "has no price",
            ]) =>
            {
                What::NoModel
            }
            () if says(&["at capacity", "overloaded", "high demand", "500", "502", "503", "529", "server_error"]) => {
                What::Outage
            }
            () if says(&["max_output_tokens", "incomplete response"]) => What::Unpaid,
            () if says(&["disconnected", "network", "connection", "econnre", "fetch failed", "terminated"]) => {
                What::Cut
            }
            () => What::Unknown,
        };
        Self { what, detail }
    }
}

impl What {
    /// What helps.
    pub fn then(self) -> Then {
        match self {
            Self::Limited | Self::Outage | Self::NoModel => Then::Failover,
            Self::Cut | Self::Silent => Then::Retry,
            Self::Unauthorized | Self::Unpaid | Self::TooLong | Self::Declined | Self::Unknown => Then::Fail,
        }
    }
}
