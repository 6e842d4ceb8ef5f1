//! How a run ended, computed from evidence and never taken from an agent's word.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::talk::Person;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A change request with a real change is open, and its checks passed.
    Delivered,
    /// The question is answered.
    Answered {
        /// The answer. Untrusted where an agent wrote it.
        text: String,
    },
    /// There was nothing to change.
    NoChangeNeeded {
        /// Why, by the agent. Untrusted; empty if it did not say.
        reason: String,
    },
    /// A person is needed to go on.
    Blocked {
        /// What is needed. May hold an agent's words.
        needs: String,
    },
    /// It is not allowed, or nothing takes such requests.
    Refused {
        /// Why, in words.
        reason: String,
    },
    /// A person said no.
    Rejected {
        /// Who.
        by: Person,
        /// Why; may be empty.
        reason: String,
    },
    /// Something broke.
    Failed {
        /// What, in plain words.
        cause: String,
        /// More, for those who ask. Untrusted.
        details: String,
    },
    /// The budget is used up.
    BudgetExhausted {
        /// Which part of it.
        limit: String,
    },
    /// A person stopped it.
    Stopped {
        /// Who.
        by: Person,
        /// Whether because the request was deleted.
        deleted: bool,
    },
    /// Nobody answered in time.
    Expired {
        /// What was asked: completes "nobody said …".
        asked: String,
    },
    /// Its devbox was lost too often.
    Lost,
    /// Help was given; nothing was asked for.
    Helped,
}

impl Outcome {
    /// Its name in records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Answered { .. } => "answered",
            Self::NoChangeNeeded { .. } => "no_change_needed",
            Self::Blocked { .. } => "blocked",
            Self::Refused { .. } => "refused",
            Self::Rejected { .. } => "rejected",
            Self::Failed { .. } => "failed",
            Self::BudgetExhausted { .. } => "budget_exhausted",
            Self::Stopped { .. } => "stopped",
            Self::Expired { .. } => "expired",
            Self::Lost => "lost",
            Self::Helped => "helped",
        }
    }

    /// Whether [`crate::post::Action::Retry`] is offered.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Failed { .. }
            | Self::Lost
            | Self::BudgetExhausted { .. }
            | Self::Stopped { deleted: false, .. }
            | Self::Expired { .. }
            | Self::Blocked { .. } => true,
            Self::Stopped { deleted: true, .. }
            | Self::Delivered
            | Self::Answered { .. }
            | Self::NoChangeNeeded { .. }
            | Self::Refused { .. }
            | Self::Rejected { .. }
            | Self::Helped => false,
        }
    }
}
