//! What follows from a reference that moved: webhooks, pull requests brought up to date, CI.

use serde_json::{Value, json};

use crate::git::ZERO;
use crate::hook::To;
use crate::show;
use crate::state::{State, Suite};
use crate::world::Inner;

/// The most commits a push event lists.
const MOST_COMMITS: usize = 20;

/// A reference that was moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Push<'a> {
    pub(crate) repository: u64,
    /// `refs/heads/…` or `refs/tags/…`.
    pub(crate) reference: &'a str,
    pub(crate) before: &'a str,
    pub(crate) after: &'a str,
    pub(crate) actor: u64,
}

impl Inner {
    /// Everything that follows from a push.
    pub(crate) fn pushed(&self, state: &mut State, push: &Push<'_>) {
        let now = self.now();
        if let Some(found) = state.repositories.get_mut(&push.repository) {
            found.pushed = now;
        }
        self.tell_push(state, push);
        let Some(branch) = push.reference.strip_prefix("refs/heads/") else { return };
        let gone = push.after == ZERO;
        self.follow(state, push, branch, gone);
        if gone {
            return;
        }
        let checkers: Vec<_> = {
            let found = &state.repositories[&push.repository];
            let may = |app: &&u64| {
                let installation = state.installed(**app, found);
                installation.is_some_and(|one| one.permissions.get("checks").is_some_and(|level| level == "write"))
            };
            state.apps.keys().filter(may).copied().collect()
        };
        for app in checkers {
            let id = state.fresh();
            let (repository, commit) = (push.repository, push.after.to_owned());
            let (branch, before) = (Some(branch.to_owned()), Some(push.before.to_owned()));
            let there =
                state.suites.values().any(|one| one.repository == repository && one.app == app && one.commit == commit);
            if !there {
                state
                    .suites
                    .insert(id, Suite { id, repository, app, branch, commit, before, created: now, updated: now });
                self.tell_suite(state, To::App(app), id, "requested", push.actor);
            }
        }
        self.push_ci(state, push, branch);
    }

    fn tell_push(&self, state: &State, push: &Push<'_>) {
        let Push { repository, reference, before, after, actor } = *push;
        let git = self.git(repository);
        let login = state.login(actor).to_owned();
        let full_name = state.full_name(&state.repositories[&repository]);
        let commits: Vec<_> = match (before == ZERO, after == ZERO) {
            (_, true) => Vec::new(),
            (true, false) => git.log(after, None, 1).unwrap_or_default(),
            (false, false) => git.log(&format!("{before}..{after}"), None, MOST_COMMITS).unwrap_or_default(),
        };
        let shown: Vec<_> = commits.iter().rev().map(|one| self.commit_shown(&full_name, &git, one)).collect();
        let head = shown.last().cloned().unwrap_or(Value::Null);
        let payload = json!({
            "ref": reference,
            "before": before,
            "after": after,
            "created": before == ZERO,
            "deleted": after == ZERO,
            "forced": before != ZERO && after != ZERO && !git.contains(after, before),
            "base_ref": Value::Null,
            "compare": format!("{}/{full_name}/compare/{before}...{after}", self.base()),
            "commits": shown,
            "head_commit": head,
            "pusher": {"name": login, "email": format!("{login}@users.noreply.github.com")},
        });
        let mut payload = payload;
        payload["repository"] = self.pushed_repository(state, repository);
        self.tell(state, repository, "push", None, actor, payload);
        let kind = if reference.starts_with("refs/tags/") { "tag" } else { "branch" };
        let name = reference.splitn(3, '/').last().unwrap_or_default();
        if before == ZERO {
            let master = &state.repositories[&repository].default_branch;
            let payload = json!({
                "ref": name, "ref_type": kind, "master_branch": master, "description": Value::Null, "pusher_type": "user",
            });
            self.tell(state, repository, "create", None, actor, payload);
        } else if after == ZERO {
            let payload = json!({"ref": name, "ref_type": kind, "pusher_type": "user"});
            self.tell(state, repository, "delete", None, actor, payload);
        }
    }

    /// Pushes write some of a repository in ways of their own.
    fn pushed_repository(&self, state: &State, id: u64) -> Value {
        let found = &state.repositories[&id];
        let mut shown = show::repository(state, self.base(), found);
        shown["created_at"] = (found.created / 1_000).into();
        shown["pushed_at"] = (found.pushed / 1_000).into();
        shown["master_branch"] = found.default_branch.as_str().into();
        shown["stargazers"] = 0.into();
        shown["owner"]["name"] = state.login(found.owner).into();
        shown["owner"]["email"] = Value::Null;
        shown
    }

    fn commit_shown(&self, full_name: &str, git: &crate::git::Git, commit: &crate::git::Commit) -> Value {
        let parent = commit.parents.first().map_or("4b825dc642cb6eb9a060e54bf8d69288fbee4904", String::as_str);
        let differences = git.differences(parent, &commit.sha).unwrap_or_default();
        let of = |wanted: fn(char) -> bool| -> Vec<&str> {
            differences.iter().filter(|one| wanted(one.status)).map(|one| one.path.as_str()).collect()
        };
        let person = |who: &(String, String, u64)| json!({"name": who.0, "email": who.1, "username": who.0});
        json!({
            "id": commit.sha,
            "tree_id": commit.tree,
            "distinct": true,
            "message": commit.message,
            "timestamp": crate::time::stamp(commit.committer.2),
            "url": format!("{}/{full_name}/commit/{}", self.base(), commit.sha),
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "added": of(|status| status == 'A'),
            "removed": of(|status| status == 'D'),
            "modified": of(|status| !matches!(status, 'A' | 'D')),
        })
    }

    /// Brings the pull requests that look at the branch up to date.
    fn follow(&self, state: &mut State, push: &Push<'_>, branch: &str, gone: bool) {
        let mut moved = Vec::new();
        for found in state.repositories.values_mut() {
            let git = self.git(found.id);
            for issue in found.issues.values_mut().filter(|issue| issue.open) {
                let Some(pull) = &mut issue.pull else { continue };
                if found.id == push.repository && pull.base_branch == branch && !gone {
                    push.after.clone_into(&mut pull.base);
                }
                if pull.head_repository != Some(push.repository) || pull.head_branch != branch {
                    continue;
                }
                if gone {
                    issue.open = false;
                    issue.closed = Some(self.now());
                    moved.push((found.id, issue.number, "closed"));
                    continue;
                }
                let reference = format!("refs/pull/{}/head", issue.number);
                if found.id != push.repository {
                    // It was pushed just now: if it cannot be taken over, looking at it fails, and says so.
                    let _ = git.take(
                        &self.git(push.repository),
                        branch,
                        &format!("refs/world/{}/{branch}", push.repository),
                    );
                }
                let _ = git.set(&reference, Some(push.after));
                push.after.clone_into(&mut pull.head);
                issue.post.updated = self.now();
                moved.push((found.id, issue.number, "synchronize"));
            }
        }
        for (repository, number, action) in moved {
            let more = match action {
                "synchronize" => json!({"before": push.before, "after": push.after}),
                _ => json!({}),
            };
            self.tell_issue(state, repository, number, action, push.actor, more);
            if repository != push.repository && action == "synchronize" {
                self.fork_ci(state, repository, number, push.actor);
            }
        }
    }

    /// Tells that something happened to a workflow run.
    pub(crate) fn tell_run(&self, state: &State, id: u64, action: &str, actor: u64) {
        let Some(run) = state.runs.get(&id) else { return };
        let found = &state.repositories[&run.repository];
        let git = self.git(found.id);
        let shown = show::workflow_run(state, self.base(), found, run, &git);
        let workflow = json!({
            "id": 1, "node_id": "W_1", "name": run.name, "path": shown["path"], "state": "active",
            "created_at": shown["created_at"], "updated_at": shown["updated_at"],
            "url": shown["workflow_url"], "html_url": shown["html_url"],
            "badge_url": format!("{}/badge.svg", shown["html_url"].as_str().unwrap_or_default()),
        });
        let payload = json!({"workflow_run": shown, "workflow": workflow});
        self.tell(state, found.id, "workflow_run", Some(action), actor, payload);
    }
}
