//! The port, answered.

mod answer;
mod body;
mod diff;
mod find;
mod open;
mod read;
mod talk;
mod tree;

use async_trait::async_trait;
use signalbox_domain::change::{Change, Checks, Proposed};
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::workflow::Grant;
use signalbox_ports::Error;
use signalbox_ports::forge::{Access, Account, Changed, Forge, Head, Hit, Known, Past, Talk};

use crate::app::Github;

pub(crate) use body::{LIVE, fitted};
pub(crate) use read::named;
pub(crate) use tree::{Trees, commit};

#[async_trait]
impl Forge for Github {
    async fn repositories(&self) -> Result<Vec<Known>, Error> {
        self.listed().await
    }

    async fn head(&self, repository: &Repository, branch: Option<&str>) -> Result<Head, Error> {
        let place = self.place(repository).await?;
        match branch {
            Some(branch) => self.branch_head(&place, branch).await,
            None => self.default_head(&place).await,
        }
    }

    async fn file(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<String>, Error> {
        self.text(&self.place(repository).await?, at, path, limit).await
    }

    async fn list(
        &self,
        repository: &Repository,
        at: &Commit,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        self.below(&self.place(repository).await?, at, folder, limit).await
    }

    async fn diff(&self, repository: &Repository, from: &Commit, to: &Commit, limit: usize) -> Result<String, Error> {
        self.difference(&self.place(repository).await?, from, to, limit).await
    }

    async fn changed(&self, repository: &Repository, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Error> {
        self.differing(&self.place(repository).await?, from, to).await
    }

    async fn mint(
        &self,
        devbox: &DevboxId,
        repository: &Repository,
        grant: &Grant,
        branch: &str,
    ) -> Result<Access, Error> {
        self.grant(devbox, repository, grant, branch).await
    }

    async fn revoke(&self, devbox: &DevboxId) -> Result<(), Error> {
        self.end(devbox).await
    }

    async fn open(&self, id: &EffectId, run: &RunId, proposed: &Proposed) -> Result<Change, Error> {
        self.propose(id, run, proposed).await
    }

    async fn change(
        &self,
        repository: &Repository,
        number: u64,
        limit: usize,
    ) -> Result<Option<(Change, String)>, Error> {
        self.shown(&self.place(repository).await?, number, limit).await
    }

    async fn permission(&self, repository: &Repository, account: &str) -> Result<Permission, Error> {
        self.allows(&self.place(repository).await?, account).await
    }

    async fn answer(&self, repository: &Repository, number: u64, review: &str, text: &str) -> Result<(), Error> {
        self.reply(&self.place(repository).await?, number, review, text).await
    }

    async fn account(&self, _repository: &Repository, person: &str) -> Result<Account, Error> {
        self.account_of(person).await
    }

    async fn watches(&self, repository: &Repository) -> Result<bool, Error> {
        self.checked(&self.place(repository).await?).await
    }

    async fn checks(&self, repository: &Repository, commit: &Commit, limit: usize) -> Result<Checks, Error> {
        self.standing(&self.place(repository).await?, commit, limit).await
    }

    async fn issue(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        self.talked(&self.place(repository).await?, number).await
    }

    async fn remarks(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        self.unresolved(&self.place(repository).await?, number).await
    }

    async fn proposed(&self, repository: &Repository, number: u64) -> Result<Option<Commit>, Error> {
        self.proposed_by(&self.place(repository).await?, number).await
    }

    async fn search(&self, repository: &Repository, words: &str, limit: usize) -> Result<Option<Vec<Hit>>, Error> {
        Ok(Some(self.found(&self.place(repository).await?, words, limit).await?))
    }

    async fn history(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<Past>>, Error> {
        self.touched(&self.place(repository).await?, at, path, limit).await
    }

    async fn amendable(&self, repository: &Repository, number: u64) -> Result<bool, Error> {
        self.open_here(&self.place(repository).await?, number).await
    }
}
