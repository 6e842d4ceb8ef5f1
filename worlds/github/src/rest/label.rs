//! Labels of repositories and of issues.

use serde_json::{Value, json};

use super::{issue_mut, issue_of};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::show;
use crate::state::{Label, State};
use crate::world::Inner;

fn of(call: &Call<'_>, state: &State, repository: u64, number: u64) -> Result<Vec<Value>, Refusal> {
    let found = &state.repositories[&repository];
    Ok(show::labels(state, call.world.base(), found, &issue_of(found, number)?.labels))
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    Ok(call.page(found.labels.values().map(|one| show::label(&state, call.world.base(), found, one)).collect()))
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    let name = call.required("Label", "name")?;
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let id = call.place(&state)?;
    if state.repositories[&id].labels.contains_key(&name.to_lowercase()) {
        return Err(Refusal::invalid("Label", "name", "already_exists", ""));
    }
    let color = call.owned("color").unwrap_or_else(|| "ededed".into());
    let label = make(&mut state, id, &name, &color, call.owned("description"));
    let shown = show::label(&state, call.world.base(), &state.repositories[&id], &label);
    call.world.tell(&state, id, "label", Some("created"), actor, json!({"label": shown}));
    Ok(Reply::json(201, shown))
}

fn make(state: &mut State, repository: u64, name: &str, color: &str, description: Option<String>) -> Label {
    let label = Label { id: state.fresh(), name: name.into(), color: color.into(), description };
    if let Some(found) = state.repositories.get_mut(&repository) {
        found.labels.insert(name.to_lowercase(), label.clone());
    }
    label
}

pub(crate) fn of_issue(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let id = call.place(&state)?;
    Ok(call.page(of(call, &state, id, call.number("issue_number")?)?))
}

fn asked(call: &Call<'_>) -> Vec<String> {
    let list = if call.body.is_array() { Some(&call.body) } else { call.body.get("labels") };
    let name = |one: &Value| one.as_str().or_else(|| one["name"].as_str()).map(str::to_owned);
    list.and_then(Value::as_array).map(|list| list.iter().filter_map(name).collect()).unwrap_or_default()
}

pub(crate) fn add(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let (id, number) = (call.place(&state)?, call.number("issue_number")?);
    issue_of(&state.repositories[&id], number)?;
    for name in asked(call) {
        put(call.world, &mut state, id, number, &name, actor);
    }
    Ok(Reply::json(200, of(call, &state, id, number)?.into()))
}

pub(crate) fn set(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let (id, number) = (call.place(&state)?, call.number("issue_number")?);
    let has = issue_of(&state.repositories[&id], number)?.labels.clone();
    let wanted = asked(call);
    for name in has.iter().filter(|name| !wanted.iter().any(|kept| kept.eq_ignore_ascii_case(name))) {
        take(call.world, &mut state, id, number, name, actor);
    }
    for name in wanted {
        put(call.world, &mut state, id, number, &name, actor);
    }
    Ok(Reply::json(200, of(call, &state, id, number)?.into()))
}

pub(crate) fn remove(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let (id, number) = (call.place(&state)?, call.number("issue_number")?);
    issue_of(&state.repositories[&id], number)?;
    if !take(call.world, &mut state, id, number, call.param("name"), actor) {
        return Err(Refusal::new(404, "Label does not exist"));
    }
    Ok(Reply::json(200, of(call, &state, id, number)?.into()))
}

/// Puts a label on an issue, making it first if the repository has none of that name.
pub(crate) fn put(world: &Inner, state: &mut State, repository: u64, number: u64, name: &str, actor: u64) {
    let there = state.repositories[&repository].labels.get(&name.to_lowercase()).cloned();
    let label = there.unwrap_or_else(|| make(state, repository, name, "ededed", None));
    let Ok(issue) = issue_mut(state, repository, number) else { return };
    if issue.labels.iter().any(|has| has.eq_ignore_ascii_case(name)) {
        return;
    }
    issue.labels.push(label.name.clone());
    let shown = show::label(state, world.base(), &state.repositories[&repository], &label);
    world.tell_issue(state, repository, number, "labeled", actor, json!({"label": shown}));
}

/// Takes a label off an issue; whether it was there.
pub(crate) fn take(world: &Inner, state: &mut State, repository: u64, number: u64, name: &str, actor: u64) -> bool {
    let Some(label) = state.repositories[&repository].labels.get(&name.to_lowercase()).cloned() else { return false };
    let Ok(issue) = issue_mut(state, repository, number) else { return false };
    if !issue.labels.iter().any(|has| has.eq_ignore_ascii_case(name)) {
        return false;
    }
    issue.labels.retain(|has| !has.eq_ignore_ascii_case(name));
    let shown = show::label(state, world.base(), &state.repositories[&repository], &label);
    world.tell_issue(state, repository, number, "unlabeled", actor, json!({"label": shown}));
    true
}
