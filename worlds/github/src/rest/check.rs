//! Check runs, check suites and commit statuses.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Caller, Refusal, Reply};
use crate::hook::To;
use crate::show;
use crate::state::{Check, Repository, State, Status, Suite};
use crate::time::read;
use crate::world::Inner;

/// The most annotations a request may bring.
const MOST_ANNOTATIONS: usize = 50;
/// The longest summary and the longest text, in characters.
const OUTPUT_CHARACTERS: usize = 65_535;

fn find<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Check, Refusal> {
    let (id, repository) = (call.number("check_run_id")?, call.place(state)?);
    state.checks.get(&id).filter(|check| check.repository == repository).ok_or_else(Refusal::not_found)
}

fn app(call: &Call<'_>) -> Result<u64, Refusal> {
    match &call.caller {
        Caller::Installation { app, .. } => Ok(*app),
        Caller::App(_) | Caller::Person(_) | Caller::Nobody => {
            Err(Refusal::new(403, "You must authenticate via a GitHub App."))
        }
    }
}

fn reply(call: &Call<'_>, state: &State, check: &Check, status: u16) -> Answer {
    Ok(Reply::json(status, show::check(state, call.world.base(), &state.repositories[&check.repository], check)))
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    reply(call, &state, find(call, &state)?, 200)
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    let name = call.required("CheckRun", "name")?;
    let commit = call.required("CheckRun", "head_sha")?;
    let app = app(call)?;
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let repository = call.place(&state)?;
    if call.world.git(repository).commit(&commit).is_err() {
        return Err(Refusal::new(422, format!("No commit found for SHA: {commit}")));
    }
    let suite = call.world.suite_of(&mut state, repository, app, &commit);
    let id = state.fresh();
    let status = "queued".to_owned();
    let mut check = Check {
        id,
        repository,
        suite,
        app,
        name,
        commit,
        external_id: None,
        details_url: None,
        status,
        conclusion: None,
        started: Some(call.now),
        completed: None,
        title: None,
        summary: None,
        text: None,
        annotations: Vec::new(),
        actions: Vec::new(),
        job: None,
    };
    fill(call, &mut check)?;
    state.checks.insert(id, check.clone());
    call.world.tell_check(&state, id, "created", actor);
    if check.status == "completed" {
        call.world.tell_check(&state, id, "completed", actor);
        call.world.suite_over(&state, suite, actor);
    }
    reply(call, &state, &check, 201)
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    super::unconditional(call)?;
    let app = app(call)?;
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let mut check = find(call, &state)?.clone();
    if check.app != app {
        return Err(Refusal::new(
            403,
            "Invalid app_id `for check run`: it can be changed by the app that made it only",
        ));
    }
    let was = check.status.clone();
    if let Some(name) = call.owned("name") {
        check.name = name;
    }
    fill(call, &mut check)?;
    state.checks.insert(check.id, check.clone());
    if check.status == "completed" && was != "completed" {
        call.world.tell_check(&state, check.id, "completed", actor);
        call.world.suite_over(&state, check.suite, actor);
    }
    reply(call, &state, &check, 200)
}

/// What creating and updating have in common.
fn fill(call: &Call<'_>, check: &mut Check) -> Result<(), Refusal> {
    let invalid = |field: &str, message: String| Refusal::invalid("CheckRun", field, "invalid", message);
    let set = |field: &mut Option<String>, name: &str| {
        if let Some(text) = call.owned(name) {
            *field = Some(text);
        }
    };
    set(&mut check.external_id, "external_id");
    set(&mut check.details_url, "details_url");
    if let Some(status) = call.owned("status") {
        if !["queued", "in_progress", "completed", "waiting", "requested", "pending"].contains(&status.as_str()) {
            return Err(invalid("status", format!("{status} is no status")));
        }
        check.status = status;
        if check.status != "completed" {
            (check.conclusion, check.completed) = (None, None);
        }
    }
    if let Some(conclusion) = call.owned("conclusion") {
        let all = ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];
        if !all.contains(&conclusion.as_str()) {
            return Err(invalid("conclusion", format!("{conclusion} is no conclusion")));
        }
        check.conclusion = Some(conclusion);
        check.status = "completed".into();
        check.completed = Some(call.text("completed_at").and_then(read).unwrap_or(call.now));
    }
    if check.status == "completed" && check.conclusion.is_none() {
        return Err(Refusal::new(
            422,
            "Invalid request.\n\nNo subschema in \"anyOf\" matched: \"conclusion\" wasn't supplied.",
        ));
    }
    if let Some(started) = call.text("started_at").and_then(read) {
        check.started = Some(started);
    }
    if let Some(actions) = call.body.get("actions").and_then(Value::as_array) {
        if actions.len() > 3 {
            return Err(Refusal::new(
                422,
                "Invalid request.\n\nNo more than 3 items are allowed; \"actions\" has more.",
            ));
        }
        let fits = |name: &str, most: usize| {
            actions.iter().all(|one| one[name].as_str().is_some_and(|text| text.chars().count() <= most))
        };
        if !fits("label", 20) || !fits("description", 40) || !fits("identifier", 20) {
            return Err(Refusal::new(
                422,
                "Invalid request.\n\nAn action's label is at most 20, its description 40 and its identifier 20 characters.",
            ));
        }
        check.actions.clone_from(actions);
    }
    let Some(output) = call.body.get("output").filter(|output| !output.is_null()) else { return Ok(()) };
    for name in ["title", "summary", "text"] {
        let Some(text) = output[name].as_str() else { continue };
        if name != "title" && text.chars().count() > OUTPUT_CHARACTERS {
            return Err(invalid(name, format!("{name} exceeds a maximum bytesize of {OUTPUT_CHARACTERS}")));
        }
        match name {
            "title" => check.title = Some(text.to_owned()),
            "summary" => check.summary = Some(text.to_owned()),
            _ => check.text = Some(text.to_owned()),
        }
    }
    if output["summary"].as_str().is_none() {
        return Err(Refusal::new(422, "Invalid request.\n\n\"summary\" wasn't supplied."));
    }
    if let Some(annotations) = output["annotations"].as_array() {
        if annotations.len() > MOST_ANNOTATIONS {
            return Err(Refusal::new(
                422,
                "Invalid request.\n\nNo more than 50 items are allowed; \"annotations\" has more.",
            ));
        }
        check.annotations.extend(annotations.iter().cloned());
    }
    Ok(())
}

pub(crate) fn annotations(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let check = find(call, &state)?;
    let shown = check.annotations.iter().map(|one| {
        let mut shown = one.clone();
        for name in ["start_column", "end_column", "title", "raw_details"] {
            if shown.get(name).is_none() {
                shown[name] = Value::Null;
            }
        }
        shown["blob_href"] = format!("{}/blob/{}", call.world.base(), check.commit).into();
        shown
    });
    Ok(call.page(shown.collect()))
}

/// The commit that the path names.
fn commit(call: &Call<'_>, found: &Repository) -> Result<String, Refusal> {
    let name = call.param("ref");
    let gone = || Refusal::new(422, format!("No commit found for SHA: {name}"));
    call.world.git(found.id).commit_of(name.strip_prefix("heads/").unwrap_or(name)).ok_or_else(gone)
}

fn listed(call: &Call<'_>, state: &State, wanted: impl Fn(&Check) -> bool) -> Answer {
    let found = call.repository(state)?;
    let fits = |check: &&Check| {
        check.repository == found.id
            && wanted(check)
            && call.asked("check_name").is_none_or(|name| name == check.name)
            && call.asked("status").is_none_or(|status| status == check.status)
            && call.asked("app_id").is_none_or(|app| app == check.app.to_string())
    };
    let mut all: Vec<_> = state.checks.values().filter(fits).collect();
    if call.asked("filter") != Some("all") {
        // The latest of each name and app.
        let newest = |check: &&Check| {
            !all.iter().any(|other| other.id > check.id && other.name == check.name && other.suite == check.suite)
        };
        all = all.iter().copied().filter(newest).collect();
    }
    Ok(call
        .counted("check_runs", all.into_iter().map(|one| show::check(state, call.world.base(), found, one)).collect()))
}

pub(crate) fn of_commit(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let commit = commit(call, call.repository(&state)?)?;
    listed(call, &state, |check| check.commit == commit)
}

pub(crate) fn of_suite(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let suite = call.number("check_suite_id")?;
    listed(call, &state, |check| check.suite == suite)
}

pub(crate) fn suites(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let commit = commit(call, found)?;
    let git = call.world.git(found.id);
    let all = state.suites.values().filter(|suite| suite.repository == found.id && suite.commit == commit);
    let all = all.filter(|suite| call.asked("app_id").is_none_or(|app| app == suite.app.to_string()));
    Ok(call.counted("check_suites", all.map(|one| show::suite(&state, call.world.base(), found, one, &git)).collect()))
}

pub(crate) fn suite(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let suite = state.suites.get(&call.number("check_suite_id")?).filter(|suite| suite.repository == found.id);
    let suite = suite.ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, show::suite(&state, call.world.base(), found, suite, &call.world.git(found.id))))
}

pub(crate) fn create_status(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (creator, _) = call.actor()?;
    let repository = call.place(&state)?;
    let commit = call.param("sha").to_owned();
    if call.world.git(repository).commit(&commit).is_err() {
        return Err(Refusal::new(422, format!("No commit found for SHA: {commit}")));
    }
    let (id, to) = (state.fresh(), call.required("Status", "state")?);
    let status = Status {
        id,
        repository,
        commit,
        state: to,
        context: call.owned("context").unwrap_or_else(|| "default".into()),
        description: call.owned("description"),
        target_url: call.owned("target_url"),
        creator,
        at: call.now,
    };
    state.statuses.push(status.clone());
    Ok(Reply::json(201, show::status(&state, call.world.base(), &state.repositories[&repository], &status)))
}

fn statuses_of(call: &Call<'_>, state: &State, latest: bool) -> Result<(String, Vec<Value>), Refusal> {
    let found = call.repository(state)?;
    let commit = commit(call, found)?;
    let all: Vec<_> =
        state.statuses.iter().rev().filter(|one| one.repository == found.id && one.commit == commit).collect();
    let newest = |one: &&&Status| !latest || !all.iter().any(|other| other.id > one.id && other.context == one.context);
    let shown = all.iter().filter(newest).map(|one| show::status(state, call.world.base(), found, one)).collect();
    Ok((commit, shown))
}

pub(crate) fn statuses(call: &Call<'_>) -> Answer {
    Ok(call.page(statuses_of(call, &call.world.state(), false)?.1))
}

pub(crate) fn combined(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let (sha, all) = statuses_of(call, &state, true)?;
    let any =
        |wanted: &[&str]| all.iter().any(|one| one["state"].as_str().is_some_and(|state| wanted.contains(&state)));
    let verdict = if any(&["failure", "error"]) {
        "failure"
    } else if all.is_empty() || any(&["pending"]) {
        "pending"
    } else {
        "success"
    };
    let url = format!("{}/repos/{}/commits/{sha}", call.world.base(), state.full_name(found));
    let body = json!({
        "state": verdict,
        "sha": sha,
        "total_count": all.len(),
        "statuses": all,
        "repository": show::repository(&state, call.world.base(), found),
        "commit_url": url,
        "url": format!("{url}/status"),
    });
    Ok(Reply::json(200, body))
}

impl Inner {
    /// The suite of an app for a commit; made if there is none.
    pub(crate) fn suite_of(&self, state: &mut State, repository: u64, app: u64, commit: &str) -> u64 {
        let same = |suite: &&Suite| suite.repository == repository && suite.app == app && suite.commit == commit;
        if let Some(found) = state.suites.values().find(same) {
            return found.id;
        }
        let heads = self.git(repository).references("refs/heads/").unwrap_or_default();
        let branch = heads.iter().find(|(_, sha)| sha == commit).and_then(|(name, _)| name.strip_prefix("refs/heads/"));
        let (id, now) = (state.fresh(), self.now());
        let (branch, commit) = (branch.map(str::to_owned), commit.to_owned());
        state
            .suites
            .insert(id, Suite { id, repository, app, branch, commit, before: None, created: now, updated: now });
        id
    }

    /// Tells that something happened to a check run.
    pub(crate) fn tell_check(&self, state: &State, id: u64, action: &str, actor: u64) {
        self.tell_check_to(state, To::Subscribers, id, action, actor, json!({}));
    }

    /// The same to one app.
    pub(crate) fn tell_check_to(&self, state: &State, to: To, id: u64, action: &str, actor: u64, mut more: Value) {
        let Some(check) = state.checks.get(&id) else { return };
        let found = &state.repositories[&check.repository];
        more["check_run"] = show::check(state, self.base(), found, check);
        if let Some(suite) = state.suites.get(&check.suite) {
            more["check_run"]["check_suite"] = show::suite(state, self.base(), found, suite, &self.git(found.id));
        }
        self.tell_to(state, to, found.id, "check_run", Some(action), actor, more);
    }

    /// Tells that something happened to a check suite.
    pub(crate) fn tell_suite(&self, state: &State, to: To, id: u64, action: &str, actor: u64) {
        let Some(suite) = state.suites.get(&id) else { return };
        let found = &state.repositories[&suite.repository];
        let shown = show::suite(state, self.base(), found, suite, &self.git(found.id));
        self.tell_to(state, to, found.id, "check_suite", Some(action), actor, json!({"check_suite": shown}));
    }

    /// Tells that a suite is over, if it is.
    pub(crate) fn suite_over(&self, state: &State, id: u64, actor: u64) {
        if state.checks.values().filter(|check| check.suite == id).all(|check| check.status == "completed") {
            self.tell_suite(state, To::Subscribers, id, "completed", actor);
        }
    }
}
