//! What a story reads: conversations, checks, pull requests, tokens, deliveries.

use serde::Serialize;

use crate::ci::find;
use crate::state::{Edit, Holder, Post, State};
use crate::{Error, World};

/// Something somebody said, with everything that became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Its number; that of an issue is the issue's own.
    pub id: u64,
    /// Who said it.
    pub by: String,
    /// What it says now.
    pub body: String,
    /// What it said before, oldest first.
    pub edits: Vec<Edit>,
    /// Who reacted how: `(login, content)`.
    pub reactions: Vec<(String, String)>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

/// An issue or a pull request with all that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conversation {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its description.
    pub opening: Said,
    /// Whether it is open.
    pub open: bool,
    /// Its labels.
    pub labels: Vec<String>,
    /// Who is assigned.
    pub assignees: Vec<String>,
    /// The comments, oldest first, also those that were deleted.
    pub comments: Vec<Said>,
    /// The comments of reviews: the file, and what was said there.
    pub review_comments: Vec<(String, Said)>,
    /// The reviews: who, how (`APPROVED`, …), and what was said.
    pub reviews: Vec<(String, String, String)>,
    /// The pull request that it is, if it is one.
    pub pull: Option<PullRead>,
}

impl Conversation {
    /// The comments that are there, as a person reads them.
    pub fn shown(&self) -> Vec<&Said> {
        self.comments.iter().filter(|said| !said.deleted).collect()
    }
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PullRead {
    /// Its branch.
    pub head_branch: String,
    /// The commit it is at.
    pub head: String,
    /// The branch it goes to.
    pub base_branch: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether it was merged.
    pub merged: bool,
}

/// A check run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckRead {
    /// Its number.
    pub id: u64,
    /// The slug of its app.
    pub app: String,
    /// Its name.
    pub name: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// How it ended.
    pub conclusion: Option<String>,
    /// Its `external_id`.
    pub external_id: Option<String>,
    /// The title of its output.
    pub title: Option<String>,
    /// Its summary.
    pub summary: Option<String>,
    /// The commit it is for.
    pub commit: String,
}

/// A token of an installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenRead {
    /// The token.
    pub text: String,
    /// The repositories it is for, by name; `None`: all of the installation's.
    pub repositories: Option<Vec<String>>,
    /// What it may do, as `name:level`.
    pub permissions: Vec<String>,
    /// When it was minted, in milliseconds since 1970.
    pub minted: u64,
    /// When it was revoked.
    pub revoked: Option<u64>,
    /// Whether something can be done with it now.
    pub live: bool,
    /// How often it was used.
    pub uses: u64,
}

/// An attempt to deliver a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryRead {
    /// Its number.
    pub id: u64,
    /// Its GUID.
    pub guid: String,
    /// The event and, after a dot, its action: `issue_comment.created`.
    pub event: String,
    /// The status of the answer; 502 if there was none.
    pub status: u16,
    /// GitHub's words for how it went: `OK`, or why not.
    pub outcome: String,
    /// Whether it was sent before.
    pub redelivery: bool,
}

impl World {
    /// An issue or a pull request with all that was said; `None`: it is not there.
    pub fn conversation(&self, repository: &str, number: u64) -> Option<Conversation> {
        let state = self.inner.state();
        let id = find(&state, repository).ok()?;
        let issue = state.repositories.get(&id)?.issues.get(&number)?;
        let of = |repository: u64, of: u64| repository == id && of == number;
        let remarks = state.remarks.values().filter(|one| of(one.repository, one.number));
        let reviews = state.reviews.values().filter(|one| of(one.repository, one.number));
        Some(Conversation {
            number,
            title: issue.title.clone(),
            opening: said(&state, number, &issue.post),
            open: issue.open,
            labels: issue.labels.clone(),
            assignees: issue.assignees.iter().map(|id| state.login(*id).to_owned()).collect(),
            comments: issue
                .comments
                .iter()
                .filter_map(|id| state.comments.get(id))
                .map(|one| said(&state, one.id, &one.post))
                .collect(),
            review_comments: remarks.map(|one| (one.path.clone(), said(&state, one.id, &one.post))).collect(),
            reviews: reviews
                .map(|one| {
                    (
                        state.login(one.post.author).to_owned(),
                        one.state.clone(),
                        one.post.body.clone().unwrap_or_default(),
                    )
                })
                .collect(),
            pull: issue.pull.as_ref().map(|pull| PullRead {
                head_branch: pull.head_branch.clone(),
                head: pull.head.clone(),
                base_branch: pull.base_branch.clone(),
                draft: pull.draft,
                merged: pull.merged.is_some(),
            }),
        })
    }

    /// The numbers of a repository's issues and pull requests.
    pub fn conversations(&self, repository: &str) -> Vec<u64> {
        let state = self.inner.state();
        let found = find(&state, repository).ok().and_then(|id| state.repositories.get(&id));
        found.map(|found| found.issues.keys().copied().collect()).unwrap_or_default()
    }

    /// The numbers of a repository's pull requests.
    pub fn pulls(&self, repository: &str) -> Vec<u64> {
        let all = self.conversations(repository);
        all.into_iter()
            .filter(|number| self.conversation(repository, *number).is_some_and(|one| one.pull.is_some()))
            .collect()
    }

    /// The check runs of a commit, or of all commits.
    pub fn checks(&self, repository: &str, commit: Option<&str>) -> Vec<CheckRead> {
        let state = self.inner.state();
        let Ok(id) = find(&state, repository) else { return Vec::new() };
        let here = state
            .checks
            .values()
            .filter(|check| check.repository == id && commit.is_none_or(|sha| sha == check.commit));
        here.map(|check| CheckRead {
            id: check.id,
            app: state.apps.get(&check.app).map(|app| app.slug.clone()).unwrap_or_default(),
            name: check.name.clone(),
            status: check.status.clone(),
            conclusion: check.conclusion.clone(),
            external_id: check.external_id.clone(),
            title: check.title.clone(),
            summary: check.summary.clone(),
            commit: check.commit.clone(),
        })
        .collect()
    }

    /// Every installation token that was ever minted, in the order of minting.
    pub fn tokens(&self) -> Vec<TokenRead> {
        let now = self.inner.now();
        let state = self.inner.state();
        let name = |id: &u64| state.repositories.get(id).map(|found| state.full_name(found)).unwrap_or_default();
        let mut all: Vec<_> = state
            .tokens
            .values()
            .filter_map(|token| {
                let Holder::Installation { repositories, permissions, .. } = &token.of else { return None };
                Some(TokenRead {
                    text: token.text.clone(),
                    repositories: repositories.as_ref().map(|some| some.iter().map(name).collect()),
                    permissions: permissions.iter().map(|(name, level)| format!("{name}:{level}")).collect(),
                    minted: token.minted,
                    revoked: token.revoked,
                    live: token.revoked.is_none() && token.expires.is_none_or(|end| end > now),
                    uses: token.uses,
                })
            })
            .collect();
        all.sort_by(|one, other| (one.minted, &one.text).cmp(&(other.minted, &other.text)));
        all
    }

    /// Every attempt to deliver a webhook to any app, oldest first.
    pub fn deliveries(&self) -> Vec<DeliveryRead> {
        let state = self.inner.state();
        let event = |event: &str, action: Option<&String>| match action {
            Some(action) => format!("{event}.{action}"),
            None => event.to_owned(),
        };
        let all = state.sent.values();
        all.map(|sent| DeliveryRead {
            id: sent.id,
            guid: sent.guid.clone(),
            event: event(&sent.event, sent.action.as_ref()),
            status: sent.code,
            outcome: sent.status.clone(),
            redelivery: sent.redelivery,
        })
        .collect()
    }

    /// The branches of a repository and where they are.
    pub fn branches(&self, repository: &str) -> Result<Vec<(String, String)>, Error> {
        let id = find(&self.inner.state(), repository)?;
        let all = self.inner.git(id).references("refs/heads/")?;
        Ok(all.into_iter().map(|(name, sha)| (name.trim_start_matches("refs/heads/").to_owned(), sha)).collect())
    }

    /// A file on a branch or at a commit, if it is there.
    pub fn file(&self, repository: &str, at: &str, path: &str) -> Option<String> {
        let id = find(&self.inner.state(), repository).ok()?;
        let git = self.inner.git(id);
        let commit = git.commit_of(at)?;
        let entry = git.tree(&commit, Some(path), false).ok()?.into_iter().next()?;
        String::from_utf8(git.blob(&entry.sha).ok()?).ok()
    }
}

fn said(state: &State, id: u64, post: &Post) -> Said {
    Said {
        id,
        by: state.login(post.author).to_owned(),
        body: post.body.clone().unwrap_or_default(),
        edits: post.edits.clone(),
        reactions: post.reactions.iter().map(|one| (state.login(one.user).to_owned(), one.content.clone())).collect(),
        deleted: post.deleted.is_some(),
        at: post.created,
    }
}
