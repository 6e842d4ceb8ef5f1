//! The port, answered.

use async_trait::async_trait;
use signalbox_domain::change::{Change, Proposed};
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository, RunId};
use signalbox_domain::workflow::Grant;
use signalbox_ports::Error;
use signalbox_ports::forge::{Access, Changed, Head, Hit, Known, Past};

use crate::{Forge, State, read};

#[async_trait]
impl signalbox_ports::forge::Forge for Forge {
    async fn repositories(&self) -> Result<Vec<Known>, Error> {
        self.known().await
    }

    async fn head(&self, repository: &Repository, branch: Option<&str>) -> Result<Head, Error> {
        self.find(repository, branch).await
    }

    async fn file(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<String>, Error> {
        self.text(&self.there(repository)?, at, path, limit).await
    }

    async fn list(
        &self,
        repository: &Repository,
        at: &Commit,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        self.below(&self.there(repository)?, at, folder, limit).await
    }

    async fn diff(&self, repository: &Repository, from: &Commit, to: &Commit, limit: usize) -> Result<String, Error> {
        self.difference(&self.there(repository)?, from, to, limit).await
    }

    async fn changed(&self, repository: &Repository, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Error> {
        self.paths(&self.there(repository)?, from, to).await
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
        let record = self.propose(id, run, proposed).await?;
        Ok(self.outline(&record))
    }

    async fn amendable(&self, repository: &Repository, number: u64) -> Result<bool, Error> {
        let shown = self.show(repository, number, 0).await?;
        Ok(shown.is_some_and(|shown| shown.record.state == State::Open))
    }

    async fn change(
        &self,
        repository: &Repository,
        number: u64,
        limit: usize,
    ) -> Result<Option<(Change, String)>, Error> {
        let Some(shown) = self.show(repository, number, limit).await? else { return Ok(None) };
        let text = format!("{}\n\n---\n{}", shown.record.body.trim_end(), shown.diff);
        Ok(Some((self.outline(&shown.record), read::cut(&text, false, limit))))
    }

    async fn proposed(&self, repository: &Repository, number: u64) -> Result<Option<Commit>, Error> {
        let shown = self.show(repository, number, 0).await?;
        Ok(shown.map(|shown| self.outline(&shown.record).head))
    }

    async fn search(&self, repository: &Repository, words: &str, limit: usize) -> Result<Option<Vec<Hit>>, Error> {
        let head = self.find(repository, None).await?;
        Ok(Some(self.grep(&self.there(repository)?, &head.commit, words, limit).await?))
    }

    async fn history(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<Past>>, Error> {
        Ok(Some(self.touched(&self.there(repository)?, at, path, limit).await?))
    }
}
