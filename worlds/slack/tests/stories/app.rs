//! An app that writes down what it hears, and answers as it was told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

/// One request as it was heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) body: Value,
    pub(crate) signed: bool,
    pub(crate) timestamp: u64,
    pub(crate) retry: Option<(String, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) url: String,
    secret: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
}

impl App {
    pub(crate) async fn start(secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = Self {
            url: format!("http://{}/hooks", listener.local_addr().unwrap()),
            secret: secret.to_owned(),
            heard: Arc::default(),
            answers: Arc::default(),
        };
        let routes = Router::new().route("/hooks", post(hear)).with_state(app.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        app
    }

    /// Lets the next request be answered so; others are with an empty 200.
    pub(crate) fn answer(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push((status, body));
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What was heard since the last time, as `type` or `type/subtype`.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        heard.iter().map(|one| kind(&one.body)).collect()
    }

    pub(crate) fn last(&self) -> Value {
        self.heard.lock().unwrap().last().unwrap().body.clone()
    }
}

fn kind(body: &Value) -> String {
    let event = if body["event"].is_object() { &body["event"] } else { body };
    let kind = event["type"].as_str().or_else(|| body["command"].as_str()).unwrap_or_default();
    event["subtype"].as_str().map_or_else(|| kind.to_owned(), |subtype| format!("{kind}/{subtype}"))
}

async fn hear(State(app): State<App>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let text = String::from_utf8(body.to_vec()).unwrap();
    let timestamp = header("x-slack-request-timestamp").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(app.secret.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:{text}").as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let body: Value = if header("content-type").unwrap().starts_with("application/json") {
        serde_json::from_str(&text).unwrap()
    } else {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        match fields.iter().find(|(name, _)| name == "payload") {
            Some((_, payload)) => serde_json::from_str(payload).unwrap(),
            None => fields.into_iter().map(|(name, value)| (name, Value::from(value))).collect(),
        }
    };
    let challenge = body["challenge"].as_str().map(str::to_owned);
    app.heard.lock().unwrap().push(Heard {
        body,
        signed: header("x-slack-signature").unwrap() == format!("v0={signature}"),
        timestamp: timestamp.parse().unwrap(),
        retry: header("x-slack-retry-num").zip(header("x-slack-retry-reason")),
    });
    if let Some(challenge) = challenge {
        return (StatusCode::OK, json!({ "challenge": challenge }).to_string());
    }
    let mut answers = app.answers.lock().unwrap();
    if answers.is_empty() {
        return (StatusCode::OK, String::new());
    }
    let (status, answer) = answers.remove(0);
    let answer = if answer.is_null() { String::new() } else { answer.to_string() };
    (StatusCode::from_u16(status).unwrap(), answer)
}
