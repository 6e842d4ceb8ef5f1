//! Comments on issues and on the conversations of pull requests.

use serde_json::json;

use super::{issue_of, may_change, said, unconditional};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::show;
use crate::state::{Comment, Post, State};

fn find<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Comment, Refusal> {
    let (id, repository) = (call.number("comment_id")?, call.place(state)?);
    let found = state.comments.get(&id).filter(|one| one.repository == repository && one.post.deleted.is_none());
    found.ok_or_else(Refusal::not_found)
}

fn reply(call: &Call<'_>, state: &State, comment: &Comment, status: u16) -> Answer {
    let found = &state.repositories[&comment.repository];
    Ok(Reply::json(status, show::comment(state, call.world.base(), found, comment)))
}

/// Tells that something happened to a comment.
fn tell(call: &Call<'_>, state: &State, comment: &Comment, action: &str, actor: u64, mut more: serde_json::Value) {
    let found = &state.repositories[&comment.repository];
    let Some(issue) = found.issues.get(&comment.number) else { return };
    more["issue"] = show::issue(state, call.world.base(), found, issue);
    more["comment"] = show::comment(state, call.world.base(), found, comment);
    call.world.tell(state, found.id, "issue_comment", Some(action), actor, more);
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let issue = issue_of(found, call.number("issue_number")?)?;
    let since = call.asked("since").and_then(crate::time::read).unwrap_or(0);
    let all = issue.comments.iter().filter_map(|id| state.comments.get(id));
    let all = all.filter(|one| one.post.deleted.is_none() && one.post.updated / 1_000 >= since / 1_000);
    Ok(call.page(all.map(|one| show::comment(&state, call.world.base(), found, one)).collect()))
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    reply(call, &state, find(call, &state)?, 200)
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    let body = said(call, "IssueComment")?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (repository, number) = (call.place(&state)?, call.number("issue_number")?);
    issue_of(&state.repositories[&repository], number)?;
    let id = state.fresh();
    let comment = Comment { id, repository, number, post: Post::new(actor, via, Some(body), call.now) };
    let issue = super::issue_mut(&mut state, repository, number)?;
    issue.comments.push(id);
    issue.post.updated = call.now;
    state.comments.insert(id, comment.clone());
    tell(call, &state, &comment, "created", actor, json!({}));
    reply(call, &state, &comment, 201)
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    unconditional(call)?;
    let body = said(call, "IssueComment")?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (id, author) = find(call, &state).map(|found| (found.id, found.post.author))?;
    may_change(&state, call.repository(&state)?, author, actor, via.is_some())?;
    let comment = state.comments.get_mut(&id).ok_or_else(Refusal::not_found)?;
    let from = comment.post.edit(Some(body), call.now);
    let comment = comment.clone();
    tell(call, &state, &comment, "edited", actor, json!({"changes": {"body": {"from": from}}}));
    reply(call, &state, &comment, 200)
}

pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (id, author) = find(call, &state).map(|found| (found.id, found.post.author))?;
    may_change(&state, call.repository(&state)?, author, actor, via.is_some())?;
    let comment = state.comments.get_mut(&id).ok_or_else(Refusal::not_found)?;
    comment.post.deleted = Some(call.now);
    let comment = comment.clone();
    tell(call, &state, &comment, "deleted", actor, json!({}));
    Ok(Reply::empty())
}
