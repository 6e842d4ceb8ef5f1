//! Where code lives.

use async_trait::async_trait;
use signalbox_domain::change::{Change, Checks, Proposed};
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::time::Time;
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

/// What people wrote in one place: an issue, a change request, its open review threads. Strangers' words are among it;
/// whoever passes it on leaves them out by `may`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// Its title. Written by whoever wrote the first post.
    pub title: String,
    /// `open`, `closed` or `merged`.
    pub state: String,
    /// Where people look at it.
    pub url: String,
    /// What was written, oldest first.
    pub posts: Vec<Post>,
    /// Posts that were not read, because there are more than are read.
    pub more: u64,
}

/// One thing that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// What they are called.
    pub by: String,
    /// What they may do in the repository, by their role there: never what the post says of them.
    pub may: Permission,
    /// When.
    pub at: Time,
    /// What.
    pub text: String,
    /// Of a remark: the thread it belongs to, and the place in the files.
    pub spot: Option<Spot>,
}

/// Where in a change request something was remarked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The number of the thread, from 1 in the order they began.
    pub thread: u64,
    /// The file.
    pub path: String,
    /// The line, if it is still there.
    pub line: Option<u64>,
}

/// Where words occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The file.
    pub path: String,
    /// The first line of `text`, where the forge knows it.
    pub line: Option<u64>,
    /// The lines around it.
    pub text: String,
}

/// A commit that touched something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The commit.
    pub commit: Commit,
    /// The name of whoever wrote it, as the commit says.
    pub by: String,
    /// When it was committed.
    pub at: Time,
    /// Its first line.
    pub title: String,
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

    /// Tells whoever remarked something in a review of a change request what was made of it: each remark once, however
    /// often it is asked for. A forge without reviews does nothing.
    async fn answer(&self, repository: &Repository, number: u64, review: &str, text: &str) -> Result<(), Error> {
        let _ = (repository, number, review, text);
        Ok(())
    }

    /// An issue or a change request as people wrote it: its description first, then its comments. `None`: it is not
    /// there, or the forge has none.
    async fn issue(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        let _ = (repository, number);
        Ok(None)
    }

    /// The review threads of a change request that nobody has resolved. `None`: it is not there, or has no reviews.
    async fn remarks(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        let _ = (repository, number);
        Ok(None)
    }

    /// The commit that a change request proposes. `None`: there is no such change request.
    async fn proposed(&self, repository: &Repository, number: u64) -> Result<Option<Commit>, Error> {
        Ok(self.change(repository, number, 0).await?.map(|(change, _)| change.head))
    }

    /// Where words occur on the default branch, taken literally, best first, at most `limit`. `None`: it cannot search.
    async fn search(&self, repository: &Repository, words: &str, limit: usize) -> Result<Option<Vec<Hit>>, Error> {
        let _ = (repository, words, limit);
        Ok(None)
    }

    /// The newest commits before `at` that touched a file or a folder, newest first, at most `limit`. `None`: it cannot
    /// say.
    async fn history(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<Past>>, Error> {
        let _ = (repository, at, path, limit);
        Ok(None)
    }

    /// Whether a change request can still be added to: it is there and neither merged nor closed.
    async fn amendable(&self, repository: &Repository, number: u64) -> Result<bool, Error>;
}
