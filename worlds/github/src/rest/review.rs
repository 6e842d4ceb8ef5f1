//! Reviews, and who is asked for one.

use serde_json::{Value, json};

use super::{body_fits, issue_mut, pull_of, remark};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::show;
use crate::state::{Post, Review, State};

fn find<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Review, Refusal> {
    let (id, repository, number) = (call.number("review_id")?, call.place(state)?, call.number("pull_number")?);
    let found = state.reviews.get(&id).filter(|one| one.repository == repository && one.number == number);
    found.ok_or_else(Refusal::not_found)
}

fn reply(call: &Call<'_>, state: &State, review: &Review) -> Answer {
    Ok(Reply::json(200, show::review(state, call.world.base(), &state.repositories[&review.repository], review)))
}

/// Tells that something happened to a review.
pub(crate) fn tell(call: &Call<'_>, state: &State, review: &Review, action: &str, actor: u64, mut more: Value) {
    let found = &state.repositories[&review.repository];
    let Ok((issue, pull)) = pull_of(found, review.number) else { return };
    more["pull_request"] = show::simple_pull(state, call.world.base(), found, issue, pull);
    more["review"] = show::review(state, call.world.base(), found, review);
    // Webhooks write it in small letters.
    more["review"]["state"] = review.state.to_lowercase().into();
    more["review"]["body"] = review.post.body.clone().into();
    call.world.tell(state, found.id, "pull_request_review", Some(action), actor, more);
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let number = call.number("pull_number")?;
    pull_of(found, number)?;
    let all = state.reviews.values().filter(|one| one.repository == found.id && one.number == number);
    Ok(call.page(all.map(|one| show::review(&state, call.world.base(), found, one)).collect()))
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    reply(call, &state, find(call, &state)?)
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    body_fits("PullRequestReview", call.text("body"))?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let (repository, number) = (call.place(&state)?, call.number("pull_number")?);
    let (issue, pull) = pull_of(&state.repositories[&repository], number)?;
    let commit = call.owned("commit_id").unwrap_or_else(|| pull.head.clone());
    let verdict = match call.text("event") {
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        None => "PENDING",
        Some(_) => return Err(Refusal::new(422, "Unprocessable Entity")),
    };
    if issue.post.author == actor && matches!(verdict, "APPROVED" | "CHANGES_REQUESTED") {
        let what = if verdict == "APPROVED" { "approve" } else { "request changes on" };
        let message = format!("Review Can not {what} your own pull request");
        return Err(Refusal { errors: vec![message.into()], ..Refusal::new(422, "Unprocessable Entity") });
    }
    let comments = call.body.get("comments").and_then(Value::as_array).cloned().unwrap_or_default();
    let silent = call.text("body").is_none_or(str::is_empty);
    if silent && comments.is_empty() && matches!(verdict, "CHANGES_REQUESTED" | "COMMENTED") {
        return Err(Refusal::new(422, "Unprocessable Entity"));
    }
    let id = state.fresh();
    let post = Post::new(actor, via, call.owned("body"), call.now);
    let review = Review { id, repository, number, post, state: verdict.into(), commit: commit.clone() };
    state.reviews.insert(id, review.clone());
    let mut made = Vec::new();
    for comment in &comments {
        let placed = remark::Placed::read(comment, &commit);
        made.push(remark::add(call, &mut state, repository, number, Some(id), placed, actor, via)?);
    }
    if let Some(pull) = &mut issue_mut(&mut state, repository, number)?.pull {
        pull.requested.remove(&actor);
    }
    if verdict != "PENDING" {
        tell(call, &state, &review, "submitted", actor, json!({}));
        for id in made {
            remark::tell(call, &state, &state.remarks[&id], "created", actor, json!({}));
        }
    }
    reply(call, &state, &review)
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    let body = call.required("PullRequestReview", "body")?;
    body_fits("PullRequestReview", Some(&body))?;
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = find(call, &state)?.id;
    let review = state.reviews.get_mut(&id).ok_or_else(Refusal::not_found)?;
    let from = review.post.edit(Some(body), call.now);
    let review = review.clone();
    tell(call, &state, &review, "edited", actor, json!({"changes": {"body": {"from": from}}}));
    reply(call, &state, &review)
}

pub(crate) fn dismiss(call: &Call<'_>) -> Answer {
    call.required("PullRequestReview", "message")?;
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = find(call, &state)?.id;
    let review = state.reviews.get_mut(&id).ok_or_else(Refusal::not_found)?;
    review.state = "DISMISSED".into();
    let review = review.clone();
    tell(call, &state, &review, "dismissed", actor, json!({}));
    reply(call, &state, &review)
}

pub(crate) fn requested(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let (_, pull) = pull_of(call.repository(&state)?, call.number("pull_number")?)?;
    let users: Vec<_> = pull.requested.iter().map(|id| show::user(&state, call.world.base(), *id)).collect();
    Ok(Reply::json(200, json!({"users": users, "teams": []})))
}

pub(crate) fn request(call: &Call<'_>) -> Answer {
    ask(call, true)
}

pub(crate) fn unrequest(call: &Call<'_>) -> Answer {
    ask(call, false)
}

fn ask(call: &Call<'_>, add: bool) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let (repository, number) = (call.place(&state)?, call.number("pull_number")?);
    let author = pull_of(&state.repositories[&repository], number)?.0.post.author;
    for login in call.texts("reviewers").unwrap_or_default() {
        let stranger = || {
            Refusal::new(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the repository.",
            )
        };
        let id = state.account(&login).map(|account| account.id).ok_or_else(stranger)?;
        if id == author {
            return Err(Refusal::new(422, "Review cannot be requested from pull request author."));
        }
        state.role(&state.repositories[&repository], id).ok_or_else(stranger)?;
        let pull = issue_mut(&mut state, repository, number)?.pull.as_mut().ok_or_else(Refusal::not_found)?;
        let changed = if add { pull.requested.insert(id) } else { pull.requested.remove(&id) };
        if changed {
            let reviewer = show::user(&state, call.world.base(), id);
            let action = if add { "review_requested" } else { "review_request_removed" };
            call.world.tell_issue(&state, repository, number, action, actor, json!({"requested_reviewer": reviewer}));
        }
    }
    let found = &state.repositories[&repository];
    let (issue, pull) = pull_of(found, number)?;
    let shown = show::simple_pull(&state, call.world.base(), found, issue, pull);
    Ok(Reply::json(if add { 201 } else { 200 }, shown))
}
