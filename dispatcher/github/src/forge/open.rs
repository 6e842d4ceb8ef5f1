//! Proposing: one change request of a run, opened or brought up to date.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use signalbox_domain::change::{Change, Check, Proposed};
use signalbox_domain::devbox::DiffStat;
use signalbox_domain::id::{Commit, EffectId, Repository, RunId};
use signalbox_ports::Error;

use super::body::{Mark, body, title};
use super::diff::{cut, too_large};
use super::read::named;
use super::tree::commit;
use crate::app::{DIFF, Github, Place, Trouble, segment};

/// The most change requests of one branch that are looked through.
const OF_A_BRANCH: usize = 1_000;

/// A change request as GitHub has it; in a list it says nothing of its size.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) html_url: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) draft: bool,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) merged_at: Option<String>,
    pub(crate) head: End,
    pub(crate) base: End,
    #[serde(default)]
    additions: u32,
    #[serde(default)]
    deletions: u32,
    #[serde(default)]
    changed_files: u32,
}

/// One end of a change request.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct End {
    #[serde(rename = "ref")]
    pub(crate) name: String,
    pub(crate) sha: String,
    /// Nothing, if a fork is not there any more.
    #[serde(default)]
    pub(crate) repo: Option<Named>,
}

/// A repository's name.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) full_name: String,
}

#[derive(Deserialize)]
struct Comparison {
    merge_base_commit: Sha,
}

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

impl Github {
    /// Opens a run's change request, or brings the one it has up to date.
    pub(crate) async fn propose(&self, id: &EffectId, run: &RunId, proposed: &Proposed) -> Result<Change, Error> {
        let place = self.place(&proposed.repository).await?;
        let branch = named(&proposed.branch)?;
        let head = commit(&proposed.head)?;
        let base = match &proposed.base {
            Some(base) => named(base)?.to_owned(),
            None => self.about(&place).await?.1,
        };
        let had = self.proposed(&place, run, branch).await?;
        if let Some(had) = &had {
            let written = had.body.as_deref().and_then(Mark::find).and_then(|mark| mark.effect);
            let same = had.head.sha == head;
            // What was decided stays decided, and an old effect that is done again late undoes nothing.
            if written.is_some_and(|written| written > *id) || (had.state != "open" && same) {
                return Ok(self.pull(&place, had.number).await?.outline(&place.repository));
            }
            if had.state != "open" {
                let what = if had.merged_at.is_some() { "merged" } else { "closed" };
                return Err(Error::rejected(format!("the run's pull request #{} was {what} already", had.number)));
            }
        }
        match self.tip(&place, branch).await? {
            Some(tip) if tip.0 == head => {}
            Some(tip) => {
                return Err(Error::rejected(format!(
                    "the branch {branch} of {} is at {tip}, not at {head}",
                    place.repository
                )));
            }
            None => return Err(Error::rejected(format!("{} has no branch {branch}", place.repository))),
        }
        let title = title(&proposed.title);
        let mut words = proposed.body.clone();
        if !self.mirror(&place, run, &proposed.head, &proposed.checks).await? {
            words.push_str(&told(&proposed.checks));
        }
        let body = body(run, id, &words, self.template(&place).await?.as_deref());
        let pull = match had {
            Some(had) => self.update(&place, had, &title, &body, &base).await?,
            None => self.create(&place, run, branch, &base, &title, &body, proposed.draft).await?,
        };
        let mut change = pull.outline(&place.repository);
        // GitHub may need a moment to see what its own branch is at.
        change.head = proposed.head.clone();
        Ok(change)
    }

    /// A change request with its description and diff.
    pub(crate) async fn shown(
        &self,
        place: &Place,
        number: u64,
        limit: usize,
    ) -> Result<Option<(Change, String)>, Error> {
        let path = format!("{}/pulls/{number}", place.path);
        let Some(pull) = place.caller.find::<Pull>(&path).await? else { return Ok(None) };
        let diff = match place.caller.text(&path, DIFF, limit).await {
            Ok((text, more)) => cut(&text, more, limit),
            Err(trouble) if too_large(&trouble) => {
                let compare = format!("{}/compare/{}...{}", place.path, pull.base.sha, pull.head.sha);
                let parted: Comparison = place.caller.get(&format!("{compare}?per_page=1")).await?;
                self.compared(place, &Commit(parted.merge_base_commit.sha), &Commit(pull.head.sha.clone()), limit)
                    .await?
            }
            Err(trouble) => return Err(trouble.into()),
        };
        let text = format!("{}\n\n---\n{diff}", pull.body.as_deref().unwrap_or_default().trim_end());
        Ok(Some((pull.outline(&place.repository), cut(&text, false, limit))))
    }

    /// Whether a change request can be added to: it is open, and its branch is in this repository. A fork's is read,
    /// never pushed to.
    pub(crate) async fn open_here(&self, place: &Place, number: u64) -> Result<bool, Error> {
        let pull: Option<Pull> = place.caller.find(&format!("{}/pulls/{number}", place.path)).await?;
        Ok(pull.is_some_and(|pull| pull.state == "open" && pull.here(&place.repository)))
    }

    /// A change request.
    async fn pull(&self, place: &Place, number: u64) -> Result<Pull, Error> {
        Ok(place.caller.get(&format!("{}/pulls/{number}", place.path)).await?)
    }

    /// The change request a run has: of all those of its branch, the one with its mark; else the oldest that is open,
    /// which somebody opened by hand or we did without hearing of it.
    async fn proposed(&self, place: &Place, run: &RunId, branch: &str) -> Result<Option<Pull>, Error> {
        let owner = place.repository.as_str().split('/').next().unwrap_or_default();
        let head = segment(&format!("{owner}:{branch}"));
        let list = format!("{}/pulls?state=all&sort=created&direction=asc&head={head}", place.path);
        let mut pulls: Vec<Pull> = place.caller.all(&list, "", OF_A_BRANCH).await?;
        pulls.retain(|pull| pull.head.name == branch);
        pulls.sort_by_key(|pull| {
            let ours = pull.body.as_deref().and_then(Mark::find).is_some_and(|mark| mark.run == *run);
            (!ours, pull.state != "open", pull.number)
        });
        Ok(pulls.into_iter().next())
    }

    #[expect(clippy::too_many_arguments, reason = "each is one field of what GitHub is sent")]
    async fn create(
        &self,
        place: &Place,
        run: &RunId,
        branch: &str,
        base: &str,
        title: &str,
        body: &str,
        draft: bool,
    ) -> Result<Pull, Error> {
        let path = format!("{}/pulls", place.path);
        let mut wanted = json!({ "title": title, "body": body, "head": branch, "base": base, "draft": draft });
        let mut made: Result<Pull, Trouble> = place.caller.post(&path, &wanted).await;
        if let Err(trouble) = &made
            && refused(trouble, "draft pull requests are not supported")
        {
            wanted["draft"] = json!(false);
            made = place.caller.post(&path, &wanted).await;
        }
        match made {
            Ok(pull) => Ok(pull),
            Err(trouble) if refused(&trouble, "already exists") => match self.proposed(place, run, branch).await? {
                Some(had) => self.update(place, had, title, body, base).await,
                None => Err(trouble.into()),
            },
            Err(trouble) if refused(&trouble, "no commits between") => {
                Err(Error::rejected(format!("the branch {branch} does not differ from {base}")))
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Brings a change request up to date. Whether it is a draft is for people to say once it is there.
    async fn update(&self, place: &Place, had: Pull, title: &str, body: &str, base: &str) -> Result<Pull, Error> {
        if had.title == title && had.body.as_deref() == Some(body) && had.base.name == base {
            return self.pull(place, had.number).await;
        }
        let mut wanted = json!({ "title": title, "body": body });
        if had.base.name != base {
            wanted["base"] = json!(base);
        }
        Ok(place.caller.patch(&format!("{}/pulls/{}", place.path, had.number), &wanted).await?)
    }
}

impl Pull {
    /// Whether it comes from the repository itself, not from a fork. That may have another name by now than it was
    /// asked for by.
    pub(crate) fn here(&self, repository: &Repository) -> bool {
        let name = self.base.repo.as_ref().map_or(repository.as_str(), |repo| repo.full_name.as_str());
        self.head.repo.as_ref().is_some_and(|repo| repo.full_name.eq_ignore_ascii_case(name))
    }

    fn outline(self, repository: &Repository) -> Change {
        Change {
            repository: repository.clone(),
            number: self.number,
            url: self.html_url,
            title: self.title,
            head: Commit(self.head.sha),
            draft: self.draft,
            diff: DiffStat { files: self.changed_files, added: self.additions, removed: self.deletions },
        }
    }
}

/// The checks in words, where they cannot be shown as checks.
fn told(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let verdict = if check.passed { "passed" } else { "failed" };
        format!("- {}: {verdict}\n", check.name)
    };
    format!("\n\nChecks run in devboxes:\n\n{}", checks.iter().map(line).collect::<String>())
}

/// Whether GitHub found what it was sent impossible, for this reason.
fn refused(trouble: &Trouble, reason: &str) -> bool {
    trouble.is(StatusCode::UNPROCESSABLE_ENTITY) && trouble.words.to_lowercase().contains(reason)
}
