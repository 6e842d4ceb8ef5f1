//! Comments of reviews: on a line of a pull request's diff, and the answers to them.

use serde_json::{Value, json};

use super::{may_change, pull_of, said, unconditional};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::show;
use crate::state::{Post, Remark, Review, State};

/// What a comment says, and about which line.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    path: String,
    line: Option<u64>,
    start_line: Option<u64>,
    side: String,
    body: String,
    commit: String,
    answers: Option<u64>,
}

impl Placed {
    pub(crate) fn read(value: &Value, commit: &str) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self {
            path: text("path"),
            line: value["line"].as_u64().or_else(|| value["position"].as_u64()),
            start_line: value["start_line"].as_u64(),
            side: value["side"].as_str().unwrap_or("RIGHT").to_owned(),
            body: text("body"),
            commit: value["commit_id"].as_str().unwrap_or(commit).to_owned(),
            answers: value["in_reply_to"].as_u64(),
        }
    }
}

fn find<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Remark, Refusal> {
    let (id, repository) = (call.number("comment_id")?, call.place(state)?);
    let found = state.remarks.get(&id).filter(|one| one.repository == repository && one.post.deleted.is_none());
    found.ok_or_else(Refusal::not_found)
}

fn reply(call: &Call<'_>, state: &State, remark: &Remark, status: u16) -> Answer {
    Ok(Reply::json(status, show::remark(state, call.world.base(), &state.repositories[&remark.repository], remark)))
}

/// Tells that something happened to a comment of a review.
pub(crate) fn tell(call: &Call<'_>, state: &State, remark: &Remark, action: &str, actor: u64, mut more: Value) {
    let found = &state.repositories[&remark.repository];
    let Ok((issue, pull)) = pull_of(found, remark.number) else { return };
    more["pull_request"] = show::simple_pull(state, call.world.base(), found, issue, pull);
    more["comment"] = show::remark(state, call.world.base(), found, remark);
    call.world.tell(state, found.id, "pull_request_review_comment", Some(action), actor, more);
}

fn page(call: &Call<'_>, state: &State, wanted: impl Fn(&Remark) -> bool) -> Answer {
    let found = call.repository(state)?;
    let number = call.number("pull_number")?;
    pull_of(found, number)?;
    let here = |one: &&Remark| one.repository == found.id && one.number == number && one.post.deleted.is_none();
    let all = state.remarks.values().filter(here).filter(|one| wanted(one));
    Ok(call.page(all.map(|one| show::remark(state, call.world.base(), found, one)).collect()))
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let since = call.asked("since").and_then(crate::time::read).unwrap_or(0);
    page(call, &call.world.state(), |one| one.post.updated / 1_000 >= since / 1_000)
}

pub(crate) fn of_review(call: &Call<'_>) -> Answer {
    let review = call.number("review_id")?;
    page(call, &call.world.state(), |one| one.review == review)
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    reply(call, &state, find(call, &state)?, 200)
}

/// Adds a comment to a review, or to a new one of its own; gives its number.
#[expect(clippy::too_many_arguments, reason = "where, what, whose: each of its own kind")]
pub(crate) fn add(
    call: &Call<'_>,
    state: &mut State,
    repository: u64,
    number: u64,
    review: Option<u64>,
    mut placed: Placed,
    actor: u64,
    via: Option<u64>,
) -> Result<u64, Refusal> {
    super::body_fits("PullRequestReviewComment", Some(&placed.body))?;
    let (_, pull) = pull_of(&state.repositories[&repository], number)?;
    let (base, head) = (pull.base.clone(), pull.head.clone());
    if placed.commit.is_empty() {
        placed.commit = head.clone();
    }
    let answers = match placed.answers.map(|id| state.remarks.get(&id).filter(|one| one.number == number)) {
        Some(Some(first)) => {
            placed.path = first.path.clone();
            (placed.line, placed.start_line, placed.side) = (first.line, first.start_line, first.side.clone());
            // Answers to answers hang under the first.
            Some(first.answers.unwrap_or(first.id))
        }
        Some(None) => return Err(Refusal::not_found()),
        None => None,
    };
    let git = call.world.git(repository);
    let from = git.base(&base, &head).unwrap_or(base);
    let file = git.differences(&from, &head)?.into_iter().find(|one| one.path == placed.path);
    let Some(file) = file else {
        let message = "pull_request_review_thread.path could not be resolved";
        return Err(Refusal::invalid(
            "PullRequestReviewComment",
            "pull_request_review_thread.path",
            "invalid",
            message,
        ));
    };
    let review = match review {
        Some(review) => review,
        None => {
            let id = state.fresh();
            let post = Post::new(actor, via, None, call.now);
            let (commented, commit) = ("COMMENTED".to_owned(), placed.commit.clone());
            state.reviews.insert(id, Review { id, repository, number, post, state: commented, commit });
            id
        }
    };
    let id = state.fresh();
    let Placed { path, line, start_line, side, body, commit, .. } = placed;
    let post = Post::new(actor, via, Some(body), call.now);
    let hunk = file.patch;
    let remark = Remark { id, repository, number, review, answers, path, line, start_line, side, hunk, commit, post };
    state.remarks.insert(id, remark);
    Ok(id)
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    said(call, "PullRequestReviewComment")?;
    new(call, Placed::read(&call.body, ""))
}

/// Answers a comment.
pub(crate) fn answer(call: &Call<'_>) -> Answer {
    said(call, "PullRequestReviewComment")?;
    let mut placed = Placed::read(&call.body, "");
    placed.answers = Some(call.number("comment_id")?);
    new(call, placed)
}

fn new(call: &Call<'_>, placed: Placed) -> Answer {
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (repository, number) = (call.place(&state)?, call.number("pull_number")?);
    pull_of(&state.repositories[&repository], number)?;
    let id = add(call, &mut state, repository, number, None, placed, actor, via)?;
    let remark = state.remarks[&id].clone();
    // One comment is a review of its own, and GitHub tells of both.
    super::review::tell(call, &state, &state.reviews[&remark.review], "submitted", actor, json!({}));
    tell(call, &state, &remark, "created", actor, json!({}));
    reply(call, &state, &remark, 201)
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    unconditional(call)?;
    let body = said(call, "PullRequestReviewComment")?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (id, author) = find(call, &state).map(|found| (found.id, found.post.author))?;
    may_change(&state, call.repository(&state)?, author, actor, via.is_some())?;
    let remark = state.remarks.get_mut(&id).ok_or_else(Refusal::not_found)?;
    let from = remark.post.edit(Some(body), call.now);
    let remark = remark.clone();
    tell(call, &state, &remark, "edited", actor, json!({"changes": {"body": {"from": from}}}));
    reply(call, &state, &remark, 200)
}

pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (id, author) = find(call, &state).map(|found| (found.id, found.post.author))?;
    may_change(&state, call.repository(&state)?, author, actor, via.is_some())?;
    let remark = state.remarks.get_mut(&id).ok_or_else(Refusal::not_found)?;
    remark.post.deleted = Some(call.now);
    let remark = remark.clone();
    tell(call, &state, &remark, "deleted", actor, json!({}));
    Ok(Reply::empty())
}
