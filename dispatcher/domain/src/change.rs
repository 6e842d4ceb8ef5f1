//! Change requests, as the forge keeps them.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::devbox::DiffStat;
use crate::id::{Commit, Repository};

/// A change request that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The repository.
    pub repository: Repository,
    /// Its number there.
    pub number: u64,
    /// Where people look at it.
    pub url: String,
    /// Its title.
    pub title: String,
    /// The commit it proposes.
    pub head: Commit,
    /// Whether it is a draft.
    pub draft: bool,
    /// What it changes, as the forge counts it.
    pub diff: DiffStat,
}

/// A change request to open, or to bring up to date: a run has one at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The repository.
    pub repository: Repository,
    /// The branch to merge into; the default one if none is named.
    pub base: Option<String>,
    /// The run's branch.
    pub branch: String,
    /// The commit it must be at.
    pub head: Commit,
    /// The title.
    pub title: String,
    /// The description.
    pub body: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// The checks that ran in devboxes.
    pub checks: Vec<Check>,
}

/// A check that ran, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name for people.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// What it said, shortened. Untrusted.
    pub summary: String,
}
