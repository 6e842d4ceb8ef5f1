//! Where a request goes: what routers said, and the one decision made of it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{Digest, Repository};

/// What a request is about: a repository, or nothing at all (a question, research).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The workflow that works it.
    pub workflow: String,
    /// The repository it changes or asks about.
    pub repository: Option<Repository>,
    /// Start from this branch instead of the default one.
    pub branch: Option<String>,
    /// Values for the workflow's inputs.
    pub inputs: BTreeMap<String, String>,
}

/// A router that wants the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Where it would go.
    pub target: Target,
    /// How sure the router is, in thousandths: 1000 is the person's own explicit words.
    pub score: u16,
    /// Why, in words for a person.
    pub reason: String,
    /// The router's rule that matched.
    pub rule: String,
    /// The words of the request that matched.
    pub matched: Vec<String>,
}

/// One of several places a request could go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The place.
    pub target: Target,
    /// Why it is offered.
    pub reason: String,
}

/// What one router said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// It wants the request.
    Claim(Claim),
    /// It knows several places.
    Ask {
        /// The places.
        candidates: Vec<Candidate>,
        /// What to ask the person.
        question: String,
    },
    /// It is not for this router.
    Pass {
        /// Why not.
        reason: String,
    },
    /// Its manifest's triggers do not match, so it was not run.
    Untriggered,
    /// It failed.
    Failed {
        /// What happened, for its author.
        error: String,
        /// Whether its manifest says that a failure must not be passed over.
        fail_event: bool,
    },
}

/// One router's part in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// The router, `id@version`.
    pub router: String,
    /// Its manifest's priority; lower is asked first and wins a tie of equal scores only if it is explicit.
    pub priority: i32,
    /// The digest of its component.
    pub digest: Digest,
    /// The instructions it burnt.
    pub fuel: u64,
    /// What it logged.
    pub log: Vec<String>,
    /// What it said.
    pub said: Said,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// There.
    Go {
        /// The place.
        target: Target,
        /// The router that decided.
        router: String,
        /// Its rule.
        rule: String,
        /// Why, in words.
        reason: String,
        /// The words that matched.
        matched: Vec<String>,
        /// How sure, in thousandths.
        score: u16,
        /// Routers that failed on the way and were passed over, each with its error.
        failed: Vec<(String, String)>,
    },
    /// The person must choose.
    Ask {
        /// The places, best first, at most [`MAX_CANDIDATES`].
        candidates: Vec<Candidate>,
        /// Why it is asked.
        question: String,
        /// Routers that failed on the way.
        failed: Vec<(String, String)>,
    },
    /// Nothing wants it.
    Nowhere {
        /// Why, in words.
        reason: String,
        /// Routers that failed on the way.
        failed: Vec<(String, String)>,
    },
}

/// The most places a person is asked to choose from.
pub const MAX_CANDIDATES: usize = 5;
/// The score of the person's own explicit words.
pub const EXPLICIT: u16 = 1000;
