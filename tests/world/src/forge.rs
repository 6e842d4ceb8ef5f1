//! Repositories as maps of text, tokens that can be counted, change requests that can be read.

mod repository;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use signalbox_domain::change::{Change, Check, Checks, Proposed};
use signalbox_domain::id::{Commit, DevboxId, EffectId, Repository, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::workflow::Grant;
use signalbox_ports::Error;
use signalbox_ports::forge::{Access, Account, Changed, Head, Known, Past, Talk};

use crate::fault::{Calm, Faults, call};
pub use repository::Edit;
use repository::{Kept, cut};

/// A forge in memory.
pub struct Forge {
    faults: Arc<dyn Faults>,
    state: Mutex<State>,
}

/// A token that was minted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its secret.
    pub secret: String,
    /// The box it was minted for.
    pub devbox: DevboxId,
    /// The one repository it opens.
    pub repository: Repository,
    /// What it may do there.
    pub grant: Grant,
    /// The one branch it may push to.
    pub branch: String,
    /// Whether it was ended.
    pub revoked: bool,
}

/// A change request, with what only the forge knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The change request.
    pub change: Change,
    /// Its run.
    pub run: RunId,
    /// The effect that wrote it last.
    pub effect: EffectId,
    /// The branch to merge into.
    pub base: String,
    /// Its branch.
    pub branch: String,
    /// Its description.
    pub body: String,
    /// Its checks.
    pub checks: Vec<Check>,
    /// Whether it was merged or closed.
    pub over: bool,
}

#[derive(Default)]
struct State {
    repositories: BTreeMap<Repository, Kept>,
    tokens: Vec<Token>,
    changes: Vec<Opened>,
    /// What the checks of the commits to come say, look by look; nothing: it runs none.
    ci: Option<VecDeque<Vec<Checks>>>,
    /// What the checks of the commits that were looked at still have to say.
    looked: BTreeMap<Commit, VecDeque<Checks>>,
    looks: usize,
    /// Who is who, by what they are on the chat; nothing: it does not matter.
    accounts: Option<BTreeMap<String, String>>,
    permissions: BTreeMap<(Repository, String), Permission>,
    /// What people wrote, by number; and what of it is about lines that nobody has resolved.
    talks: BTreeMap<(Repository, u64), Talk>,
    remarks: BTreeMap<(Repository, u64), Talk>,
    pasts: BTreeMap<(Repository, String), Vec<Past>>,
    /// What is asked for and does not answer, as often as this.
    silent: BTreeMap<&'static str, u32>,
}

impl Forge {
    /// One without repositories, whose calls meet `faults`.
    pub fn new(faults: Arc<dyn Faults>) -> Self {
        Self { faults, state: Mutex::default() }
    }

    /// Makes a repository whose default branch is `main`, and gives its first commit.
    pub fn create(&self, repository: &str, description: &str, files: &[(&str, &str)]) -> Commit {
        let mut kept = Kept::new(description);
        let edits: Vec<(&str, Edit)> = files.iter().map(|(path, text)| (*path, Edit::from(*text))).collect();
        let first = kept.commit("main", None, &edits);
        self.state().repositories.insert(repository.into(), kept);
        first
    }

    /// A person commits to a branch, which begins at the default branch if it is new.
    pub fn commit(&self, repository: &str, branch: &str, edits: &[(&str, Edit)]) -> Result<Commit, Error> {
        let mut state = self.state();
        let kept = state.repository_mut(&repository.into())?;
        let parent = kept.branches.get(branch).or_else(|| kept.branches.get(&kept.default_branch)).cloned();
        Ok(kept.commit(branch, parent, edits))
    }

    /// What a box can fetch with its token.
    pub fn fetch(&self, secret: &str, repository: &Repository, at: &Commit) -> Result<BTreeMap<String, String>, Error> {
        let state = self.state();
        let token = state.token(secret, repository)?;
        if !token.grant.reads() {
            return Err(Error::rejected(format!("the token of {} may not read {repository}", token.devbox)));
        }
        Ok(state.repository(repository)?.snapshot(repository, at)?.files.clone())
    }

    /// What a box can push with its token: a commit on top of `parent`, in place of whatever the branch was at.
    pub fn push(
        &self,
        secret: &str,
        repository: &Repository,
        branch: &str,
        parent: &Commit,
        edits: &[(&str, Edit)],
    ) -> Result<Commit, Error> {
        let mut state = self.state();
        let token = state.token(secret, repository)?;
        if !token.grant.writes() || token.branch != branch {
            return Err(Error::rejected(format!("the token of {} may not push to {branch}", token.devbox)));
        }
        let kept = state.repository_mut(repository)?;
        kept.snapshot(repository, parent)?;
        Ok(kept.commit(branch, Some(parent.clone()), edits))
    }

    /// The branches of a repository.
    pub fn branches(&self, repository: &str) -> BTreeMap<String, Commit> {
        self.state().repository(&repository.into()).map(|kept| kept.branches.clone()).unwrap_or_default()
    }

    /// The files at a commit.
    pub fn files(&self, repository: &str, at: &Commit) -> BTreeMap<String, String> {
        let state = self.state();
        let kept = state.repositories.get(&repository.into());
        kept.and_then(|kept| kept.commits.get(at)).map(|snapshot| snapshot.files.clone()).unwrap_or_default()
    }

    /// Every change request, oldest first.
    pub fn changes(&self) -> Vec<Opened> {
        self.state().changes.clone()
    }

    /// Every token ever minted, oldest first.
    pub fn tokens(&self) -> Vec<Token> {
        self.state().tokens.clone()
    }

    /// The boxes that hold a token that still opens something.
    pub fn live(&self) -> Vec<DevboxId> {
        self.tokens().into_iter().filter(|token| !token.revoked).map(|token| token.devbox).collect()
    }

    /// From now on it runs checks: a list for each commit that is pushed, of how they stand look by look. The last one
    /// of each list stays, and the last list is that of every commit after.
    pub fn check(&self, commits: Vec<Vec<Checks>>) {
        self.state().ci = Some(commits.into());
    }

    /// How often checks were looked at.
    pub fn looks(&self) -> usize {
        self.state().looks
    }

    /// From now on it has to be known who somebody is before anything is done for them.
    pub fn ask_who(&self) {
        self.state().accounts.get_or_insert_default();
    }

    /// Somebody on a chat is that account here, which may do that with a repository.
    pub fn link(&self, person: &str, account: &str, repository: &str, permission: Permission) {
        let mut state = self.state();
        state.accounts.get_or_insert_default().insert(person.into(), account.into());
        state.permissions.insert((repository.into(), account.into()), permission);
    }

    /// What people wrote in an issue or a change request.
    pub fn talk(&self, repository: &str, number: u64, talk: Talk) {
        self.state().talks.insert((repository.into(), number), talk);
    }

    /// The review threads of a change request that nobody has resolved.
    pub fn remark(&self, repository: &str, number: u64, talk: Talk) {
        self.state().remarks.insert((repository.into(), number), talk);
    }

    /// The commits that touched a path.
    pub fn past(&self, repository: &str, path: &str, past: Vec<Past>) {
        self.state().pasts.insert((repository.into(), path.into()), past);
    }

    /// Something does not answer the next times it is asked for: `issue`, `remarks`, `history`.
    pub fn silence(&self, what: &'static str, times: u32) {
        self.state().silent.insert(what, times);
    }

    /// A person merges or closes a change request.
    pub fn close(&self, number: u64) {
        let mut state = self.state();
        state.changes.iter_mut().filter(|opened| opened.change.number == number).for_each(|opened| opened.over = true);
    }

    async fn call<T>(
        &self,
        point: &'static str,
        work: impl FnOnce(&mut State) -> Result<T, Error>,
    ) -> Result<T, Error> {
        call(&*self.faults, point, || work(&mut self.state())).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Forge {
    fn default() -> Self {
        Self::new(Arc::new(Calm))
    }
}

impl State {
    fn repository(&self, name: &Repository) -> Result<&Kept, Error> {
        self.repositories.get(name).ok_or_else(|| missing(name))
    }

    fn repository_mut(&mut self, name: &Repository) -> Result<&mut Kept, Error> {
        self.repositories.get_mut(name).ok_or_else(|| missing(name))
    }

    /// Whether it answers what is asked for.
    fn hears(&mut self, what: &'static str) -> Result<(), Error> {
        match self.silent.get_mut(what) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Err(Error::unavailable("it has trouble"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn token(&self, secret: &str, repository: &Repository) -> Result<&Token, Error> {
        let live = |token: &&Token| token.secret == secret && token.repository == *repository && !token.revoked;
        let token = self.tokens.iter().find(live);
        token.ok_or_else(|| Error::rejected(format!("no live token opens {repository}")))
    }
}

fn missing(repository: &Repository) -> Error {
    Error::rejected(format!("there is no repository {repository} that Signalbox may work on"))
}

#[async_trait]
impl signalbox_ports::forge::Forge for Forge {
    async fn repositories(&self) -> Result<Vec<Known>, Error> {
        self.call("forge.repositories", |state| {
            let known = |(repository, kept): (&Repository, &Kept)| Known {
                repository: repository.clone(),
                description: kept.description.clone(),
                default_branch: kept.default_branch.clone(),
            };
            Ok(state.repositories.iter().map(known).collect())
        })
        .await
    }

    async fn head(&self, repository: &Repository, branch: Option<&str>) -> Result<Head, Error> {
        self.call("forge.head", |state| state.repository(repository)?.head(repository, branch)).await
    }

    async fn file(
        &self,
        repository: &Repository,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<String>, Error> {
        self.call("forge.file", |state| {
            let snapshot = state.repository(repository)?.snapshot(repository, at)?;
            Ok(snapshot.files.get(path).filter(|text| text.len() <= limit).cloned())
        })
        .await
    }

    async fn list(
        &self,
        repository: &Repository,
        at: &Commit,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        self.call("forge.list", |state| {
            let snapshot = state.repository(repository)?.snapshot(repository, at)?;
            let folder = folder.trim_end_matches('/');
            let below = |path: &&String| {
                folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            };
            Ok(snapshot.files.keys().filter(below).take(limit).cloned().collect())
        })
        .await
    }

    async fn diff(&self, repository: &Repository, from: &Commit, to: &Commit, limit: usize) -> Result<String, Error> {
        self.call("forge.diff", |state| {
            let (from, to) = state.repository(repository)?.pair(repository, from, to)?;
            Ok(cut(from.diff(to), limit))
        })
        .await
    }

    async fn changed(&self, repository: &Repository, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Error> {
        self.call("forge.changed", |state| {
            let (from, to) = state.repository(repository)?.pair(repository, from, to)?;
            let changed = from.changed(to).into_iter();
            Ok(changed.map(|path| Changed { link: to.links.contains(&path), path }).collect())
        })
        .await
    }

    async fn mint(
        &self,
        devbox: &DevboxId,
        repository: &Repository,
        grant: &Grant,
        branch: &str,
    ) -> Result<Access, Error> {
        self.call("forge.mint", |state| {
            state.repository(repository)?;
            let url = format!("memory://{repository}");
            if grant.permissions.is_empty() {
                return Ok(Access { url, token: None });
            }
            if let Some(token) = state.tokens.iter().find(|token| token.devbox == *devbox && !token.revoked) {
                let same = token.repository == *repository && token.grant == *grant && token.branch == branch;
                return match same {
                    true => Ok(Access { url, token: Some(token.secret.clone()) }),
                    false => Err(Error::rejected(format!("the box {devbox} already holds a token of other powers"))),
                };
            }
            let secret = format!("token-{}-{devbox}", state.tokens.len() + 1);
            state.tokens.push(Token {
                secret: secret.clone(),
                devbox: devbox.clone(),
                repository: repository.clone(),
                grant: grant.clone(),
                branch: branch.into(),
                revoked: false,
            });
            Ok(Access { url, token: Some(secret) })
        })
        .await
    }

    async fn revoke(&self, devbox: &DevboxId) -> Result<(), Error> {
        self.call("forge.revoke", |state| {
            state.tokens.iter_mut().filter(|token| token.devbox == *devbox).for_each(|token| token.revoked = true);
            Ok(())
        })
        .await
    }

    async fn open(&self, id: &EffectId, run: &RunId, proposed: &Proposed) -> Result<Change, Error> {
        self.call("forge.open", |state| {
            let known = state.changes.iter().position(|opened| opened.run == *run);
            if let Some(newer) = known.map(|at| &state.changes[at]).filter(|opened| opened.effect > *id) {
                return Ok(newer.change.clone());
            }
            let Proposed { repository, branch, head, .. } = proposed;
            let kept = state.repository(repository)?;
            let base = kept.head(repository, proposed.base.as_deref())?;
            let at = kept.head(repository, Some(branch))?.commit;
            if at != *head {
                return Err(Error::rejected(format!("{branch} is at {at}, not at {head}")));
            }
            let (from, to) = kept.pair(repository, &base.commit, head)?;
            if from.changed(to).is_empty() {
                return Err(Error::rejected(format!("{branch} does not differ from {}", base.branch)));
            }
            let number = match known.map(|at| &state.changes[at].change) {
                Some(change) => change.number,
                None => {
                    1 + state.changes.iter().filter(|opened| opened.change.repository == *repository).count() as u64
                }
            };
            let opened = Opened {
                change: Change {
                    repository: repository.clone(),
                    number,
                    url: format!("https://forge.example/{repository}/changes/{number}"),
                    title: proposed.title.clone(),
                    head: head.clone(),
                    draft: proposed.draft,
                    diff: from.count(to),
                },
                run: run.clone(),
                effect: id.clone(),
                base: base.branch,
                branch: branch.clone(),
                body: proposed.body.clone(),
                checks: proposed.checks.clone(),
                over: false,
            };
            let change = opened.change.clone();
            match known {
                Some(at) => state.changes[at] = opened,
                None => state.changes.push(opened),
            }
            Ok(change)
        })
        .await
    }

    async fn permission(&self, repository: &Repository, account: &str) -> Result<Permission, Error> {
        self.call("forge.permission", |state| {
            let known = state.permissions.get(&(repository.clone(), account.into()));
            Ok(known.copied().unwrap_or(Permission::None))
        })
        .await
    }

    async fn account(&self, _: &Repository, person: &str) -> Result<Account, Error> {
        self.call("forge.account", |state| {
            let Some(accounts) = &state.accounts else { return Ok(Account::Any) };
            let unknown = || Account::Unknown { url: "https://forge.example/link".into() };
            Ok(accounts.get(person).map_or_else(unknown, |account| Account::Known(account.clone())))
        })
        .await
    }

    async fn watches(&self, _: &Repository) -> Result<bool, Error> {
        self.call("forge.watches", |state| Ok(state.ci.is_some())).await
    }

    async fn checks(&self, _: &Repository, commit: &Commit, _: usize) -> Result<Checks, Error> {
        self.call("forge.checks", |state| {
            state.looks += 1;
            if !state.looked.contains_key(commit) {
                let ci = state.ci.get_or_insert_default();
                let says = if ci.len() > 1 { ci.pop_front() } else { ci.front().cloned() };
                state.looked.insert(commit.clone(), says.unwrap_or_default().into());
            }
            let says = state.looked.entry(commit.clone()).or_default();
            let now = if says.len() > 1 { says.pop_front() } else { says.front().cloned() };
            Ok(now.unwrap_or_default())
        })
        .await
    }

    async fn issue(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        self.call("forge.issue", |state| {
            state.hears("issue")?;
            Ok(state.talks.get(&(repository.clone(), number)).cloned())
        })
        .await
    }

    async fn remarks(&self, repository: &Repository, number: u64) -> Result<Option<Talk>, Error> {
        self.call("forge.remarks", |state| {
            state.hears("remarks")?;
            Ok(state.remarks.get(&(repository.clone(), number)).cloned())
        })
        .await
    }

    async fn history(
        &self,
        repository: &Repository,
        _: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<Past>>, Error> {
        self.call("forge.history", |state| {
            state.hears("history")?;
            let past = state.pasts.get(&(repository.clone(), path.into()));
            Ok(past.map(|past| past.iter().take(limit).cloned().collect()))
        })
        .await
    }

    async fn amendable(&self, repository: &Repository, number: u64) -> Result<bool, Error> {
        self.call("forge.amendable", |state| {
            let here = |opened: &Opened| opened.change.repository == *repository && opened.change.number == number;
            Ok(state.changes.iter().any(|opened| here(opened) && !opened.over))
        })
        .await
    }

    async fn change(
        &self,
        repository: &Repository,
        number: u64,
        limit: usize,
    ) -> Result<Option<(Change, String)>, Error> {
        self.call("forge.change", |state| {
            let here = |opened: &&Opened| opened.change.repository == *repository && opened.change.number == number;
            let Some(opened) = state.changes.iter().find(here) else { return Ok(None) };
            let kept = state.repository(repository)?;
            let base = kept.head(repository, Some(&opened.base))?.commit;
            let (from, to) = kept.pair(repository, &base, &opened.change.head)?;
            let text = format!("{}\n\n---\n{}", opened.body, from.diff(to));
            Ok(Some((opened.change.clone(), cut(text, limit))))
        })
        .await
    }
}
