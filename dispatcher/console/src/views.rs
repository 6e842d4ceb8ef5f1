//! What the dashboard looks at.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::change::{Change, Check};
use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::talk::Person;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::blobs::Blobs;
use signalbox_ports::store::Store;

/// What the dashboard looks at.
#[derive(Clone)]
pub struct Views {
    /// Runs, their history and their effects.
    pub store: Arc<dyn Store>,
    /// Transcripts and context.
    pub blobs: Arc<dyn Blobs>,
    /// Change requests, where they are not looked at on the forge's own pages.
    pub changes: Option<Arc<dyn Changes>>,
}

/// A forge whose change requests are looked at, merged and closed here.
#[async_trait]
pub trait Changes: Send + Sync {
    /// The newest change requests, newest first, at most `limit`.
    async fn list(&self, limit: usize) -> Result<Vec<Listed>, Error>;

    /// A change request, its diff cut at `limit` bytes, at a line. `None`: there is none of that number.
    async fn show(&self, repository: &Repository, number: u64, limit: usize) -> Result<Option<Shown>, Error>;

    /// Merges it, if it is open and still at `head`: what was looked at is what is merged.
    async fn merge(&self, repository: &Repository, number: u64, head: &Commit, by: &Person) -> Result<(), Error>;

    /// Closes it without merging. Closing what is closed succeeds.
    async fn close(&self, repository: &Repository, number: u64, by: &Person) -> Result<(), Error>;
}

/// How a change request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// It may be merged.
    Open,
    /// It is part of its base.
    Merged,
    /// It was closed without merging.
    Closed,
}

/// A change request in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The change request.
    pub change: Change,
    /// How it stands.
    pub state: ChangeState,
    /// When it was opened.
    pub opened: Time,
}

/// A change request to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The change request.
    pub change: Change,
    /// How it stands.
    pub state: ChangeState,
    /// When it was opened.
    pub opened: Time,
    /// The branch it merges into.
    pub base: String,
    /// Its branch.
    pub branch: String,
    /// Its description. Untrusted.
    pub description: String,
    /// Checks that ran on it.
    pub checks: Vec<Check>,
    /// What it changes, as a unified diff. Untrusted.
    pub diff: String,
}
