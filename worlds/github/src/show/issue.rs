//! Issues, their comments, labels and reactions, as GitHub writes them.

use serde_json::{Value, json};

use super::{Reaction, State, app_with, node, stamp, stamped, user};
use crate::state::{Comment, Issue, Label, Repository};

/// What an account is to a repository, as GitHub tells everybody: who hides a membership is nothing.
pub(crate) fn association(state: &State, repository: &Repository, account: u64) -> &'static str {
    if repository.owner == account {
        return "OWNER";
    }
    let owner = state.accounts.get(&repository.owner);
    match owner.and_then(|owner| owner.members.get(&account)) {
        Some(membership) if membership.public => return "MEMBER",
        Some(_) => return "NONE",
        None => {}
    }
    if repository.collaborators.contains_key(&account) { "COLLABORATOR" } else { "NONE" }
}

/// The links of an issue or a pull request: its API address, and its page.
fn addresses(state: &State, base: &str, repository: &Repository, issue: &Issue) -> (String, String, String) {
    let full_name = state.full_name(repository);
    let kind = if issue.pull.is_some() { "pull" } else { "issues" };
    let api = format!("{base}/repos/{full_name}");
    (api.clone(), format!("{api}/issues/{}", issue.number), format!("{base}/{full_name}/{kind}/{}", issue.number))
}

/// An issue, or the issue that every pull request is.
pub(crate) fn issue(state: &State, base: &str, repository: &Repository, issue: &Issue) -> Value {
    let (api, url, html) = addresses(state, base, repository, issue);
    let post = &issue.post;
    let assignees: Vec<_> = issue.assignees.iter().map(|id| user(state, base, *id)).collect();
    let count =
        issue.comments.iter().filter(|id| state.comments.get(id).is_some_and(|c| c.post.deleted.is_none())).count();
    let mut shown = json!({
        "id": issue.id,
        "node_id": node("I", issue.id),
        "url": url,
        "repository_url": api,
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": html,
        "number": issue.number,
        "state": if issue.open { "open" } else { "closed" },
        "state_reason": issue.reason,
        "title": issue.title,
        "body": post.body,
        "user": user(state, base, post.author),
        "labels": labels(state, base, repository, &issue.labels),
        "assignee": assignees.first().cloned(),
        "assignees": assignees,
        "milestone": Value::Null,
        "locked": false,
        "active_lock_reason": Value::Null,
        "comments": count,
        "closed_at": stamped(issue.closed),
        "created_at": stamp(post.created),
        "updated_at": stamp(post.updated),
        "author_association": association(state, repository, post.author),
        "performed_via_github_app": app_with(state, base, post.via),
        "reactions": reactions(&format!("{url}/reactions"), &post.reactions),
        "timeline_url": format!("{url}/timeline"),
    });
    if let Some(pull) = &issue.pull {
        shown["draft"] = pull.draft.into();
        shown["pull_request"] = json!({
            "url": format!("{api}/pulls/{}", issue.number),
            "html_url": html,
            "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"),
            "merged_at": stamped(pull.merged.as_ref().map(|merged| merged.at)),
        });
    }
    shown
}

/// A comment on an issue or on the conversation of a pull request.
pub(crate) fn comment(state: &State, base: &str, repository: &Repository, comment: &Comment) -> Value {
    let Some(issue) = repository.issues.get(&comment.number) else { return Value::Null };
    let (api, issue_url, html) = addresses(state, base, repository, issue);
    let url = format!("{api}/issues/comments/{}", comment.id);
    let post = &comment.post;
    json!({
        "url": url,
        "html_url": format!("{html}#issuecomment-{}", comment.id),
        "issue_url": issue_url,
        "id": comment.id,
        "node_id": node("IC", comment.id),
        "user": user(state, base, post.author),
        "created_at": stamp(post.created),
        "updated_at": stamp(post.updated),
        "author_association": association(state, repository, post.author),
        "body": post.body.clone().unwrap_or_default(),
        "reactions": reactions(&format!("{url}/reactions"), &post.reactions),
        "performed_via_github_app": app_with(state, base, post.via),
    })
}

/// A label.
pub(crate) fn label(state: &State, base: &str, repository: &Repository, label: &Label) -> Value {
    let name = super::escaped(&label.name);
    json!({
        "id": label.id,
        "node_id": node("LA", label.id),
        "url": format!("{base}/repos/{}/labels/{name}", state.full_name(repository)),
        "name": label.name,
        "color": label.color,
        "default": false,
        "description": label.description,
    })
}

/// The labels of an issue.
pub(crate) fn labels(state: &State, base: &str, repository: &Repository, names: &[String]) -> Vec<Value> {
    let found = names.iter().filter_map(|name| repository.labels.get(&name.to_lowercase()));
    found.map(|found| label(state, base, repository, found)).collect()
}

/// One reaction.
pub(crate) fn reaction(state: &State, base: &str, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id,
        "node_id": node("REA", reaction.id),
        "user": user(state, base, reaction.user),
        "content": reaction.content,
        "created_at": stamp(reaction.at),
    })
}

/// How many reactions there are of each.
pub(crate) fn reactions(url: &str, reactions: &[Reaction]) -> Value {
    let mut shown = json!({"url": url, "total_count": reactions.len()});
    for content in ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"] {
        shown[content] = reactions.iter().filter(|one| one.content == content).count().into();
    }
    shown
}
