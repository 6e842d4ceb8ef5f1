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

/// How the checks of a commit stand at the forge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// Each check that the forge knows of.
    pub ran: Vec<Ran>,
    /// Whether the forge waits for a person to let them begin.
    pub held: bool,
}

/// A check that the forge runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Its name. Untrusted.
    pub name: String,
    /// How it stands.
    pub verdict: Verdict,
    /// Where people look at it.
    pub url: String,
    /// The end of its log, if it failed and has one. Untrusted.
    pub log: String,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not over yet.
    Pending,
    /// Well, or not needed.
    Passed,
    /// Badly.
    Failed,
}

/// What somebody says of a change request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Its id at the forge.
    pub id: String,
    /// Where people look at it.
    pub url: String,
    /// Whether it asks for changes, rather than only remarking.
    pub asks: bool,
    /// What it says on the whole. Untrusted.
    pub text: String,
    /// What it says of lines.
    pub remarks: Vec<Remark>,
}

/// What somebody says of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The file.
    pub path: String,
    /// The line, if it is still there.
    pub line: Option<u64>,
    /// What it says. Untrusted.
    pub text: String,
}

/// What stands in place of checks that cannot be looked at.
const UNREADABLE: &str = "the forge's checks (they could not be read)";

impl Checks {
    /// Checks that cannot be looked at: one that failed, for that reason.
    pub fn unreadable(why: &str) -> Self {
        let ran = Ran { name: UNREADABLE.into(), verdict: Verdict::Failed, url: String::new(), log: why.into() };
        Self { ran: Vec::from([ran]), held: false }
    }

    /// Whether they could not be looked at. No agent can mend that.
    pub fn unread(&self) -> bool {
        self.ran.iter().any(|ran| ran.name == UNREADABLE)
    }

    /// How they stand together: failed if one failed and none is pending, pending if one is, or if there are none yet.
    pub fn verdict(&self) -> Verdict {
        if self.ran.is_empty() || self.ran.iter().any(|ran| ran.verdict == Verdict::Pending) {
            Verdict::Pending
        } else if self.ran.iter().any(|ran| ran.verdict == Verdict::Failed) {
            Verdict::Failed
        } else {
            Verdict::Passed
        }
    }
}
