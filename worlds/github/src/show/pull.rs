//! Pull requests and their reviews as GitHub writes them.

use serde_json::{Value, json};

use super::{State, association, labels, node, repository as repository_shown, stamp, stamped, user};
use crate::state::{Issue, Pull, Remark, Repository, Review};

/// What git says of a pull request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    pub(crate) commits: usize,
    pub(crate) additions: u64,
    pub(crate) deletions: u64,
    pub(crate) files: usize,
}

fn end(state: &State, base: &str, at: Option<u64>, branch: &str, sha: &str) -> Value {
    let found = at.and_then(|id| state.repositories.get(&id));
    let owner = found.map_or("unknown", |found| state.login(found.owner));
    json!({
        "label": format!("{owner}:{branch}"),
        "ref": branch,
        "sha": sha,
        "user": found.map_or(Value::Null, |found| user(state, base, found.owner)),
        "repo": found.map_or(Value::Null, |found| repository_shown(state, base, found)),
    })
}

/// A pull request as lists show it.
pub(crate) fn simple_pull(state: &State, base: &str, repository: &Repository, issue: &Issue, pull: &Pull) -> Value {
    let full_name = state.full_name(repository);
    let api = format!("{base}/repos/{full_name}");
    let (url, html) = (format!("{api}/pulls/{}", issue.number), format!("{base}/{full_name}/pull/{}", issue.number));
    let issue_url = format!("{api}/issues/{}", issue.number);
    let statuses = format!("{api}/statuses/{}", pull.head);
    let post = &issue.post;
    let assignees: Vec<_> = issue.assignees.iter().map(|id| user(state, base, *id)).collect();
    let requested: Vec<_> = pull.requested.iter().map(|id| user(state, base, *id)).collect();
    let link = |href: String| json!({"href": href});
    json!({
        "id": pull.id,
        "node_id": node("PR", pull.id),
        "url": url,
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "issue_url": issue_url,
        "number": issue.number,
        "state": if issue.open { "open" } else { "closed" },
        "locked": false,
        "active_lock_reason": Value::Null,
        "title": issue.title,
        "body": post.body,
        "user": user(state, base, post.author),
        "created_at": stamp(post.created),
        "updated_at": stamp(post.updated),
        "closed_at": stamped(issue.closed),
        "merged_at": stamped(pull.merged.as_ref().map(|merged| merged.at)),
        "merge_commit_sha": pull.merged.as_ref().map(|merged| &merged.commit),
        "assignee": assignees.first().cloned(),
        "assignees": assignees,
        "requested_reviewers": requested,
        "requested_teams": [],
        "labels": labels(state, base, repository, &issue.labels),
        "milestone": Value::Null,
        "draft": pull.draft,
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "comments_url": format!("{issue_url}/comments"),
        "statuses_url": statuses,
        "head": end(state, base, pull.head_repository, &pull.head_branch, &pull.head),
        "base": end(state, base, Some(repository.id), &pull.base_branch, &pull.base),
        "_links": {
            "self": link(url.clone()),
            "html": link(html.clone()),
            "issue": link(issue_url.clone()),
            "comments": link(format!("{issue_url}/comments")),
            "review_comments": link(format!("{url}/comments")),
            "review_comment": link(format!("{api}/pulls/comments{{/number}}")),
            "commits": link(format!("{url}/commits")),
            "statuses": link(statuses.clone()),
        },
        "author_association": association(state, repository, post.author),
        "auto_merge": Value::Null,
    })
}

/// A pull request as its own page shows it.
pub(crate) fn pull(
    state: &State,
    base: &str,
    repository: &Repository,
    issue: &Issue,
    pull: &Pull,
    size: Size,
) -> Value {
    let mut shown = simple_pull(state, base, repository, issue, pull);
    let comments = issue.comments.iter().filter(|id| state.comments.contains_key(id)).count();
    let remarks = state
        .remarks
        .values()
        .filter(|remark| remark.repository == repository.id && remark.number == issue.number)
        .count();
    let more = json!({
        "merged": pull.merged.is_some(),
        "mergeable": if pull.merged.is_some() || !issue.open { Value::Null } else { true.into() },
        "rebaseable": Value::Null,
        "mergeable_state": if pull.draft { "draft" } else if issue.open { "clean" } else { "unknown" },
        "merged_by": pull.merged.as_ref().map_or(Value::Null, |merged| user(state, base, merged.by)),
        "comments": comments,
        "review_comments": remarks,
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": size.commits,
        "additions": size.additions,
        "deletions": size.deletions,
        "changed_files": size.files,
    });
    if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
        shown.extend(more);
    }
    shown
}

/// A pull request as checks mention it.
pub(crate) fn minimal_pull(state: &State, base: &str, repository: &Repository, issue: &Issue, pull: &Pull) -> Value {
    let url = |found: &Repository| format!("{base}/repos/{}", state.full_name(found));
    let of = |found: &Repository| json!({"id": found.id, "url": url(found), "name": found.name});
    let head = pull.head_repository.and_then(|id| state.repositories.get(&id)).unwrap_or(repository);
    json!({
        "id": pull.id,
        "number": issue.number,
        "url": format!("{}/pulls/{}", url(repository), issue.number),
        "head": {"ref": pull.head_branch, "sha": pull.head, "repo": of(head)},
        "base": {"ref": pull.base_branch, "sha": pull.base, "repo": of(repository)},
    })
}

/// A review.
pub(crate) fn review(state: &State, base: &str, repository: &Repository, review: &Review) -> Value {
    let full_name = state.full_name(repository);
    let html = format!("{base}/{full_name}/pull/{}#pullrequestreview-{}", review.number, review.id);
    let pull = format!("{base}/repos/{full_name}/pulls/{}", review.number);
    json!({
        "id": review.id,
        "node_id": node("PRR", review.id),
        "user": user(state, base, review.post.author),
        "body": review.post.body.clone().unwrap_or_default(),
        "state": review.state,
        "html_url": html,
        "pull_request_url": pull,
        "author_association": association(state, repository, review.post.author),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
        "submitted_at": stamp(review.post.created),
        "updated_at": stamp(review.post.updated),
        "commit_id": review.commit,
    })
}

/// A comment of a review.
pub(crate) fn remark(state: &State, base: &str, repository: &Repository, remark: &Remark) -> Value {
    let full_name = state.full_name(repository);
    let url = format!("{base}/repos/{full_name}/pulls/comments/{}", remark.id);
    let html = format!("{base}/{full_name}/pull/{}#discussion_r{}", remark.number, remark.id);
    let pull = format!("{base}/repos/{full_name}/pulls/{}", remark.number);
    let post = &remark.post;
    let mut shown = json!({
        "url": url,
        "pull_request_review_id": remark.review,
        "id": remark.id,
        "node_id": node("PRRC", remark.id),
        "diff_hunk": remark.hunk,
        "path": remark.path,
        "commit_id": remark.commit,
        "original_commit_id": remark.commit,
        "user": user(state, base, post.author),
        "body": post.body.clone().unwrap_or_default(),
        "created_at": stamp(post.created),
        "updated_at": stamp(post.updated),
        "html_url": html,
        "pull_request_url": pull,
        "author_association": association(state, repository, post.author),
        "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull}},
        "reactions": super::reactions(&format!("{url}/reactions"), &post.reactions),
        "start_line": remark.start_line,
        "original_start_line": remark.start_line,
        "start_side": remark.start_line.map(|_| &remark.side),
        "line": remark.line,
        "original_line": remark.line,
        "side": remark.side,
        "subject_type": if remark.line.is_some() { "line" } else { "file" },
        "position": 1,
        "original_position": 1,
    });
    if let Some(answers) = remark.answers {
        shown["in_reply_to_id"] = answers.into();
    }
    shown
}
