//! Reactions to issues, comments and comments of reviews. GitHub tells nobody of them.

use super::issue_mut;
use crate::call::{Answer, Call, Refusal, Reply};
use crate::show;
use crate::state::{Post, Reaction, State};

/// What people react to is what the path names.
fn post<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Post, Refusal> {
    let repository = call.place(state)?;
    if call.params.contains_key("issue_number") {
        return Ok(&mut issue_mut(state, repository, call.number("issue_number")?)?.post);
    }
    let id = call.number("comment_id")?;
    let post = if call.request.path.contains("/pulls/comments/") {
        state.remarks.get_mut(&id).filter(|one| one.repository == repository).map(|one| &mut one.post)
    } else {
        state.comments.get_mut(&id).filter(|one| one.repository == repository).map(|one| &mut one.post)
    };
    post.filter(|post| post.deleted.is_none()).ok_or_else(Refusal::not_found)
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let all = post(call, &mut state)?.reactions.clone();
    let wanted = all.iter().filter(|one| call.asked("content").is_none_or(|content| content == one.content));
    Ok(call.page(wanted.map(|one| show::reaction(&state, call.world.base(), one)).collect()))
}

/// Reacting twice gives the first one again, with 200.
pub(crate) fn create(call: &Call<'_>) -> Answer {
    let content = call.required("Reaction", "content")?;
    if !["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"].contains(&content.as_str()) {
        return Err(Refusal::invalid("Reaction", "content", "invalid", ""));
    }
    let mut state = call.world.state();
    let (user, _) = call.actor()?;
    let id = state.fresh();
    let post = post(call, &mut state)?;
    let there = post.reactions.iter().find(|one| one.user == user && one.content == content).cloned();
    let (status, reaction) = match there {
        Some(there) => (200, there),
        None => {
            let reaction = Reaction { id, user, content, at: call.now };
            post.reactions.push(reaction.clone());
            (201, reaction)
        }
    };
    Ok(Reply::json(status, show::reaction(&state, call.world.base(), &reaction)))
}

pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (user, _) = call.actor()?;
    let id = call.number("reaction_id")?;
    let post = post(call, &mut state)?;
    let there = post.reactions.iter().find(|one| one.id == id).ok_or_else(Refusal::not_found)?;
    if there.user != user {
        return Err(Refusal::new(403, "Must be the author of the reaction."));
    }
    post.reactions.retain(|one| one.id != id);
    Ok(Reply::empty())
}
