//! The phases of a run that was asked for on a pull request, as a check of its head.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signalbox_domain::id::{Digest, RunId};
use signalbox_domain::outcome::Outcome;
use signalbox_domain::post::{Line, Post, Slot};
use signalbox_ports::Error;
use signalbox_ports::chat::Utterance;
use signalbox_ports::store::Subject;

use super::Comments;
use crate::app::Place;
use crate::encode;

/// What the check is called.
const NAME: &str = "Signalbox";
/// The most checks of a commit that are looked through for ours.
const MOST: usize = 1_000;

/// What is kept of a run's check.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// The check; nothing where the thread is no pull request.
    id: Option<u64>,
    /// What it shows, so that an edit that changes none of it is not one.
    shown: Option<Digest>,
}

#[derive(Deserialize)]
struct Pull {
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct Check {
    id: u64,
    #[serde(default)]
    external_id: Option<String>,
}

impl Comments {
    /// Brings the run's check up to date with what its status or its closing message says. That GitHub does not let us
    /// is no trouble of the message.
    pub(super) async fn mirror(&self, place: &Place, number: u64, utterance: &Utterance) -> Result<(), Error> {
        let closing = match &utterance.slot {
            Slot::Status => false,
            Slot::Closing => true,
            Slot::Question(_) | Slot::Gate(..) | Slot::Reply(_) | Slot::Notice(_) | Slot::Review(_) => return Ok(()),
        };
        match self.check(place, number, utterance, closing).await {
            Ok(()) => Ok(()),
            // The last word must come: a check that is never completed holds up whoever waits for it.
            Err(error @ (Error::Later { .. } | Error::Unavailable(_) | Error::Conflict)) if closing => Err(error),
            Err(error) => {
                tracing::debug!(run = %utterance.run, %error, "the check was not brought up to date");
                Ok(())
            }
        }
    }

    async fn check(&self, place: &Place, number: u64, utterance: &Utterance, closing: bool) -> Result<(), Error> {
        let Utterance { run, post, .. } = utterance;
        let key = format!("github/check/{run}");
        let note = self.github.notes().get(&key).await?;
        let version = note.as_ref().map_or(0, |note| note.version);
        let mut kept: Kept = note.and_then(|note| serde_json::from_str(&note.value).ok()).unwrap_or_default();
        if version > 0 && kept.id.is_none() {
            return Ok(());
        }
        let conclusion = if closing { Some(self.conclusion(run).await?) } else { None };
        let shown = shown(post, conclusion);
        if kept.shown.as_ref() == Some(&shown) {
            return Ok(());
        }
        let body = body(run, post, conclusion);
        match kept.id {
            Some(id) => {
                let _: Value = place.caller.patch(&format!("{}/check-runs/{id}", place.path), &body).await?;
            }
            None => kept.id = self.made(place, number, run, body).await?,
        }
        kept.shown = Some(shown);
        self.github.notes().put(&key, &serde_json::to_string(&kept).unwrap_or_default(), version).await?;
        Ok(())
    }

    /// The run's check, made if it is not there; nothing where the thread is no pull request.
    async fn made(&self, place: &Place, number: u64, run: &RunId, mut body: Value) -> Result<Option<u64>, Error> {
        let Some(pull) = place.caller.find::<Pull>(&format!("{}/pulls/{number}", place.path)).await? else {
            return Ok(None);
        };
        let listed = format!("{}/commits/{}/check-runs?filter=all&check_name={NAME}", place.path, pull.head.sha);
        let checks: Vec<Check> = place.caller.all(&listed, "check_runs", MOST).await?;
        if let Some(check) = checks.iter().find(|check| check.external_id.as_deref() == Some(run.as_str())) {
            let _: Value = place.caller.patch(&format!("{}/check-runs/{}", place.path, check.id), &body).await?;
            return Ok(Some(check.id));
        }
        body["head_sha"] = json!(pull.head.sha);
        let made: Check = place.caller.post(&format!("{}/check-runs", place.path), &body).await?;
        Ok(Some(made.id))
    }

    /// How the run ended, in GitHub's words.
    async fn conclusion(&self, run: &RunId) -> Result<&'static str, Error> {
        let run = self.store.load(&Subject::Run(run.clone())).await?;
        Ok(match run.as_ref().and_then(|run| run.outcome()) {
            Some(Outcome::Delivered | Outcome::Answered { .. } | Outcome::NoChangeNeeded { .. }) => "success",
            Some(Outcome::Blocked { .. }) => "action_required",
            Some(Outcome::Stopped { .. } | Outcome::Expired { .. }) => "cancelled",
            Some(Outcome::Failed { .. } | Outcome::BudgetExhausted { .. } | Outcome::Lost) => "failure",
            Some(Outcome::Refused { .. } | Outcome::Rejected { .. } | Outcome::Helped) | None => "neutral",
        })
    }
}

fn body(run: &RunId, post: &Post, conclusion: Option<&str>) -> Value {
    let title = conclusion.map_or("At work", |conclusion| match conclusion {
        "success" => "Done",
        "failure" => "Failed",
        "cancelled" => "Stopped",
        "action_required" => "Needs a person",
        _ => "Over",
    });
    let summary = encode::checklist(post).unwrap_or_else(|| title.to_owned());
    let mut body = json!({
        "name": NAME,
        "external_id": run,
        "output": { "title": title, "summary": summary },
    });
    match conclusion {
        Some(conclusion) => {
            body["status"] = json!("completed");
            body["conclusion"] = json!(conclusion);
            body["actions"] = json!([]);
        }
        None => {
            body["status"] = json!("in_progress");
            body["actions"] =
                json!([{ "label": "Stop", "description": "Stop this run of Signalbox", "identifier": "stop" }]);
        }
    }
    body
}

/// What a check shows of a post: which phases, and how each stands.
fn shown(post: &Post, conclusion: Option<&str>) -> Digest {
    let mut text = conclusion.unwrap_or_default().to_owned();
    for line in &post.lines {
        if let Line::Phase { label, stage, .. } = line {
            text.push_str(&format!("\n{label}:{}", stage.words()));
        }
    }
    Digest::of(text.as_bytes())
}
