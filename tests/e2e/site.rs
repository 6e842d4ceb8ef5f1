//! The dispatcher over HTTP, as the page and the command line ask it.

use std::time::Duration;

use serde_json::{Value, json};

/// Where a thread is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) room: String,
    pub(crate) root: String,
}

/// A dispatcher that was up at this address; it may be gone.
#[derive(Clone)]
pub(crate) struct Site {
    agent: ureq::Agent,
    /// The address its first line said, token and all.
    pub(crate) door: String,
    /// The address without.
    pub(crate) url: String,
    token: String,
}

impl Site {
    /// The one whose page is at `door`: `http://127.0.0.1:…/?token=…`.
    pub(crate) fn new(door: &str) -> Self {
        let (url, token) = door.split_once("/?token=").unwrap_or_else(|| panic!("no token in `{door}`"));
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Self { agent: config.into(), door: door.into(), url: url.into(), token: token.into() }
    }

    /// What is at `path`, or why not.
    pub(crate) fn get(&self, path: &str) -> Result<Value, String> {
        let request = self.agent.get(format!("{}{path}", self.url));
        read(request.header("authorization", format!("Bearer {}", self.token)).call())
    }

    /// What comes of sending `body` to `path`, or why nothing does.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request = self.agent.post(format!("{}{path}", self.url));
        read(request.header("authorization", format!("Bearer {}", self.token)).send_json(body))
    }

    /// Writes into a thread, or begins one in `room`; under the same `key` it is the same message.
    pub(crate) fn write(&self, room: &str, thread: Option<&Thread>, text: &str, key: &str) -> Result<Thread, String> {
        let path = match thread {
            Some(Thread { room, root }) => format!("/api/threads/{room}/{root}/messages"),
            None => format!("/api/rooms/{room}/messages"),
        };
        let kept = self.post(&path, &json!({ "text": text, "key": key }))?;
        let field = |name: &str| kept[name].as_str().map(str::to_owned).ok_or_else(|| kept.to_string());
        Ok(Thread { room: field("room")?, root: field("root")? })
    }

    /// The id of the room with that name.
    pub(crate) fn room(&self, name: &str) -> String {
        let overview = self.get("/api/overview").unwrap();
        let room = overview["rooms"].as_array().unwrap().iter().find(|room| room["name"] == name).unwrap().clone();
        room["id"].as_str().unwrap().to_owned()
    }

    /// A thread's messages, oldest first.
    pub(crate) fn messages(&self, thread: &Thread) -> Result<Vec<Value>, String> {
        let whole = self.get(&format!("/api/threads/{}/{}", thread.room, thread.root))?;
        Ok(whole["messages"].as_array().cloned().unwrap_or_default())
    }

    /// The runs, newest first, as they are stored.
    pub(crate) fn runs(&self) -> Result<Vec<Value>, String> {
        Ok(self.get("/cli/runs?limit=1000")?.as_array().cloned().unwrap_or_default())
    }
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("{}: {text}", answer.status()));
    }
    if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text).map_err(|error| error.to_string()) }
}

/// Those of `messages` that are of that kind: `said`, `status`, `gate`, `closing` and so on.
pub(crate) fn of_kind<'a>(messages: &'a [Value], kind: &str) -> Vec<&'a Value> {
    messages.iter().filter(|message| message["kind"] == kind).collect()
}

/// Everything a message of ours says, buttons last.
pub(crate) fn words(message: &Value) -> String {
    let mut words = Vec::new();
    gather(&message["post"], &mut words);
    words.join(" ")
}

fn gather(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            words.extend(["text", "label"].iter().filter_map(|name| Some(fields.get(*name)?.as_str()?.to_owned())));
            for part in fields.values() {
                gather(part, words);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| gather(part, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
