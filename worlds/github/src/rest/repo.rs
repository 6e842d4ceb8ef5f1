//! Repositories: looked at, renamed, moved, forked, gone.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal, Reply};
use crate::show;
use crate::state::{Kind, Repository, State};

fn shown(call: &Call<'_>, state: &State, id: u64) -> Result<Value, Refusal> {
    let found = state.repositories.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(show::full_repository(state, call.world.base(), found))
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let id = call.place(&state)?;
    Ok(Reply::json(200, shown(call, &state, id)?))
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = call.place(&state)?;
    if let Some(name) = call.owned("name") {
        if state.named(call.param("owner"), &name).is_some_and(|other| other.id != id) {
            return Err(Refusal::invalid(
                "Repository",
                "name",
                "already_exists",
                "name already exists on this account",
            ));
        }
        let before = leave(&mut state, id);
        let found = state.repositories.get_mut(&id).ok_or_else(Refusal::not_found)?;
        let from = std::mem::replace(&mut found.name, name);
        found.updated = call.now;
        if before.is_some() {
            let changes = json!({"changes": {"repository": {"name": {"from": from}}}});
            call.world.tell(&state, id, "repository", Some("renamed"), actor, changes);
        }
    }
    let found = state.repositories.get_mut(&id).ok_or_else(Refusal::not_found)?;
    if let Some(description) = call.body.get("description") {
        found.description = description.as_str().map(str::to_owned);
    }
    if let Some(branch) = call.owned("default_branch") {
        found.default_branch = branch;
    }
    if let Some(private) = call.body.get("private").and_then(Value::as_bool) {
        let was = std::mem::replace(&mut found.private, private);
        if was != private {
            let action = if private { "privatized" } else { "publicized" };
            call.world.tell(&state, id, "repository", Some(action), actor, json!({}));
        }
    }
    Ok(Reply::json(200, shown(call, &state, id)?))
}

/// The old name points to the repository from now on.
fn leave(state: &mut State, id: u64) -> Option<String> {
    let old = state.full_name(state.repositories.get(&id)?).to_lowercase();
    state.moved.insert(old.clone(), id);
    Some(old)
}

pub(crate) fn transfer(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = call.place(&state)?;
    let to = call.required("Repository", "new_owner")?;
    let owner = state.account(&to).map(|account| account.id).ok_or_else(Refusal::not_found)?;
    let was = show::user(&state, call.world.base(), state.repositories[&id].owner);
    leave(&mut state, id);
    if let Some(found) = state.repositories.get_mut(&id) {
        found.owner = owner;
        found.updated = call.now;
    }
    let changes = json!({"changes": {"owner": {"from": {"user": was}}}});
    call.world.tell(&state, id, "repository", Some("transferred"), actor, changes);
    Ok(Reply::json(202, shown(call, &state, id)?))
}

pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = call.place(&state)?;
    call.world.tell(&state, id, "repository", Some("deleted"), actor, json!({}));
    state.repositories.remove(&id);
    drop(state);
    // Whoever is reading it sees it to its end or not at all.
    let _ = std::fs::remove_dir_all(call.world.git(id).folder);
    Ok(Reply::empty())
}

pub(crate) fn fork(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let of = call.repository(&state)?.clone();
    let owner = match call.text("organization") {
        Some(login) => state.account(login).map(|account| account.id).ok_or_else(Refusal::not_found)?,
        None => actor,
    };
    let name = call.owned("name").unwrap_or_else(|| of.name.clone());
    let login = state.login(owner).to_owned();
    let id = match state.named(&login, &name).map(|found| found.id) {
        Some(there) => there,
        None => {
            let id = state.fresh();
            let git = call.world.git(id);
            git.make(&of.default_branch)?;
            git.copy(&call.world.git(of.id))?;
            let (created, updated, pushed) = (call.now, call.now, call.now);
            let fork = Repository {
                id,
                owner,
                name,
                fork_of: Some(of.id),
                created,
                updated,
                pushed,
                issues: Default::default(),
                collaborators: Default::default(),
                protected: Default::default(),
                labels: Default::default(),
                ci: Vec::new(),
                ..of.clone()
            };
            state.repositories.insert(id, fork);
            let forkee = show::repository(&state, call.world.base(), &state.repositories[&id]);
            call.world.tell(&state, of.id, "fork", None, actor, json!({"forkee": forkee}));
            id
        }
    };
    Ok(Reply::json(202, shown(call, &state, id)?))
}

/// What somebody may do there. Everybody may look at what is public; strangers of what is private are nobody.
pub(crate) fn permission(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let login = call.param("username");
    let account = state.account(login).filter(|account| account.kind != Kind::Organization);
    let nobody = || Refusal::new(404, format!("{login} is not a user"));
    let account = account.ok_or_else(nobody)?;
    let role = state.role(found, account.id).ok_or_else(nobody)?;
    let mut user = show::user(&state, call.world.base(), account.id);
    user["permissions"] = json!({
        "pull": true,
        "triage": role >= crate::Role::Triage,
        "push": role >= crate::Role::Write,
        "maintain": role >= crate::Role::Maintain,
        "admin": role >= crate::Role::Admin,
    });
    user["role_name"] = role.name().into();
    Ok(Reply::json(200, json!({"permission": role.permission(), "role_name": role.name(), "user": user})))
}
