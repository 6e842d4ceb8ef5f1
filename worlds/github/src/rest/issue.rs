//! Issues, and what pull requests share with them.

use serde_json::{Value, json};

use super::{body_fits, issue_mut, issue_of, unconditional};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::show;
use crate::state::{Issue, Post, Repository, Role, State};
use crate::world::Inner;

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let wanted = |issue: &&Issue| {
        let open = match call.asked("state") {
            Some("closed") => !issue.open,
            Some("all") => true,
            Some(_) | None => issue.open,
        };
        let labels = call.asked("labels").unwrap_or_default();
        let labels = labels.split(',').filter(|name| !name.is_empty());
        open && labels.into_iter().all(|name| issue.labels.iter().any(|has| has.eq_ignore_ascii_case(name)))
    };
    let since = call.asked("since").and_then(crate::time::read).unwrap_or(0);
    let mut issues: Vec<_> = found.issues.values().filter(wanted).filter(|one| one.post.updated >= since).collect();
    match call.asked("sort") {
        Some("updated") => issues.sort_by_key(|issue| (issue.post.updated, issue.number)),
        Some(_) | None => issues.sort_by_key(|issue| issue.number),
    }
    if call.asked("direction") != Some("asc") {
        issues.reverse();
    }
    Ok(call.page(issues.into_iter().map(|issue| show::issue(&state, call.world.base(), found, issue)).collect()))
}

fn reply(call: &Call<'_>, state: &State, repository: u64, number: u64, status: u16) -> Answer {
    let found = &state.repositories[&repository];
    Ok(Reply::json(status, show::issue(state, call.world.base(), found, issue_of(found, number)?)))
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let id = call.place(&state)?;
    reply(call, &state, id, call.number("issue_number")?, 200)
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    let title = call.required("Issue", "title")?;
    body_fits("Issue", call.text("body"))?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let repository = call.place(&state)?;
    let post = Post::new(actor, via, call.owned("body"), call.now);
    let number = begin(&mut state, repository, title, post);
    call.world.tell_issue(&state, repository, number, "opened", actor, json!({}));
    let sorts = via.is_some() || state.role(&state.repositories[&repository], actor) >= Some(Role::Triage);
    if sorts {
        for name in call.texts("labels").unwrap_or_default() {
            super::label::put(call.world, &mut state, repository, number, &name, actor);
        }
        set_assignees(call, &mut state, repository, number, actor)?;
    }
    reply(call, &state, repository, number, 201)
}

/// A new issue; gives its number.
pub(crate) fn begin(state: &mut State, repository: u64, title: String, post: Post) -> u64 {
    let id = state.fresh();
    let found = state.repositories.get_mut(&repository).expect("whoever calls has just looked at it");
    let number = found.issues.keys().next_back().map_or(1, |last| last + 1);
    let issue = Issue {
        id,
        number,
        title,
        post,
        open: true,
        reason: None,
        closed: None,
        labels: Vec::new(),
        assignees: Vec::new(),
        comments: Vec::new(),
        pull: None,
    };
    found.issues.insert(number, issue);
    number
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    unconditional(call)?;
    body_fits("Issue", call.text("body"))?;
    let mut state = call.world.state();
    let (actor, via) = call.actor()?;
    let repository = call.place(&state)?;
    let number = call.number("issue_number")?;
    let found = &state.repositories[&repository];
    let author = issue_of(found, number)?.post.author;
    if via.is_none() && author != actor && state.role(found, actor) < Some(Role::Triage) {
        return Err(Refusal::new(403, "Must have admin rights to Repository."));
    }
    change(call, &mut state, repository, number, actor)?;
    if call.texts("labels").is_some() {
        for name in removed_labels(call, &state, repository, number) {
            super::label::take(call.world, &mut state, repository, number, &name, actor);
        }
    }
    for name in call.texts("labels").unwrap_or_default() {
        super::label::put(call.world, &mut state, repository, number, &name, actor);
    }
    set_assignees(call, &mut state, repository, number, actor)?;
    reply(call, &state, repository, number, 200)
}

fn removed_labels(call: &Call<'_>, state: &State, repository: u64, number: u64) -> Vec<String> {
    let keep = call.texts("labels").unwrap_or_default();
    let has = state.repositories[&repository].issues.get(&number).map(|issue| issue.labels.clone()).unwrap_or_default();
    has.into_iter().filter(|name| !keep.iter().any(|kept| kept.eq_ignore_ascii_case(name))).collect()
}

/// Title, body and whether it is open, of an issue or a pull request.
pub(crate) fn change(
    call: &Call<'_>,
    state: &mut State,
    repository: u64,
    number: u64,
    actor: u64,
) -> Result<(), Refusal> {
    let issue = issue_mut(state, repository, number)?;
    let mut changes = json!({});
    if let Some(title) = call.owned("title")
        && title != issue.title
    {
        changes["title"] = json!({"from": std::mem::replace(&mut issue.title, title)});
        issue.post.updated = call.now;
    }
    if let Some(body) = call.body.get("body") {
        let body = body.as_str().map(str::to_owned);
        if body != issue.post.body {
            changes["body"] = json!({"from": issue.post.edit(body, call.now)});
        }
    }
    let state_was = issue.open;
    match call.text("state") {
        Some("closed") => {
            issue.open = false;
            issue.reason = Some(call.owned("state_reason").unwrap_or_else(|| "completed".into()));
            issue.closed = Some(call.now);
        }
        Some("open") => {
            issue.open = true;
            issue.reason = (!state_was).then(|| "reopened".to_owned());
            issue.closed = None;
        }
        Some(other) => return Err(Refusal::invalid("Issue", "state", "invalid", format!("{other} is no state"))),
        None => {}
    }
    let (is_pull, open) = (issue.pull.is_some(), issue.open);
    if is_pull {
        issue.reason = None;
    }
    if changes != json!({}) {
        call.world.tell_issue(state, repository, number, "edited", actor, json!({"changes": changes}));
    }
    if open != state_was {
        let action = if open { "reopened" } else { "closed" };
        call.world.tell_issue(state, repository, number, action, actor, json!({}));
    }
    Ok(())
}

fn set_assignees(call: &Call<'_>, state: &mut State, repository: u64, number: u64, actor: u64) -> Result<(), Refusal> {
    let Some(wanted) = call.texts("assignees") else { return Ok(()) };
    let has = issue_mut(state, repository, number)?.assignees.clone();
    let wanted = people(state, &wanted);
    for id in has.iter().filter(|id| !wanted.contains(id)) {
        unassign_one(call.world, state, repository, number, *id, actor);
    }
    for id in wanted {
        assign_one(call.world, state, repository, number, id, actor);
    }
    Ok(())
}

fn people(state: &State, logins: &[String]) -> Vec<u64> {
    logins.iter().filter_map(|login| state.account(login)).map(|account| account.id).collect()
}

fn assign_one(world: &Inner, state: &mut State, repository: u64, number: u64, id: u64, actor: u64) {
    let Ok(issue) = issue_mut(state, repository, number) else { return };
    if issue.assignees.contains(&id) {
        return;
    }
    issue.assignees.push(id);
    let assignee = show::user(state, world.base(), id);
    world.tell_issue(state, repository, number, "assigned", actor, json!({"assignee": assignee}));
}

fn unassign_one(world: &Inner, state: &mut State, repository: u64, number: u64, id: u64, actor: u64) {
    let Ok(issue) = issue_mut(state, repository, number) else { return };
    if !issue.assignees.contains(&id) {
        return;
    }
    issue.assignees.retain(|has| *has != id);
    let assignee = show::user(state, world.base(), id);
    world.tell_issue(state, repository, number, "unassigned", actor, json!({"assignee": assignee}));
}

pub(crate) fn assign(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let (repository, number) = (call.place(&state)?, call.number("issue_number")?);
    issue_of(&state.repositories[&repository], number)?;
    for id in people(&state, &call.texts("assignees").unwrap_or_default()) {
        assign_one(call.world, &mut state, repository, number, id, actor);
    }
    reply(call, &state, repository, number, 201)
}

pub(crate) fn unassign(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let (repository, number) = (call.place(&state)?, call.number("issue_number")?);
    issue_of(&state.repositories[&repository], number)?;
    for id in people(&state, &call.texts("assignees").unwrap_or_default()) {
        unassign_one(call.world, &mut state, repository, number, id, actor);
    }
    reply(call, &state, repository, number, 200)
}

impl Inner {
    /// Tells that something happened to an issue, or to a pull request when it is one.
    pub(crate) fn tell_issue(
        &self,
        state: &State,
        repository: u64,
        number: u64,
        action: &str,
        actor: u64,
        mut more: Value,
    ) {
        let Some(found) = state.repositories.get(&repository) else { return };
        let Some(issue) = found.issues.get(&number) else { return };
        match self.pull_shown(state, found, issue) {
            Some(pull) => {
                more["number"] = number.into();
                more["pull_request"] = pull;
                self.tell(state, repository, "pull_request", Some(action), actor, more);
            }
            None => {
                more["issue"] = show::issue(state, self.base(), found, issue);
                self.tell(state, repository, "issues", Some(action), actor, more);
            }
        }
    }

    /// A pull request in full, if the issue is one.
    pub(crate) fn pull_shown(&self, state: &State, found: &Repository, issue: &Issue) -> Option<Value> {
        let pull = issue.pull.as_ref()?;
        let size = self.git(found.id).size(&pull.base, &pull.head);
        Some(show::pull(state, self.base(), found, issue, pull, size))
    }
}
