//! Checks, statuses and workflow runs as GitHub writes them.

use serde_json::{Value, json};

use super::{State, app_with, minimal_pull, node, repository as repository_shown, stamp, stamped, user};
use crate::git::Git;
use crate::state::{Check, Job, Repository, Status, Suite, WorkflowRun};

/// The open pull requests of a repository whose head is a commit.
fn pulls(state: &State, base: &str, repository: &Repository, commit: &str) -> Vec<Value> {
    let open = repository.issues.values().filter(|issue| issue.open);
    open.filter_map(|issue| issue.pull.as_ref().map(|pull| (issue, pull)))
        .filter(|(_, pull)| pull.head == commit && pull.head_repository == Some(repository.id))
        .map(|(issue, pull)| minimal_pull(state, base, repository, issue, pull))
        .collect()
}

/// A check run.
pub(crate) fn check(state: &State, base: &str, repository: &Repository, check: &Check) -> Value {
    let full_name = state.full_name(repository);
    let url = format!("{base}/repos/{full_name}/check-runs/{}", check.id);
    let html = match check.job.and_then(|job| state.jobs.get(&job)) {
        Some(job) => format!("{base}/{full_name}/actions/runs/{}/job/{}", job.run, job.id),
        None => format!("{base}/{full_name}/runs/{}", check.id),
    };
    json!({
        "id": check.id,
        "name": check.name,
        "node_id": node("CR", check.id),
        "head_sha": check.commit,
        "external_id": check.external_id.clone().unwrap_or_default(),
        "url": url,
        "html_url": html,
        "details_url": check.details_url.as_ref().unwrap_or(&html),
        "status": check.status,
        "conclusion": check.conclusion,
        "started_at": stamped(check.started),
        "completed_at": stamped(check.completed),
        "output": {
            "title": check.title,
            "summary": check.summary,
            "text": check.text,
            "annotations_count": check.annotations.len(),
            "annotations_url": format!("{url}/annotations"),
        },
        "check_suite": {"id": check.suite},
        "app": app_with(state, base, Some(check.app)),
        "pull_requests": pulls(state, base, repository, &check.commit),
    })
}

/// What all checks of a suite come to.
fn verdict(state: &State, suite: &Suite) -> (&'static str, Option<&'static str>, usize) {
    let checks: Vec<_> = state.checks.values().filter(|check| check.suite == suite.id).collect();
    if checks.is_empty() {
        return ("queued", None, 0);
    }
    if checks.iter().any(|check| check.status != "completed") {
        let begun = checks.iter().any(|check| check.status != "queued");
        return (if begun { "in_progress" } else { "queued" }, None, checks.len());
    }
    let any = |wanted: &str| checks.iter().any(|check| check.conclusion.as_deref() == Some(wanted));
    let worst = ["failure", "timed_out", "cancelled", "action_required"].into_iter().find(|wanted| any(wanted));
    ("completed", Some(worst.unwrap_or("success")), checks.len())
}

/// A check suite. `git` tells of its commit.
pub(crate) fn suite(state: &State, base: &str, repository: &Repository, suite: &Suite, git: &Git) -> Value {
    let full_name = state.full_name(repository);
    let url = format!("{base}/repos/{full_name}/check-suites/{}", suite.id);
    let (status, conclusion, count) = verdict(state, suite);
    json!({
        "id": suite.id,
        "node_id": node("CS", suite.id),
        "head_branch": suite.branch,
        "head_sha": suite.commit,
        "status": status,
        "conclusion": conclusion,
        "url": url,
        "before": suite.before,
        "after": suite.commit,
        "pull_requests": pulls(state, base, repository, &suite.commit),
        "app": app_with(state, base, Some(suite.app)),
        "created_at": stamp(suite.created),
        "updated_at": stamp(suite.updated),
        "rerequestable": true,
        "runs_rerequestable": true,
        "latest_check_runs_count": count,
        "check_runs_url": format!("{url}/check-runs"),
        "head_commit": head_commit(git, &suite.commit),
        "repository": repository_shown(state, base, repository),
    })
}

fn head_commit(git: &Git, sha: &str) -> Value {
    let Ok(found) = git.commit(sha) else { return Value::Null };
    json!({
        "id": found.sha,
        "tree_id": found.tree,
        "message": found.message,
        "timestamp": stamp(found.committer.2),
        "author": {"name": found.author.0, "email": found.author.1},
        "committer": {"name": found.committer.0, "email": found.committer.1},
    })
}

/// A run of a workflow.
pub(crate) fn workflow_run(state: &State, base: &str, repository: &Repository, run: &WorkflowRun, git: &Git) -> Value {
    let full_name = state.full_name(repository);
    let api = format!("{base}/repos/{full_name}");
    let url = format!("{api}/actions/runs/{}", run.id);
    let head = state.repositories.get(&run.head_repository).unwrap_or(repository);
    let file = format!(".github/workflows/{}.yml", run.name.to_lowercase().replace(' ', "-"));
    json!({
        "id": run.id,
        "name": run.name,
        "node_id": node("WFR", run.id),
        "head_branch": run.branch,
        "head_sha": run.commit,
        "path": file,
        "display_title": run.name,
        "run_number": run.number,
        "run_attempt": 1,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": 1,
        "check_suite_id": run.suite,
        "check_suite_node_id": node("CS", run.suite),
        "url": url,
        "html_url": format!("{base}/{full_name}/actions/runs/{}", run.id),
        "pull_requests": pulls(state, base, repository, &run.commit),
        "created_at": stamp(run.created),
        "updated_at": stamp(run.updated),
        "run_started_at": stamp(run.created),
        "actor": user(state, base, run.actor),
        "triggering_actor": user(state, base, run.actor),
        "jobs_url": format!("{url}/jobs"),
        "logs_url": format!("{url}/logs"),
        "check_suite_url": format!("{api}/check-suites/{}", run.suite),
        "artifacts_url": format!("{url}/artifacts"),
        "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"),
        "previous_attempt_url": Value::Null,
        "workflow_url": format!("{api}/actions/workflows/1"),
        "referenced_workflows": [],
        "head_commit": head_commit(git, &run.commit),
        "repository": repository_shown(state, base, repository),
        "head_repository": repository_shown(state, base, head),
    })
}

/// A job of a run.
pub(crate) fn job(state: &State, base: &str, repository: &Repository, job: &Job) -> Value {
    let (Some(run), Some(check)) = (state.runs.get(&job.run), state.checks.get(&job.check)) else { return Value::Null };
    let full_name = state.full_name(repository);
    let api = format!("{base}/repos/{full_name}");
    let steps = match &check.conclusion {
        Some(conclusion) => json!([{
            "name": "Run", "number": 1, "status": "completed", "conclusion": conclusion,
            "started_at": stamped(check.started), "completed_at": stamped(check.completed),
        }]),
        None => json!([]),
    };
    json!({
        "id": job.id,
        "run_id": run.id,
        "run_url": format!("{api}/actions/runs/{}", run.id),
        "run_attempt": 1,
        "node_id": node("J", job.id),
        "head_sha": run.commit,
        "head_branch": run.branch,
        "workflow_name": run.name,
        "url": format!("{api}/actions/jobs/{}", job.id),
        "html_url": format!("{base}/{full_name}/actions/runs/{}/job/{}", run.id, job.id),
        "status": check.status,
        "conclusion": check.conclusion,
        "created_at": stamp(run.created),
        "started_at": stamp(check.started.unwrap_or(run.created)),
        "completed_at": stamped(check.completed),
        "name": job.name,
        "steps": steps,
        "check_run_url": format!("{api}/check-runs/{}", check.id),
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "world",
        "runner_group_id": 1,
        "runner_group_name": "world",
    })
}

/// A commit status.
pub(crate) fn status(state: &State, base: &str, repository: &Repository, status: &Status) -> Value {
    json!({
        "url": format!("{base}/repos/{}/statuses/{}", state.full_name(repository), status.commit),
        "avatar_url": format!("{base}/avatars/{}", status.creator),
        "id": status.id,
        "node_id": node("SC", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": stamp(status.at),
        "updated_at": stamp(status.at),
        "creator": user(state, base, status.creator),
    })
}
