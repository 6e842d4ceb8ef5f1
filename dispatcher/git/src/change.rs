//! Change requests: what a run proposes, kept beside the repository, and what a person decides about it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use signalbox_domain::change::{Change, Check, Proposed};
use signalbox_domain::devbox::{Author, DiffStat};
use signalbox_domain::id::{Commit, EffectId, Repository, RunId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;

use crate::git::{Failed, QUESTION, answer};
use crate::{Forge, Place, disk, names, now};

/// A change request as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number, counted from 1 in its repository.
    pub number: u64,
    /// The run it belongs to: a run has one at most.
    pub run: RunId,
    /// The effect that wrote it last. One that is older changes nothing any more.
    pub effect: EffectId,
    /// The repository.
    pub repository: Repository,
    /// The branch to merge into.
    pub base: String,
    /// The run's branch.
    pub branch: String,
    /// The title. Untrusted.
    pub title: String,
    /// The description. Untrusted.
    pub body: String,
    /// Where the branch left its base.
    pub from: Commit,
    /// The commit it proposes.
    pub head: Commit,
    /// Whether it is a draft.
    pub draft: bool,
    /// The checks that ran in devboxes.
    pub checks: Vec<Check>,
    /// What lies between `from` and `head`, counted by git.
    pub diff: DiffStat,
    /// What became of it.
    pub state: State,
    /// When it was opened.
    pub opened: Time,
    /// When it was written last.
    pub updated: Time,
}

/// What became of a change request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Nobody decided yet.
    Open,
    /// A person merged it.
    Merged {
        /// Who.
        by: Author,
        /// When.
        at: Time,
        /// The base's commit after that.
        commit: Commit,
    },
    /// A person closed it.
    Closed {
        /// Who.
        by: Author,
        /// When.
        at: Time,
    },
}

/// A change request for a page that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What is kept of it.
    pub record: Record,
    /// Where people look at it.
    pub url: String,
    /// The diff, cut at a line if it is too long and saying so. Untrusted.
    pub diff: String,
    /// Whether the branch has moved on since the change request was written.
    pub moved: bool,
}

/// The shapes ever written.
#[derive(Serialize, Deserialize)]
#[serde(tag = "format")]
enum Format {
    #[serde(rename = "1")]
    One(Record),
}

impl Forge {
    /// The change requests of a repository, the newest first.
    pub async fn changes(&self, repository: &Repository) -> Result<Vec<Record>, Error> {
        let mut records = records(&self.there(repository)?)?;
        records.reverse();
        Ok(records)
    }

    /// A change request with everything a page shows, if it is there; its diff is at most `limit` bytes.
    pub async fn show(&self, repository: &Repository, number: u64, limit: usize) -> Result<Option<Shown>, Error> {
        let place = self.there(repository)?;
        let Some(record) = record(&place, number)? else { return Ok(None) };
        let diff = self.difference(&place, &record.from, &record.head, limit).await?;
        let tip = self.tip(&place, &record.branch).await?;
        let moved = tip.is_some_and(|tip| tip != record.head);
        Ok(Some(Shown { url: self.url(&record), record, diff, moved }))
    }

    /// Merges a change request because a person says so. `head` is the commit they saw: if it proposes another one by
    /// now, nothing happens and the error says so. The base moves forward to it, or to a merge commit in the person's
    /// name. Merging again succeeds.
    pub async fn merge(
        &self,
        repository: &Repository,
        number: u64,
        head: &Commit,
        by: &Author,
    ) -> Result<Record, Error> {
        let place = self.there(repository)?;
        let _held = disk::hold(place.lock.clone()).await?;
        let mut record = record(&place, number)?.ok_or_else(|| missing(repository, number))?;
        match &record.state {
            State::Merged { .. } => return Ok(record),
            State::Closed { by, .. } => {
                return Err(Error::rejected(format!("change request {number} was closed by {}", by.name)));
            }
            State::Open => {}
        }
        let tip = self.tip(&place, &record.branch).await?;
        if record.head != *head || tip.as_ref().is_some_and(|tip| tip != head) {
            return Err(Error::rejected(format!(
                "change request {number} has changed since you looked at it; nothing was merged. Look at it again"
            )));
        }
        let base = self.tip(&place, &record.base).await?.ok_or_else(|| {
            Error::rejected(format!("the branch {} to merge into is not there any more", record.base))
        })?;
        // A merge that was cut off after the branch moved is over: the base has the commit.
        let commit = if self.follows(&place, &head.0, &base.0).await? {
            base
        } else {
            let commit = if self.follows(&place, &base.0, &head.0).await? {
                head.clone()
            } else {
                self.join(&place, &record, &base, by).await?
            };
            let name = format!("refs/heads/{}", names::branch(&record.base)?);
            let why = format!("merge of change request {number}");
            self.git.ask(&place.git, &["update-ref", "-m", &why, &name, &commit.0, &base.0]).await?;
            commit
        };
        let at = now();
        record.state = State::Merged { by: by.clone(), at, commit };
        record.updated = at;
        keep(&place, &record)?;
        Ok(record)
    }

    /// Closes a change request because a person says so. Closing again succeeds; one that is merged stays so.
    pub async fn close(&self, repository: &Repository, number: u64, by: &Author) -> Result<Record, Error> {
        let place = self.there(repository)?;
        let _held = disk::hold(place.lock.clone()).await?;
        let mut record = record(&place, number)?.ok_or_else(|| missing(repository, number))?;
        match &record.state {
            State::Closed { .. } => return Ok(record),
            State::Merged { by, .. } => {
                return Err(Error::rejected(format!("change request {number} was merged already, by {}", by.name)));
            }
            State::Open => {}
        }
        let at = now();
        record.state = State::Closed { by: by.clone(), at };
        record.updated = at;
        keep(&place, &record)?;
        Ok(record)
    }

    /// Opens a run's change request or brings it up to date.
    pub(crate) async fn propose(&self, id: &EffectId, run: &RunId, proposed: &Proposed) -> Result<Record, Error> {
        let place = self.there(&proposed.repository)?;
        let branch = names::branch(&proposed.branch)?;
        let base = match &proposed.base {
            Some(base) => names::branch(base)?.to_owned(),
            None => self.about(&place)?.map(|about| about.default_branch).unwrap_or_default(),
        };
        names::commit(&proposed.head)?;
        let _held = disk::hold(place.lock.clone()).await?;
        disk::tidy(&place.changes());
        let records = records(&place)?;
        let number = records.last().map_or(1, |last| last.number + 1);
        let had = records.into_iter().find(|record| record.run == *run);
        match &had {
            // What was decided stays decided, and an old effect that is done again late undoes nothing.
            Some(had) if had.effect > *id || (had.state != State::Open && had.head == proposed.head) => {
                return Ok(had.clone());
            }
            Some(Record { state: State::Merged { by, .. }, number, .. }) => {
                return Err(Error::rejected(format!(
                    "the run's change request {number} was merged already, by {}",
                    by.name
                )));
            }
            Some(Record { state: State::Closed { by, .. }, number, .. }) => {
                return Err(Error::rejected(format!("the run's change request {number} was closed by {}", by.name)));
            }
            Some(Record { state: State::Open, .. }) | None => {}
        }
        let (from, diff) = self.proposes(&place, &base, branch, &proposed.head).await?;
        let at = now();
        let record = Record {
            number: had.as_ref().map_or(number, |had| had.number),
            run: run.clone(),
            effect: id.clone(),
            repository: proposed.repository.clone(),
            base,
            branch: branch.to_owned(),
            title: proposed.title.clone(),
            body: proposed.body.clone(),
            from,
            head: proposed.head.clone(),
            draft: proposed.draft,
            checks: proposed.checks.clone(),
            diff,
            state: State::Open,
            opened: had.map_or(at, |had| had.opened),
            updated: at,
        };
        // The commit stays, whatever becomes of the branch.
        let name = format!("refs/signalbox/changes/{}", record.number);
        self.git.ask(&place.git, &["update-ref", &name, &record.head.0]).await?;
        keep(&place, &record)?;
        Ok(record)
    }

    /// The change request as the engine knows it.
    pub(crate) fn outline(&self, record: &Record) -> Change {
        Change {
            repository: record.repository.clone(),
            number: record.number,
            url: self.url(record),
            title: record.title.clone(),
            head: record.head.clone(),
            draft: record.draft,
            diff: record.diff,
        }
    }

    /// Where people look at a change request.
    fn url(&self, record: &Record) -> String {
        format!("{}/changes/{}/{}", self.base_url, record.repository, record.number)
    }

    /// What a branch proposes to its base: since where, and how much. Nothing, or another commit, is an error.
    async fn proposes(
        &self,
        place: &Place,
        base: &str,
        branch: &str,
        head: &Commit,
    ) -> Result<(Commit, DiffStat), Error> {
        let repository = &place.repository;
        if base == branch {
            return Err(Error::rejected(format!("{branch} cannot be merged into itself")));
        }
        match self.tip(place, branch).await? {
            Some(tip) if tip == *head => {}
            Some(tip) => {
                return Err(Error::rejected(format!("the branch {branch} of {repository} is at {tip}, not at {head}")));
            }
            None => return Err(Error::rejected(format!("{repository} has no branch {branch}"))),
        }
        let Some(tip) = self.tip(place, base).await? else {
            return Err(Error::rejected(format!("{repository} has no branch {base} to merge into")));
        };
        let from = match self.git.text(&place.git, &["merge-base", &tip.0, &head.0]).await {
            Ok(from) => Commit(from),
            Err(Failed::Exit { code: Some(1), .. }) => {
                return Err(Error::rejected(format!("{branch} has no commit in common with {base}")));
            }
            Err(failed) => return Err(failed.into()),
        };
        let diff = self.count(place, &from, head).await?;
        if diff.files == 0 {
            return Err(Error::rejected(format!("the branch {branch} does not differ from {base}")));
        }
        Ok((from, diff))
    }

    /// A commit that joins the base and the change request, if git can.
    async fn join(&self, place: &Place, record: &Record, base: &Commit, by: &Author) -> Result<Commit, Error> {
        let merge = ["merge-tree", "--write-tree", "--name-only", "--no-messages", &base.0, &record.head.0];
        let tree = match self.git.text(&place.git, &merge).await {
            Ok(tree) => tree,
            Err(Failed::Exit { code: Some(1), .. }) => {
                return Err(Error::rejected(format!(
                    "change request {} conflicts with what {} has become; nothing was merged. Ask in its thread to bring it \
                     up to date, or merge {} by hand",
                    record.number, record.base, record.branch
                )));
            }
            Err(Failed::Exit { complaint, .. }) if complaint.contains("usage:") => {
                return Err(Error::rejected("joining two branches needs git 2.38 or newer; this one is older"));
            }
            Err(failed) => return Err(failed.into()),
        };
        let message = format!("Merge change request {}: {}", record.number, record.title.replace(['\n', '\r'], " "));
        let arguments = ["commit-tree", "-p", &base.0, "-p", &record.head.0, "-m", &message, &tree];
        let mut command = self.git.command(Some(&place.git), &arguments);
        for (role, value) in [("NAME", &by.name), ("EMAIL", &by.email)] {
            command.env(format!("GIT_AUTHOR_{role}"), value).env(format!("GIT_COMMITTER_{role}"), value);
        }
        let id = answer(command, QUESTION).await?;
        Ok(Commit(String::from_utf8_lossy(&id).trim().to_owned()))
    }
}

/// The change requests of a repository by number.
fn records(place: &Place) -> Result<Vec<Record>, Error> {
    let mut numbers: Vec<u64> = std::fs::read_dir(place.changes())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers.into_iter().filter_map(|number| record(place, number).transpose()).collect()
}

fn record(place: &Place, number: u64) -> Result<Option<Record>, Error> {
    Ok(disk::kept(&file(place, number))?.map(|Format::One(record)| record))
}

fn keep(place: &Place, record: &Record) -> Result<(), Error> {
    disk::keep(&file(place, record.number), &Format::One(record.clone()))
}

fn file(place: &Place, number: u64) -> PathBuf {
    place.changes().join(format!("{number}.json"))
}

fn missing(repository: &Repository, number: u64) -> Error {
    Error::rejected(format!("{repository} has no change request {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_ever_written_is_read() {
        let one = r#"{"format":"1","number":3,"run":"01J","effect":{"run":"01J","version":7,"index":0},
            "repository":"acme/website","base":"main","branch":"signalbox/01J","title":"Pricing","body":"Why",
            "from":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","head":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","draft":true,
            "checks":[{"name":"Check","passed":true,"summary":"12 checks, 0 failed"}],
            "diff":{"files":2,"added":2,"removed":2},
            "state":{"state":"merged","by":{"name":"Ana","email":"ana@example.com"},"at":5,
            "commit":"cccccccccccccccccccccccccccccccccccccccc"},"opened":1,"updated":5}"#;
        let Format::One(record) = serde_json::from_str(one).unwrap();
        assert_eq!(record.number, 3);
        assert!(matches!(&record.state, State::Merged { by, .. } if by.name == "Ana"));
        let again = serde_json::to_string(&Format::One(record.clone())).unwrap();
        let Format::One(again) = serde_json::from_str(&again).unwrap();
        assert_eq!(again, record);
    }
}
