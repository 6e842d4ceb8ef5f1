//! Where code lives.

use async_trait::async_trait;
use signalbox_domain::change::{Change, Checks, Proposed};
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::workflow::Grant;

use crate::Error;

/// A repository the forge knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name, `owner/name`.
    pub repository: Repository,
    /// What it is, in words.
    pub description: String,
    /// Its default branch.
    pub default_branch: String,
}

/// A place in a repository's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The branch.
    pub branch: String,
    /// Its commit.
    pub commit: Commit,
}

/// A path that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The path; for a renamed file there are two, the old one and the new one.
    pub path: String,
    /// Whether it is now a symbolic link or a submodule.
    pub link: bool,
}

/// How a devbox reaches a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Where to fetch from and push to, without credentials.
    pub url: String,
    /// A token for that repository and that grant only.
    pub token: Option<String>,
}

/// Who somebody is at a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// It does not matter: the team's roles decide alone.
    Any,
    /// This one, `forge:id`: what they may do, the forge decides, too.
    Known(String),
    /// Not known yet.
    Unknown {
        /// Where they say who they are: for them only.
        url: String,
    },
}

/// A forge.
#[async_trait]
pub trait Forge: Send + Sync {
    /// The repositories Signalbox may work on.
    async fn repositories(&self) -> Result<Vec<Known>, Error>;

    /// The commit of a branch; of the default branch if none is named. A repository or branch that is not there is
    /// [`Error::Rejected`], in words for a person.
    async fn head(&self, repository: &Repository, branch: Option<&str>) -> Result<Head, Error>;

    /// A file at a commit. `None`: there is no such file, or it is no text, or it is over `limit` bytes.
    async fn file(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<String>, Error>;

    /// The paths below a folder at a commit, at most `limit`.
    async fn list(
        &self,
        repository: &Repository,
        at: &Commit,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error>;

    /// The diff between two commits as text, at most `limit` bytes, cut at a line and saying so.
    async fn diff(&self, repository: &Repository, from: &Commit, to: &Commit, limit: usize) -> Result<String, Error>;

    /// Every path that differs between two commits. All of them, or an error: what is not listed is not looked at.
    async fn changed(&self, repository: &Repository, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Error>;

    /// A token for a devbox: one repository, the grant's permissions, pushes to `branch` only. Minting again for the
    /// same devbox gives the same powers, not more.
    async fn mint(
        &self,
        devbox: &DevboxId,
        repository: &Repository,
        grant: &Grant,
        branch: &str,
    ) -> Result<Access, Error>;

    /// Ends every token of a devbox. When it returns, nothing can be done with them. Ending what is over succeeds.
    async fn revoke(&self, devbox: &DevboxId) -> Result<(), Error>;

    /// Opens the run's change request, or brings the one it has up to date: a run has one at most, whatever was tried
    /// before. A branch that is not at `proposed.head`, or does not differ from its base, is [`Error::Rejected`].
    async fn open(&self, id: &EffectId, run: &RunId, proposed: &Proposed) -> Result<Change, Error>;

    /// A change request with its description and diff (cut at `limit` bytes), if it is there.
    async fn change(
        &self,
        repository: &Repository,
        number: u64,
        limit: usize,
    ) -> Result<Option<(Change, String)>, Error>;

    /// What somebody may do with a repository. `account` is an immutable id of the forge's, `forge:id`. Whoever is not
    /// known there may do nothing; an error means that it could not be found out, and is no permission.
    async fn permission(&self, repository: &Repository, account: &str) -> Result<Permission, Error> {
        let _ = (repository, account);
        Ok(Permission::None)
    }

    /// Whether it has to be known who a person is here before anything is done for them: `person` is their id on
    /// whatever chat they asked in.
    async fn account(&self, repository: &Repository, person: &str) -> Result<Account, Error> {
        let _ = (repository, person);
        Ok(Account::Any)
    }

    /// Whether it runs checks of its own on the repository's change requests.
    async fn watches(&self, repository: &Repository) -> Result<bool, Error> {
        let _ = repository;
        Ok(false)
    }

    /// How the checks of a commit stand, with at most `limit` bytes of the end of each failed one's log.
    async fn checks(&self, repository: &Repository, commit: &Commit, limit: usize) -> Result<Checks, Error> {
        let _ = (commit, limit);
        Err(Error::rejected(format!("the forge of {repository} runs no checks")))
    }

    /// Whether a change request can still be added to: it is there and neither merged nor closed.
    async fn amendable(&self, repository: &Repository, number: u64) -> Result<bool, Error>;
}
