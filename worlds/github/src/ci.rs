//! The CI of a repository: what happens after a push, by a script.

use serde::{Deserialize, Serialize};

use crate::hook::To;
use crate::push::Push;
use crate::state::{Check, Job, Kind, Role, State, Suite, WorkflowRun};
use crate::world::{ACTIONS, Inner};
use crate::{Error, World};

/// What CI does for a push. The first script that fits is the one that runs, per workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ci {
    /// The workflow's name.
    pub workflow: String,
    /// The branch it is for; every one, if none is named.
    #[serde(default)]
    pub branch: Option<String>,
    /// Its jobs.
    pub jobs: Vec<CiJob>,
    /// Whether pushes by apps and by people without write access wait until somebody approves.
    #[serde(default)]
    pub approval: bool,
    /// Whether its jobs stay in progress until [`World::finish_ci`].
    #[serde(default)]
    pub hold: bool,
    /// For how many pushes it is good; for all, if none is said.
    #[serde(default)]
    pub times: Option<u32>,
}

/// A job of CI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CiJob {
    /// Its name.
    pub name: String,
    /// How it ends: `success`, `failure`, `cancelled`, `skipped`, `timed_out`, …
    pub conclusion: String,
    /// Its log.
    #[serde(default)]
    pub log: String,
}

impl Ci {
    /// A workflow `CI` whose jobs end as they say.
    pub fn of(jobs: impl IntoIterator<Item = CiJob>) -> Self {
        let jobs = jobs.into_iter().collect();
        Self { workflow: "CI".into(), branch: None, jobs, approval: false, hold: false, times: None }
    }

    /// The same for one push only.
    pub fn once(self) -> Self {
        Self { times: Some(1), ..self }
    }
}

impl CiJob {
    /// A job that succeeds.
    pub fn green(name: &str) -> Self {
        Self { name: name.into(), conclusion: "success".into(), log: "everything passed\n".into() }
    }

    /// A job that fails, with its log.
    pub fn red(name: &str, log: &str) -> Self {
        Self { name: name.into(), conclusion: "failure".into(), log: log.into() }
    }
}

impl World {
    /// Adds a script to a repository's CI; it comes before those that are there.
    pub fn ci(&self, repository: &str, script: Ci) -> Result<(), Error> {
        let mut state = self.inner.state();
        let id = find(&state, repository)?;
        if let Some(found) = state.repositories.get_mut(&id) {
            found.ci.insert(0, script);
        }
        Ok(())
    }

    /// The workflow runs of a repository that are not over, oldest first.
    pub fn open_ci(&self, repository: &str) -> Result<Vec<u64>, Error> {
        let state = self.inner.state();
        let id = find(&state, repository)?;
        Ok(state
            .runs
            .values()
            .filter(|run| run.repository == id && run.status != "completed")
            .map(|run| run.id)
            .collect())
    }

    /// Ends a workflow run that was held, each job as its script says.
    pub fn finish_ci(&self, run: u64) {
        let mut state = self.inner.state();
        let there = |run: &&WorkflowRun| state.repositories.contains_key(&run.repository);
        let actor = state.runs.get(&run).filter(there).map(|run| run.actor);
        if let Some(actor) = actor {
            self.inner.end_jobs(&mut state, run, actor);
        }
    }
}

/// The number of a repository by its name.
pub(crate) fn find(state: &State, repository: &str) -> Result<u64, Error> {
    let named = repository.split_once('/').and_then(|(owner, name)| state.named(owner, name));
    named
        .map(|found| found.id)
        .ok_or_else(|| Error::Refused { status: 404, message: format!("there is no repository {repository}") })
}

/// What a run of CI is for.
struct Cause<'a> {
    repository: u64,
    head_repository: u64,
    event: &'a str,
    branch: &'a str,
    commit: &'a str,
    before: Option<&'a str>,
    actor: u64,
}

impl Inner {
    /// CI of a push to the repository itself.
    pub(crate) fn push_ci(&self, state: &mut State, push: &Push<'_>, branch: &str) {
        let Push { repository, before, after: commit, actor, .. } = *push;
        let before = Some(before);
        self.run_ci(
            state,
            &Cause { repository, head_repository: repository, event: "push", branch, commit, before, actor },
        );
    }

    /// CI of a pull request from a fork.
    pub(crate) fn fork_ci(&self, state: &mut State, repository: u64, number: u64, actor: u64) {
        let Some(pull) = state.repositories[&repository].issues.get(&number).and_then(|issue| issue.pull.clone())
        else {
            return;
        };
        let head_repository = pull.head_repository.unwrap_or(repository);
        let (event, branch, commit) = ("pull_request", pull.head_branch.as_str(), pull.head.as_str());
        self.run_ci(state, &Cause { repository, head_repository, event, branch, commit, before: None, actor });
    }

    fn run_ci(&self, state: &mut State, cause: &Cause<'_>) {
        let Some(found) = state.repositories.get_mut(&cause.repository) else { return };
        let mut scripts: Vec<Ci> = Vec::new();
        for script in &mut found.ci {
            let fits = script.branch.as_deref().is_none_or(|branch| branch == cause.branch) && script.times != Some(0);
            if fits && !scripts.iter().any(|taken| taken.workflow == script.workflow) {
                script.times = script.times.map(|times| times - 1);
                scripts.push(script.clone());
            }
        }
        for script in scripts {
            self.start_run(state, cause, script);
        }
    }

    fn start_run(&self, state: &mut State, cause: &Cause<'_>, script: Ci) {
        let now = self.now();
        let (suite, id) = (state.fresh(), state.fresh());
        let number = state.runs.values().filter(|run| run.repository == cause.repository).count() as u64 + 1;
        state.suites.insert(
            suite,
            Suite {
                id: suite,
                repository: cause.repository,
                app: ACTIONS,
                branch: Some(cause.branch.to_owned()),
                commit: cause.commit.to_owned(),
                before: cause.before.map(str::to_owned),
                created: now,
                updated: now,
            },
        );
        let bot = state.accounts.get(&cause.actor).is_some_and(|account| account.kind == Kind::Bot);
        let writes = state.role(&state.repositories[&cause.repository], cause.actor) >= Some(Role::Write);
        let waits = script.approval && (bot || !writes);
        state.runs.insert(
            id,
            WorkflowRun {
                id,
                repository: cause.repository,
                suite,
                number,
                name: script.workflow.clone(),
                event: cause.event.to_owned(),
                branch: cause.branch.to_owned(),
                head_repository: cause.head_repository,
                commit: cause.commit.to_owned(),
                actor: cause.actor,
                status: if waits { "completed" } else { "queued" }.into(),
                conclusion: waits.then(|| "action_required".into()),
                created: now,
                updated: now,
                script,
            },
        );
        self.tell_run(state, id, "requested", cause.actor);
        if waits {
            self.tell_run(state, id, "completed", cause.actor);
        } else {
            self.begin_jobs(state, id, cause.actor);
        }
    }

    /// Starts the jobs of a run, and ends them unless they are held.
    pub(crate) fn begin_jobs(&self, state: &mut State, run: u64, actor: u64) {
        let now = self.now();
        let Some(found) = state.runs.get_mut(&run) else { return };
        found.status = "in_progress".into();
        found.conclusion = None;
        found.updated = now;
        let (repository, suite, commit, script) =
            (found.repository, found.suite, found.commit.clone(), found.script.clone());
        self.tell_run(state, run, "in_progress", actor);
        for job in &script.jobs {
            let (check, id) = (state.fresh(), state.fresh());
            let (name, log) = (job.name.clone(), job.log.clone());
            state.jobs.insert(id, Job { id, run, check, name, log });
            let name = job.name.clone();
            state.checks.insert(
                check,
                Check {
                    id: check,
                    repository,
                    suite,
                    app: ACTIONS,
                    name,
                    commit: commit.clone(),
                    external_id: None,
                    details_url: None,
                    status: "in_progress".into(),
                    conclusion: None,
                    started: Some(now),
                    completed: None,
                    title: None,
                    summary: None,
                    text: None,
                    annotations: Vec::new(),
                    actions: Vec::new(),
                    job: Some(id),
                },
            );
            self.tell_check(state, check, "created", actor);
        }
        if !script.hold {
            self.end_jobs(state, run, actor);
        }
    }

    /// Ends the jobs of a run as its script says.
    pub(crate) fn end_jobs(&self, state: &mut State, run: u64, actor: u64) {
        let now = self.now();
        let Some(found) = state.runs.get(&run) else { return };
        let (script, suite) = (found.script.clone(), found.suite);
        let jobs: Vec<_> = state.jobs.values().filter(|job| job.run == run).cloned().collect();
        for job in &jobs {
            let Some(check) = state.checks.get_mut(&job.check) else { continue };
            let ends = script.jobs.iter().find(|one| one.name == job.name).map_or("success", |one| &one.conclusion);
            check.status = "completed".into();
            check.conclusion = Some(ends.to_owned());
            check.completed = Some(now);
            self.tell_check(state, job.check, "completed", actor);
        }
        let bad = script.jobs.iter().find(|job| !matches!(job.conclusion.as_str(), "success" | "skipped" | "neutral"));
        if let Some(found) = state.runs.get_mut(&run) {
            found.status = "completed".into();
            found.conclusion = Some(bad.map_or("success", |job| &job.conclusion).to_owned());
            found.updated = now;
        }
        self.tell_run(state, run, "completed", actor);
        self.tell_suite(state, To::Subscribers, suite, "completed", actor);
    }
}
