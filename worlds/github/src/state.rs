//! What this GitHub remembers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ci::Ci;
use crate::hook::Sent;

/// Everything, by the numbers GitHub gives things.
#[derive(Debug, Default)]
pub(crate) struct State {
    last: u64,
    pub(crate) accounts: BTreeMap<u64, Account>,
    pub(crate) apps: BTreeMap<u64, App>,
    pub(crate) installations: BTreeMap<u64, Installation>,
    pub(crate) tokens: BTreeMap<String, Token>,
    /// Codes of OAuth, each good once: who said yes, to which app.
    pub(crate) grants: BTreeMap<String, (u64, u64)>,
    /// Codes of the app-manifest flow, each good once.
    pub(crate) manifests: BTreeMap<String, u64>,
    pub(crate) repositories: BTreeMap<u64, Repository>,
    /// Names that repositories had before.
    pub(crate) moved: BTreeMap<String, u64>,
    pub(crate) comments: BTreeMap<u64, Comment>,
    pub(crate) reviews: BTreeMap<u64, Review>,
    pub(crate) remarks: BTreeMap<u64, Remark>,
    /// Threads of remarks that somebody resolved, by the first one's number.
    pub(crate) resolved: BTreeSet<u64>,
    pub(crate) suites: BTreeMap<u64, Suite>,
    pub(crate) checks: BTreeMap<u64, Check>,
    pub(crate) runs: BTreeMap<u64, WorkflowRun>,
    pub(crate) jobs: BTreeMap<u64, Job>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) sent: BTreeMap<u64, Sent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Organization,
    Bot,
}

#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) kind: Kind,
    pub(crate) created: u64,
    /// An organisation's members: whether they show that they are.
    pub(crate) members: BTreeMap<u64, Membership>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Membership {
    pub(crate) owner: bool,
    pub(crate) public: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) id: u64,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) webhook_secret: String,
    pub(crate) hook: Option<String>,
    pub(crate) permissions: BTreeMap<String, String>,
    pub(crate) events: BTreeSet<String>,
    pub(crate) owner: u64,
    pub(crate) bot: u64,
    pub(crate) created: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) id: u64,
    pub(crate) app: u64,
    pub(crate) account: u64,
    /// `None`: all of them, also those to come.
    pub(crate) repositories: Option<BTreeSet<u64>>,
    pub(crate) permissions: BTreeMap<String, String>,
    pub(crate) events: BTreeSet<String>,
    pub(crate) created: u64,
    pub(crate) suspended: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) of: Holder,
    pub(crate) minted: u64,
    pub(crate) expires: Option<u64>,
    pub(crate) revoked: Option<u64>,
    pub(crate) uses: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Holder {
    Installation { id: u64, repositories: Option<BTreeSet<u64>>, permissions: BTreeMap<String, String> },
    Person(u64),
}

/// What somebody may do in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Read,
    /// Looks after issues and pull requests.
    Triage,
    /// Pushes.
    Write,
    /// Looks after the repository.
    Maintain,
    /// Everything.
    Admin,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The older word for it, which knows four of the five.
    pub(crate) fn permission(self) -> &'static str {
        match self {
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Repository {
    pub(crate) id: u64,
    pub(crate) owner: u64,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) private: bool,
    pub(crate) default_branch: String,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) pushed: u64,
    pub(crate) fork_of: Option<u64>,
    pub(crate) collaborators: BTreeMap<u64, Role>,
    pub(crate) protected: BTreeSet<String>,
    pub(crate) labels: BTreeMap<String, Label>,
    pub(crate) issues: BTreeMap<u64, Issue>,
    pub(crate) ci: Vec<Ci>,
}

#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) color: String,
    pub(crate) description: Option<String>,
}

/// What something said before it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// When it was changed, in milliseconds since 1970.
    pub at: u64,
    /// What it said until then.
    pub was: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Reaction {
    pub(crate) id: u64,
    pub(crate) user: u64,
    pub(crate) content: String,
    pub(crate) at: u64,
}

/// Text by somebody that people can react to.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) author: u64,
    pub(crate) via: Option<u64>,
    pub(crate) body: Option<String>,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) edits: Vec<Edit>,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) deleted: Option<u64>,
}

impl Post {
    pub(crate) fn new(author: u64, via: Option<u64>, body: Option<String>, at: u64) -> Self {
        let (edits, reactions) = (Vec::new(), Vec::new());
        Self { author, via, body, created: at, updated: at, edits, reactions, deleted: None }
    }

    /// Says something else from now on; gives what it said.
    pub(crate) fn edit(&mut self, body: Option<String>, at: u64) -> String {
        let was = self.body.clone().unwrap_or_default();
        if self.body != body {
            self.edits.push(Edit { at, was: was.clone() });
            self.body = body;
        }
        self.updated = at;
        was
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) post: Post,
    pub(crate) open: bool,
    pub(crate) reason: Option<String>,
    pub(crate) closed: Option<u64>,
    pub(crate) labels: Vec<String>,
    pub(crate) assignees: Vec<u64>,
    pub(crate) comments: Vec<u64>,
    pub(crate) pull: Option<Pull>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pull {
    pub(crate) id: u64,
    pub(crate) head_repository: Option<u64>,
    pub(crate) head_branch: String,
    pub(crate) head: String,
    pub(crate) base_branch: String,
    pub(crate) base: String,
    pub(crate) draft: bool,
    pub(crate) merged: Option<Merged>,
    pub(crate) requested: BTreeSet<u64>,
    pub(crate) maintainer_can_modify: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Merged {
    pub(crate) at: u64,
    pub(crate) by: u64,
    pub(crate) commit: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) number: u64,
    pub(crate) post: Post,
}

#[derive(Clone, Debug)]
pub(crate) struct Review {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) number: u64,
    pub(crate) post: Post,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    pub(crate) state: String,
    pub(crate) commit: String,
}

/// A comment of a review, on a line.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) number: u64,
    pub(crate) review: u64,
    pub(crate) answers: Option<u64>,
    pub(crate) path: String,
    pub(crate) line: Option<u64>,
    pub(crate) start_line: Option<u64>,
    pub(crate) side: String,
    pub(crate) hunk: String,
    pub(crate) commit: String,
    pub(crate) post: Post,
}

#[derive(Clone, Debug)]
pub(crate) struct Suite {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) app: u64,
    pub(crate) branch: Option<String>,
    pub(crate) commit: String,
    pub(crate) before: Option<String>,
    pub(crate) created: u64,
    pub(crate) updated: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) suite: u64,
    pub(crate) app: u64,
    pub(crate) name: String,
    pub(crate) commit: String,
    pub(crate) external_id: Option<String>,
    pub(crate) details_url: Option<String>,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) started: Option<u64>,
    pub(crate) completed: Option<u64>,
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) annotations: Vec<serde_json::Value>,
    pub(crate) actions: Vec<serde_json::Value>,
    pub(crate) job: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct WorkflowRun {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) suite: u64,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) event: String,
    pub(crate) branch: String,
    pub(crate) head_repository: u64,
    pub(crate) commit: String,
    pub(crate) actor: u64,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) script: Ci,
}

#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) run: u64,
    pub(crate) check: u64,
    pub(crate) name: String,
    pub(crate) log: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) commit: String,
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: Option<String>,
    pub(crate) target_url: Option<String>,
    pub(crate) creator: u64,
    pub(crate) at: u64,
}

impl State {
    /// A number nothing has yet.
    pub(crate) fn fresh(&mut self) -> u64 {
        self.last += 1;
        1_000 + self.last
    }

    pub(crate) fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.login.eq_ignore_ascii_case(login))
    }

    pub(crate) fn login(&self, id: u64) -> &str {
        self.accounts.get(&id).map_or("ghost", |account| &account.login)
    }

    /// `owner/name` of a repository.
    pub(crate) fn full_name(&self, repository: &Repository) -> String {
        format!("{}/{}", self.login(repository.owner), repository.name)
    }

    /// The repository of that name now.
    pub(crate) fn named(&self, owner: &str, name: &str) -> Option<&Repository> {
        let owner = self.account(owner)?.id;
        self.repositories.values().find(|found| found.owner == owner && found.name.eq_ignore_ascii_case(name))
    }

    /// What an account may do in a repository, if anything.
    pub(crate) fn role(&self, repository: &Repository, account: u64) -> Option<Role> {
        let owned = (repository.owner == account).then_some(Role::Admin);
        let membership = self.accounts.get(&repository.owner).and_then(|owner| owner.members.get(&account));
        let member = membership.map(|of| if of.owner { Role::Admin } else { Role::Read });
        let public = (!repository.private).then_some(Role::Read);
        [owned, member, repository.collaborators.get(&account).copied(), public].into_iter().flatten().max()
    }

    /// The installation of an app that covers a repository.
    pub(crate) fn installed(&self, app: u64, repository: &Repository) -> Option<&Installation> {
        self.installations.values().find(|found| found.app == app && found.covers(repository))
    }
}

impl Installation {
    pub(crate) fn covers(&self, repository: &Repository) -> bool {
        self.account == repository.owner && self.repositories.as_ref().is_none_or(|some| some.contains(&repository.id))
    }
}
