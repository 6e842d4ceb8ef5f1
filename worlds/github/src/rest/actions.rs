//! Workflow runs, their jobs and the logs of those.

use serde_json::json;

use crate::call::{Answer, Body, Call, Refusal, Reply};
use crate::show;
use crate::state::{Job, State, WorkflowRun};

fn find<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s WorkflowRun, Refusal> {
    let (id, repository) = (call.number("run_id")?, call.place(state)?);
    state.runs.get(&id).filter(|run| run.repository == repository).ok_or_else(Refusal::not_found)
}

fn find_job<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Job, Refusal> {
    let (id, repository) = (call.number("job_id")?, call.place(state)?);
    let here = |job: &&Job| state.runs.get(&job.run).is_some_and(|run| run.repository == repository);
    state.jobs.get(&id).filter(here).ok_or_else(Refusal::not_found)
}

pub(crate) fn runs(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let fits = |run: &&WorkflowRun| {
        let is = |name: &str, value: &str| call.asked(name).is_none_or(|asked| asked == value);
        let status =
            call.asked("status").is_none_or(|status| status == run.status || Some(status) == run.conclusion.as_deref());
        run.repository == found.id
            && status
            && is("branch", &run.branch)
            && is("event", &run.event)
            && is("head_sha", &run.commit)
    };
    let git = call.world.git(found.id);
    let all = state.runs.values().rev().filter(fits);
    Ok(call.counted(
        "workflow_runs",
        all.map(|run| show::workflow_run(&state, call.world.base(), found, run, &git)).collect(),
    ))
}

pub(crate) fn run(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let run = find(call, &state)?;
    Ok(Reply::json(200, show::workflow_run(&state, call.world.base(), found, run, &call.world.git(found.id))))
}

pub(crate) fn jobs(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    let run = find(call, &state)?;
    let all = state.jobs.values().filter(|job| job.run == run.id);
    Ok(call.counted("jobs", all.map(|job| show::job(&state, call.world.base(), found, job)).collect()))
}

pub(crate) fn job(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let found = call.repository(&state)?;
    Ok(Reply::json(200, show::job(&state, call.world.base(), found, find_job(call, &state)?)))
}

/// Where the log is: an address that needs no token, as GitHub's signed ones.
pub(crate) fn logs(call: &Call<'_>) -> Answer {
    let state = call.world.state();
    let job = find_job(call, &state)?;
    if job.log.is_empty() {
        return Err(Refusal::not_found());
    }
    let location = format!("{}/_world/logs/{}", call.world.base(), job.id);
    Ok(Reply { status: 302, headers: vec![("location", location)], body: Body::Empty })
}

pub(crate) fn approve(call: &Call<'_>) -> Answer {
    let mut state = call.world.state();
    let (actor, _) = call.actor()?;
    let run = find(call, &state)?;
    if run.conclusion.as_deref() != Some("action_required") {
        return Err(Refusal::new(403, "This run is not from a fork pull request or queued for approval"));
    }
    let id = run.id;
    call.world.begin_jobs(&mut state, id, actor);
    Ok(Reply::json(201, json!({})))
}
