//! The dispatcher, as the command line reaches it.

use std::fs;
use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signalbox_domain::id::{Digest, RunId};
use signalbox_domain::post::Action;
use signalbox_domain::run::Run;
use signalbox_domain::talk::ThreadId;
use signalbox_engine::context::Context;
use signalbox_engine::record::Record;

use crate::api::{Import, Taken, Thread, Why};
use crate::home::Home;

/// The largest answer, in bytes.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// A dispatcher that answers.
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    token: String,
}

/// One thing that happened in an attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// What kind of thing.
    pub(crate) kind: String,
    /// When, counted from the beginning of the attempt, in milliseconds.
    #[serde(default)]
    pub(crate) at_ms: Option<u64>,
    /// In a word or two.
    pub(crate) title: String,
    /// All of it.
    pub(crate) text: String,
    /// Whether it went well.
    pub(crate) ok: bool,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Entry>,
}

impl Client {
    /// The dispatcher that runs on that folder, if one does.
    pub(crate) fn running(home: &Home) -> Option<Self> {
        let url = fs::read_to_string(home.at("endpoint")).ok()?;
        let client = Self::new(url.trim(), &home.token().ok()?);
        // Something else may listen there by now: only a dispatcher that takes this folder's token is ours.
        client.get::<Vec<Run>>("/cli/runs?limit=1").ok().map(|_| client)
    }

    pub(crate) fn new(url: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Self { agent: config.into(), url: url.to_owned(), token: token.to_owned() }
    }

    /// Asks for something in a room, and says where it is answered.
    pub(crate) fn ask(&self, room: &str, text: &str) -> Result<ThreadId> {
        let overview: Value = self.get("/api/overview")?;
        let rooms = overview["rooms"].as_array().cloned().unwrap_or_default();
        let named = |wanted: &str| {
            rooms
                .iter()
                .find(|room| room["name"] == wanted || room["id"] == wanted)
                .and_then(|room| room["id"].as_str())
        };
        let Some(id) = named(room) else {
            let names: Vec<&str> = rooms.iter().filter_map(|room| room["name"].as_str()).collect();
            bail!("there is no room `{room}`; there are {}", names.join(", "));
        };
        let kept: Value = self.post(&format!("/api/rooms/{id}/messages"), &json!({ "text": text }))?;
        let field = |name: &str| {
            kept[name].as_str().map(str::to_owned).ok_or_else(|| anyhow!("the dispatcher's answer has no `{name}`"))
        };
        Ok(ThreadId { chat: "console".into(), room: field("room")?, root: field("root")? })
    }

    pub(crate) fn thread(&self, thread: &ThreadId) -> Result<Thread> {
        self.get(&format!("/cli/threads/{}/{}/{}", thread.chat, thread.room, thread.root))
    }

    pub(crate) fn runs(&self, limit: usize) -> Result<Vec<Run>> {
        self.get(&format!("/cli/runs?limit={limit}"))
    }

    /// The run that is meant: by its id or the beginning of it, or `last`.
    pub(crate) fn find(&self, name: &str) -> Result<Run> {
        let name = name.trim().trim_start_matches("run:");
        let runs = self.runs(1_000)?;
        if name == "last" {
            return runs.into_iter().next().ok_or_else(|| anyhow!("there is no run yet"));
        }
        let wanted = name.to_uppercase();
        let mut found: Vec<Run> = runs.into_iter().filter(|run| run.id.0.starts_with(&wanted)).collect();
        match (found.pop(), found.len()) {
            (Some(run), 0) => Ok(run),
            (Some(_), more) => bail!("{} runs begin with `{name}`; write more of the id", more + 1),
            (None, _) => bail!("there is no run `{name}`; `signalbox runs` lists them"),
        }
    }

    pub(crate) fn run(&self, id: &RunId) -> Result<Run> {
        self.get(&format!("/cli/runs/{id}"))
    }

    pub(crate) fn press(&self, run: &RunId, action: &Action) -> Result<()> {
        self.send("POST", &format!("/cli/runs/{run}/press"), Some(action)).map(drop)
    }

    pub(crate) fn replay(&self, run: &RunId) -> Result<Value> {
        self.get(&format!("/cli/runs/{run}/replay"))
    }

    /// The records of a run's decisions where it goes.
    pub(crate) fn decisions(&self, run: &RunId) -> Result<Vec<Record>> {
        self.get(&format!("/cli/runs/{run}/decisions"))
    }

    /// What a run's agents knew.
    pub(crate) fn context(&self, run: &RunId) -> Result<Context> {
        self.get(&format!("/cli/runs/{run}/context"))
    }

    /// Why something happened, or nothing did.
    pub(crate) fn why(&self, what: &str) -> Result<Why> {
        let of: String = url::form_urlencoded::byte_serialize(what.as_bytes()).collect();
        self.get(&format!("/cli/why?of={of}"))
    }

    /// What an attempt of a run saw and did.
    pub(crate) fn transcript(&self, run: &RunId, digest: &Digest) -> Result<Vec<Entry>> {
        let read: Entries = self.get(&format!("/api/runs/{run}/transcripts/{digest}"))?;
        Ok(read.entries)
    }

    pub(crate) fn import(&self, from: &str) -> Result<Taken> {
        self.post("/cli/repositories", &Import { from: from.to_owned() })
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(&self.send::<()>("GET", path, None)?)
    }

    fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        read(&self.send("POST", path, Some(body))?)
    }

    fn send<B: Serialize>(&self, method: &str, path: &str, body: Option<&B>) -> Result<Vec<u8>> {
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body)
            .context("failed to make a request")?;
        let response = self.agent.run(request);
        let mut response = response.with_context(|| format!("failed to reach the dispatcher at {}", self.url))?;
        let status = response.status();
        let mut bytes = Vec::new();
        response
            .body_mut()
            .as_reader()
            .take(MAX_ANSWER)
            .read_to_end(&mut bytes)
            .context("failed to read the answer")?;
        if status.is_success() {
            return Ok(bytes);
        }
        let said = serde_json::from_slice::<Value>(&bytes).ok();
        let why = said.as_ref().and_then(|said| said["error"].as_str()).unwrap_or("it gives no reason");
        bail!("the dispatcher says no ({status}): {why}")
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).context("failed to read the dispatcher's answer; is it another version?")
}
