//! Accounts, apps, repositories and commits as GitHub writes them.

mod check;
mod issue;
mod pull;

use serde_json::{Value, json};

use crate::git::{Commit, Difference};
use crate::state::{Account, App, Installation, Kind, Reaction, Repository, State};
use crate::time::{stamp, stamped};

pub(crate) use check::{check, job, status, suite, workflow_run};
pub(crate) use issue::{association, comment, issue, label, labels, reaction, reactions};
pub(crate) use pull::{Size, minimal_pull, pull, remark, review, simple_pull};

/// A node's identifier.
pub(crate) fn node(kind: &str, id: u64) -> String {
    format!("{kind}_kwDO{id:08x}")
}

/// An account, however it is called by then.
pub(crate) fn user(state: &State, base: &str, id: u64) -> Value {
    match state.accounts.get(&id) {
        Some(account) => account_of(base, account),
        None => Value::Null,
    }
}

fn account_of(base: &str, account: &Account) -> Value {
    let Account { id, login, kind, .. } = account;
    let api = format!("{base}/users/{login}");
    let kind = match kind {
        Kind::User => "User",
        Kind::Organization => "Organization",
        Kind::Bot => "Bot",
    };
    json!({
        "login": login,
        "id": id,
        "node_id": node("U", *id),
        "avatar_url": format!("{base}/avatars/{id}"),
        "gravatar_id": "",
        "url": api,
        "html_url": format!("{base}/{login}"),
        "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"),
        "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"),
        "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": kind,
        "user_view_type": "public",
        "site_admin": false,
    })
}

/// An account as its own page shows it.
pub(crate) fn profile(state: &State, base: &str, account: &Account) -> Value {
    let mut shown = account_of(base, account);
    for field in ["bio", "company", "email", "hireable", "location", "name", "twitter_username"] {
        shown[field] = Value::Null;
    }
    shown["blog"] = "".into();
    for field in ["followers", "following", "public_gists"] {
        shown[field] = 0.into();
    }
    let public = state.repositories.values().filter(|found| found.owner == account.id && !found.private).count();
    shown["public_repos"] = public.into();
    shown["created_at"] = stamp(account.created).into();
    shown["updated_at"] = stamp(account.created).into();
    shown
}

/// An organisation as webhooks show it.
pub(crate) fn organization(base: &str, account: &Account) -> Value {
    let api = format!("{base}/orgs/{}", account.login);
    json!({
        "login": account.login,
        "id": account.id,
        "node_id": node("O", account.id),
        "url": api,
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events"),
        "hooks_url": format!("{api}/hooks"),
        "issues_url": format!("{api}/issues"),
        "members_url": format!("{api}/members{{/member}}"),
        "public_members_url": format!("{api}/public_members{{/member}}"),
        "avatar_url": format!("{base}/avatars/{}", account.id),
        "description": Value::Null,
    })
}

/// An app.
pub(crate) fn app(state: &State, base: &str, app: &App) -> Value {
    json!({
        "id": app.id,
        "slug": app.slug,
        "node_id": node("A", app.id),
        "client_id": app.client_id,
        "owner": user(state, base, app.owner),
        "name": app.name,
        "description": "",
        "external_url": format!("{base}/apps/{}/home", app.slug),
        "html_url": format!("{base}/apps/{}", app.slug),
        "created_at": stamp(app.created),
        "updated_at": stamp(app.created),
        "permissions": app.permissions,
        "events": app.events,
    })
}

/// The app with that number, or nothing.
pub(crate) fn app_with(state: &State, base: &str, id: Option<u64>) -> Value {
    id.and_then(|id| state.apps.get(&id)).map_or(Value::Null, |found| app(state, base, found))
}

/// An installation.
pub(crate) fn installation(state: &State, base: &str, installation: &Installation) -> Value {
    let Installation { id, app, account, repositories, permissions, events, created, suspended } = installation;
    let app = &state.apps[app];
    let organization = state.accounts.get(account).is_some_and(|account| account.kind == Kind::Organization);
    let by = suspended.map_or(Value::Null, |_| user(state, base, *account));
    json!({
        "id": id,
        "account": user(state, base, *account),
        "repository_selection": if repositories.is_none() { "all" } else { "selected" },
        "access_tokens_url": format!("{base}/app/installations/{id}/access_tokens"),
        "repositories_url": format!("{base}/installation/repositories"),
        "html_url": format!("{base}/settings/installations/{id}"),
        "app_id": app.id,
        "client_id": app.client_id,
        "app_slug": app.slug,
        "target_id": account,
        "target_type": if organization { "Organization" } else { "User" },
        "permissions": permissions,
        "events": events,
        "created_at": stamp(*created),
        "updated_at": stamp(*created),
        "single_file_name": Value::Null,
        "has_multiple_single_files": false,
        "single_file_paths": [],
        "suspended_by": by,
        "suspended_at": stamped(*suspended),
    })
}

/// The endings of a repository's links, and under which name each goes.
const LINKS: [(&str, &str); 38] = [
    ("forks_url", "/forks"),
    ("keys_url", "/keys{/key_id}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("teams_url", "/teams"),
    ("hooks_url", "/hooks"),
    ("issue_events_url", "/issues/events{/number}"),
    ("events_url", "/events"),
    ("assignees_url", "/assignees{/user}"),
    ("branches_url", "/branches{/branch}"),
    ("tags_url", "/tags"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("trees_url", "/git/trees{/sha}"),
    ("statuses_url", "/statuses/{sha}"),
    ("languages_url", "/languages"),
    ("stargazers_url", "/stargazers"),
    ("contributors_url", "/contributors"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("commits_url", "/commits{/sha}"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("comments_url", "/comments{/number}"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("contents_url", "/contents/{+path}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("merges_url", "/merges"),
    ("archive_url", "/{archive_format}{/ref}"),
    ("downloads_url", "/downloads"),
    ("issues_url", "/issues{/number}"),
    ("pulls_url", "/pulls{/number}"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("labels_url", "/labels{/name}"),
    ("releases_url", "/releases{/id}"),
    ("deployments_url", "/deployments"),
    ("url", ""),
    ("git_url", ".git"),
];

/// A repository: the most that GitHub says of one.
pub(crate) fn repository(state: &State, base: &str, found: &Repository) -> Value {
    let full_name = state.full_name(found);
    let (api, html) = (format!("{base}/repos/{full_name}"), format!("{base}/{full_name}"));
    let open = found.issues.values().filter(|issue| issue.open).count();
    let mut shown = json!({
        "id": found.id,
        "node_id": node("R", found.id),
        "name": found.name,
        "full_name": full_name,
        "private": found.private,
        "owner": user(state, base, found.owner),
        "html_url": html,
        "description": found.description,
        "fork": found.fork_of.is_some(),
        "clone_url": format!("{html}.git"),
        "ssh_url": format!("git@github.com:{full_name}.git"),
        "svn_url": html,
        "mirror_url": Value::Null,
        "homepage": Value::Null,
        "language": Value::Null,
        "license": Value::Null,
        "visibility": if found.private { "private" } else { "public" },
        "default_branch": found.default_branch,
        "created_at": stamp(found.created),
        "updated_at": stamp(found.updated),
        "pushed_at": stamp(found.pushed),
        "topics": [],
        "custom_properties": {},
        "delete_branch_on_merge": false,
    });
    for field in ["forks", "forks_count", "size", "stargazers_count", "watchers", "watchers_count"] {
        shown[field] = 0.into();
    }
    for field in ["open_issues", "open_issues_count"] {
        shown[field] = open.into();
    }
    for field in [
        "has_downloads",
        "has_issues",
        "has_projects",
        "has_wiki",
        "allow_forking",
        "allow_merge_commit",
        "allow_rebase_merge",
        "allow_squash_merge",
    ] {
        shown[field] = true.into();
    }
    for field in ["has_pages", "has_discussions", "archived", "disabled", "is_template", "web_commit_signoff_required"]
    {
        shown[field] = false.into();
    }
    for (name, ending) in LINKS {
        shown[name] = format!("{api}{ending}").into();
    }
    shown["git_url"] = format!("git://github.com/{full_name}.git").into();
    shown
}

/// A repository as its own page shows it.
pub(crate) fn full_repository(state: &State, base: &str, found: &Repository) -> Value {
    let mut shown = repository(state, base, found);
    let forks = state.repositories.values().filter(|other| other.fork_of == Some(found.id)).count();
    shown["network_count"] = forks.into();
    shown["subscribers_count"] = 0.into();
    if let Some(parent) = found.fork_of.and_then(|parent| state.repositories.get(&parent)) {
        shown["parent"] = repository(state, base, parent);
        shown["source"] = repository(state, base, parent);
    }
    shown
}

/// A commit.
pub(crate) fn commit(state: &State, base: &str, full_name: &str, commit: &Commit) -> Value {
    let (api, html) = (format!("{base}/repos/{full_name}"), format!("{base}/{full_name}"));
    let sha = &commit.sha;
    let person = |who: &(String, String, u64)| json!({"name": who.0, "email": who.1, "date": stamp(who.2)});
    let account =
        |who: &(String, String, u64)| state.account(&who.0).map_or(Value::Null, |found| account_of(base, found));
    let parents: Vec<_> = commit
        .parents
        .iter()
        .map(|parent| {
            let (url, html) = (format!("{api}/commits/{parent}"), format!("{html}/commit/{parent}"));
            json!({"sha": parent, "url": url, "html_url": html})
        })
        .collect();
    json!({
        "sha": sha,
        "node_id": format!("C_{sha}"),
        "url": format!("{api}/commits/{sha}"),
        "html_url": format!("{html}/commit/{sha}"),
        "comments_url": format!("{api}/commits/{sha}/comments"),
        "commit": {
            "url": format!("{api}/git/commits/{sha}"),
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": format!("{api}/git/trees/{}", commit.tree)},
            "comment_count": 0,
            "verification": {
                "verified": false, "reason": "unsigned", "signature": Value::Null, "payload": Value::Null,
                "verified_at": Value::Null,
            },
        },
        "author": account(&commit.author),
        "committer": account(&commit.committer),
        "parents": parents,
    })
}

/// A path that differs.
pub(crate) fn file(base: &str, full_name: &str, at: &str, difference: &Difference) -> Value {
    let Difference { status, sha, path, previous, additions, deletions, patch } = difference;
    let status = match status {
        'A' => "added",
        'D' => "removed",
        'R' => "renamed",
        'C' => "copied",
        'T' => "changed",
        _ => "modified",
    };
    let mut shown = json!({
        "sha": sha,
        "filename": path,
        "status": status,
        "additions": additions,
        "deletions": deletions,
        "changes": additions + deletions,
        "blob_url": format!("{base}/{full_name}/blob/{at}/{}", escaped(path)),
        "raw_url": format!("{base}/{full_name}/raw/{at}/{}", escaped(path)),
        "contents_url": format!("{base}/repos/{full_name}/contents/{}?ref={at}", escaped(path)),
    });
    if !patch.is_empty() {
        shown["patch"] = patch.as_str().into();
    }
    if let Some(previous) = previous {
        shown["previous_filename"] = previous.as_str().into();
    }
    shown
}

/// A path as part of an address.
pub(crate) fn escaped(path: &str) -> String {
    let parts =
        path.split('/').map(|part| percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC));
    parts.map(|part| part.to_string()).collect::<Vec<_>>().join("/")
}
