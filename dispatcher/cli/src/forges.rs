//! Every forge there is, as one: a repository is worked on where it is.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::change::{Change, Checks, Proposed};
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::workflow::Grant;
use signalbox_ports::Error;
use signalbox_ports::forge::{Access, Account, Changed, Forge, Head, Hit, Known, Past, Talk};

/// The built-in forge and others beside it. A repository that several know is the first one's.
pub(crate) struct Forges(pub(crate) Vec<Arc<dyn Forge>>);

impl Forges {
    /// The forge of a repository. One that cannot be asked makes this fail: its repositories are not mistaken for
    /// another's, nor for none.
    async fn of(&self, repository: &Repository) -> Result<&Arc<dyn Forge>, Error> {
        for forge in &self.0 {
            if forge.repositories().await?.iter().any(|known| known.repository == *repository) {
                return Ok(forge);
            }
        }
        Err(Error::rejected(format!("there is no repository {repository} that Signalbox may work on")))
    }
}

#[async_trait]
impl Forge for Forges {
    async fn repositories(&self) -> Result<Vec<Known>, Error> {
        let mut all: Vec<Known> = Vec::new();
        for forge in &self.0 {
            for known in forge.repositories().await? {
                if all.iter().all(|other| other.repository != known.repository) {
                    all.push(known);
                }
            }
        }
        Ok(all)
    }

    async fn head(&self, repository: &Repository, branch: Option<&str>) -> Result<Head, Error> {
        self.of(repository).await?.head(repository, branch).await
    }

    async fn file(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<String>, Error> {
        self.of(repository).await?.file(repository, at, path, limit).await
    }

    async fn list(
        &self,
        repository: &Repository,
        at: &Commit,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        self.of(repository).await?.list(repository, at, folder, limit).await
    }

    async fn diff(&self, repository: &Repository, from: &Commit, to: &Commit, limit: usize) -> Result<String, Error> {
        self.of(repository).await?.diff(repository, from, to, limit).await
    }

    async fn changed(&self, repository: &Repository, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Error> {
        self.of(repository).await?.changed(repository, from, to).await
    }

    async fn mint(
        &self,
        devbox: &DevboxId,
        repository: &Repository,
        grant: &Grant,
        branch: &str,
    ) -> Result<Access, Error> {
        self.of(repository).await?.mint(devbox, repository, grant, branch).await
    }

    /// Every forge's: which one a box was given a token of is not asked, so that none is left.
    async fn revoke(&self, devbox: &DevboxId) -> Result<(), Error> {
        for revoked in futures::future::join_all(self.0.iter().map(|forge| forge.revoke(devbox))).await {
            revoked?;
        }
        Ok(())
    }

    async fn open(&self, id: &EffectId, run: &RunId, proposed: &Proposed) -> Result<Change, Error> {
        self.of(&proposed.repository).await?.open(id, run, proposed).await
    }

    async fn change(
        &self,
        repository: &Repository,
        number: u64,
        limit: usize,
    ) -> Result<Option<(Change, String)>, Error> {
        self.of(repository).await?.change(repository, number, limit).await
    }

    async fn permission(&self, repository: &Repository, account: &str) -> Result<Permission, Error> {
        self.of(repository).await?.permission(repository, account).await
    }

    async fn account(&self, repository: &Repository, person: &str) -> Result<Account, Error> {
        self.of(repository).await?.account(repository, person).await
    }

    async fn watches(&self, repository: &Repository) -> Result<bool, Error> {
        self.of(repository).await?.watches(repository).await
    }

    async fn checks(&self, repository: &Repository, commit: &Commit, limit: usize) -> Result<Checks, Error> {
        self.of(repository).await?.checks(repository, commit, limit).await
    }

    async fn answer(&self, repository: &Repository, number: u64, review: &str, text: &str) -> Result<(), Error> {
        self.of(repository).await?.answer(repository, number, review, text).await
    }

    async fn issue(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        self.of(repository).await?.issue(repository, number).await
    }

    async fn remarks(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        self.of(repository).await?.remarks(repository, number).await
    }

    async fn proposed(&self, repository: &Repository, number: u64) -> Result<Option<Commit>, Error> {
        self.of(repository).await?.proposed(repository, number).await
    }

    async fn search(&self, repository: &Repository, words: &str, limit: usize) -> Result<Option<Vec<Hit>>, Error> {
        self.of(repository).await?.search(repository, words, limit).await
    }

    async fn history(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<Past>>, Error> {
        self.of(repository).await?.history(repository, at, path, limit).await
    }

    async fn amendable(&self, repository: &Repository, number: u64) -> Result<bool, Error> {
        self.of(repository).await?.amendable(repository, number).await
    }
}
