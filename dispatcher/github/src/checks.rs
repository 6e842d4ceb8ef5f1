//! What GitHub's checks say of a commit, and what ours say there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use signalbox_domain::change::{Check, Checks, Ran, Verdict};
use signalbox_domain::id::{Commit, RunId};
use signalbox_ports::Error;
use signalbox_posting::tame::{flat, tame};

use crate::app::{Github, Place, Trouble};
use crate::forge::{LIVE, commit, fitted};

/// The most checks of a commit that are looked at.
const CHECKS: usize = 1_000;
/// The most logs that are read at once.
const LOGS: usize = 10;
/// The most GitHub takes in a summary.
const SUMMARY: usize = 65_535;
/// Who runs the jobs whose logs can be read.
const ACTIONS: &str = "github-actions";
/// Where workflows are.
const WORKFLOWS: &str = ".github/workflows/";

#[derive(Deserialize)]
struct Run {
    id: u64,
    name: String,
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    app: Option<App>,
    #[serde(default)]
    output: Output,
}

#[derive(Deserialize)]
struct App {
    id: u64,
    #[serde(default)]
    slug: String,
}

#[derive(Default, Deserialize)]
struct Output {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    context: String,
    state: String,
    #[serde(default)]
    target_url: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
struct Job {
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
}

impl Github {
    /// Whether anything is ever checked here: there are workflows on the default branch, or its head was checked.
    pub(crate) async fn checked(&self, place: &Place) -> Result<bool, Error> {
        let head = self.default_head(place).await?;
        let tree = self.tree(place, &head.commit).await?;
        if tree.keys().any(|path| path.starts_with(WORKFLOWS)) {
            return Ok(true);
        }
        let (runs, statuses) = self.checks_of(place, &head.commit).await?;
        Ok(!runs.is_empty() || !statuses.is_empty())
    }

    /// How the checks of a commit stand. Ours are not among them: they say what we know already.
    pub(crate) async fn standing(&self, place: &Place, at: &Commit, limit: usize) -> Result<Checks, Error> {
        let (runs, statuses) = self.checks_of(place, at).await?;
        let mut checks = Checks { ran: Vec::new(), held: self.held(place, at).await? };
        let mut logs = 0;
        for run in runs {
            let verdict = run.verdict();
            checks.held |= run.held();
            let log = match verdict {
                Verdict::Failed if logs < LOGS => {
                    logs += 1;
                    self.log(place, &run, limit).await?
                }
                Verdict::Failed => end(&run.output.words(), limit),
                Verdict::Pending | Verdict::Passed => String::new(),
            };
            checks.ran.push(Ran { name: run.name, verdict, url: run.html_url.unwrap_or_default(), log });
        }
        checks.ran.extend(statuses.into_iter().map(|status| {
            let verdict = match status.state.as_str() {
                "success" => Verdict::Passed,
                "pending" => Verdict::Pending,
                _ => Verdict::Failed,
            };
            let said = status.description.unwrap_or_default();
            let log = if verdict == Verdict::Failed { end(&said, limit) } else { String::new() };
            Ran { name: status.context, verdict, url: status.target_url.unwrap_or_default(), log }
        }));
        Ok(checks)
    }

    /// Shows the checks that ran in devboxes as check runs of a commit: each is there once, however often this is done.
    /// False where the App may not write checks.
    pub(crate) async fn mirror(
        &self,
        place: &Place,
        run: &RunId,
        at: &Commit,
        checks: &[Check],
    ) -> Result<bool, Error> {
        if checks.is_empty() {
            return Ok(true);
        }
        let path = format!("{}/commits/{}/check-runs?filter=all", place.path, commit(at)?);
        let there: Result<Vec<Run>, Trouble> = place.caller.all(&path, "check_runs", CHECKS).await;
        let there = match there {
            Ok(there) => there,
            Err(trouble) if unable(&trouble) => return Ok(false),
            Err(trouble) => return Err(trouble.into()),
        };
        let app = self.settings().app_id;
        let ours = there.into_iter().filter(|run| run.app.as_ref().is_some_and(|by| by.id == app));
        let mut had: BTreeMap<String, Run> = BTreeMap::new();
        for run in ours {
            if let Some(name) = run.external_id.clone() {
                had.entry(name).or_insert(run);
            }
        }
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for check in checks {
            // Two checks may have one name, but GitHub shows one of each; their order does not change.
            let count = seen.entry(&check.name).and_modify(|count| *count += 1).or_insert(0);
            let name = if *count == 0 { check.name.clone() } else { format!("{} ({})", check.name, *count + 1) };
            let id = format!("{run}/{name}");
            let wanted = wanted(check, &name, &id);
            let done: Result<Value, Trouble> = match had.get(&id) {
                Some(run) if run.says(&wanted) => continue,
                Some(run) => place.caller.patch(&format!("{}/check-runs/{}", place.path, run.id), &wanted).await,
                None => {
                    let mut new = wanted;
                    new["head_sha"] = at.as_str().into();
                    place.caller.post(&format!("{}/check-runs", place.path), &new).await
                }
            };
            match done {
                Ok(_) => {}
                Err(trouble) if unable(&trouble) => return Ok(false),
                Err(trouble) => return Err(trouble.into()),
            }
        }
        Ok(true)
    }

    /// The check runs and statuses of a commit that are not ours.
    async fn checks_of(&self, place: &Place, at: &Commit) -> Result<(Vec<Run>, Vec<Status>), Error> {
        let path = format!("{}/commits/{}", place.path, commit(at)?);
        let known = |trouble: Trouble| trouble.or(|| format!("{} has no commit {at}", place.repository));
        let runs = place.caller.all::<Run>(&format!("{path}/check-runs"), "check_runs", CHECKS).await.map_err(known)?;
        let statuses =
            place.caller.all::<Status>(&format!("{path}/status"), "statuses", CHECKS).await.map_err(known)?;
        let app = self.settings().app_id;
        Ok((runs.into_iter().filter(|run| run.app.as_ref().is_none_or(|by| by.id != app)).collect(), statuses))
    }

    /// Whether a workflow waits for a person to let it begin: it has no check yet that could say so.
    async fn held(&self, place: &Place, at: &Commit) -> Result<bool, Error> {
        let path = format!("{}/actions/runs?head_sha={}", place.path, commit(at)?);
        let jobs: Result<Vec<Job>, Trouble> = place.caller.all(&path, "workflow_runs", CHECKS).await;
        match jobs {
            Ok(jobs) => Ok(jobs.iter().any(|job| waits(&job.status, job.conclusion.as_deref()))),
            // Without leave to see workflows, or without workflows, nothing is known to wait.
            Err(trouble) if trouble.missing() || matches!(trouble.error, Error::Rejected(_)) => Ok(false),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The end of a failed check's log; of one that has none that can be read, of what it says.
    async fn log(&self, place: &Place, run: &Run, limit: usize) -> Result<String, Error> {
        if run.app.as_ref().is_some_and(|app| app.slug == ACTIONS) {
            match place.caller.tail(&format!("{}/actions/jobs/{}/logs", place.path, run.job()), limit + 1).await {
                Ok(log) => return Ok(end(&log, limit)),
                Err(trouble) if matches!(trouble.error, Error::Rejected(_)) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
        Ok(end(&run.output.words(), limit))
    }
}

impl Run {
    fn verdict(&self) -> Verdict {
        match (self.status.as_str(), self.conclusion.as_deref()) {
            ("completed", Some("success" | "neutral" | "skipped")) => Verdict::Passed,
            ("completed", Some("action_required")) => Verdict::Pending,
            ("completed", _) => Verdict::Failed,
            _ => Verdict::Pending,
        }
    }

    /// The job it stands for: its address ends with `/job/…`. GitHub gives both the same number, and promises it nowhere.
    fn job(&self) -> u64 {
        let address = self.html_url.as_deref().unwrap_or_default();
        let named = address.rsplit_once("/job/").and_then(|(_, rest)| rest.split(['?', '#', '/']).next()?.parse().ok());
        named.unwrap_or(self.id)
    }

    fn held(&self) -> bool {
        waits(&self.status, self.conclusion.as_deref())
    }

    /// Whether it says what is wanted already.
    fn says(&self, wanted: &Value) -> bool {
        self.status == "completed"
            && self.conclusion.as_deref() == wanted["conclusion"].as_str()
            && self.output.summary.as_deref() == wanted["output"]["summary"].as_str()
    }
}

impl Output {
    fn words(&self) -> String {
        [&self.title, &self.summary].into_iter().flatten().cloned().collect::<Vec<_>>().join("\n")
    }
}

fn waits(status: &str, conclusion: Option<&str>) -> bool {
    matches!(status, "waiting" | "action_required") || conclusion == Some("action_required")
}

/// Whether the App may not do this at all.
fn unable(trouble: &Trouble) -> bool {
    let never = trouble.is(http::StatusCode::FORBIDDEN) && matches!(trouble.error, Error::Rejected(_));
    if never {
        tracing::warn!("the App may not write checks: the ones that ran in devboxes are told in words");
    }
    never
}

fn wanted(check: &Check, name: &str, id: &str) -> Value {
    let (conclusion, title) =
        if check.passed { ("success", "Passed in a devbox") } else { ("failure", "Failed in a devbox") };
    let summary = match fitted(&tame(&check.summary, LIVE), SUMMARY) {
        summary if summary.is_empty() => title.to_owned(),
        summary => summary,
    };
    json!({
        "name": flat(name, LIVE),
        "external_id": id,
        "status": "completed",
        "conclusion": conclusion,
        "output": { "title": title, "summary": summary },
    })
}

/// The last `limit` bytes by whole lines, if there are whole lines in them.
fn end(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut from = text.len() - limit;
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let last = &text[from..];
    last.split_once('\n').map_or(last, |(_, lines)| lines).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_a_check_can_stand_has_a_verdict() {
        let verdict = |status: &str, conclusion: Option<&str>| {
            let run = json!({ "id": 1, "name": "test", "status": status, "conclusion": conclusion });
            serde_json::from_value::<Run>(run).unwrap().verdict()
        };
        for status in ["queued", "in_progress", "waiting", "requested", "pending"] {
            assert_eq!(verdict(status, None), Verdict::Pending, "{status}");
        }
        for passed in ["success", "neutral", "skipped"] {
            assert_eq!(verdict("completed", Some(passed)), Verdict::Passed, "{passed}");
        }
        for failed in ["failure", "cancelled", "timed_out", "stale", "startup_failure", "something new"] {
            assert_eq!(verdict("completed", Some(failed)), Verdict::Failed, "{failed}");
        }
        assert_eq!(verdict("completed", Some("action_required")), Verdict::Pending, "a person has to act");
    }

    #[test]
    fn the_end_of_a_log_begins_with_a_whole_line() {
        assert_eq!(end("one\ntwo\nthree", 8), "three");
        assert_eq!(end("one\ntwo\nthree", 100), "one\ntwo\nthree");
        assert_eq!(end("ünïcödé", 4), "dé");
    }
}
