//! The way of the manifest: a page on this machine sends it to GitHub with a person's browser, GitHub sends the person
//! back with a code, and the code is worth the App's keys, once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use signalbox_ports::Error;
use tokio::sync::oneshot;

use crate::settings::Secret;

/// What GitHub hands out about an App that was just made: all there is to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The App's id.
    pub app_id: u64,
    /// Its name in addresses; with `[bot]` behind it, the login it acts under.
    pub slug: String,
    /// Where people install it.
    pub install_url: String,
    /// Its private key, PEM.
    pub private_key: Secret,
    /// What its webhooks are signed with; GitHub makes one only for an App with a webhook.
    pub webhook_secret: Option<Secret>,
    /// Its client id, for signing in.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: Secret,
}

/// One App being made.
pub struct Setup {
    /// GitHub, for people, without a slash at its end.
    pub web_url: String,
    /// GitHub's API, without a slash at its end.
    pub api_url: String,
    /// The organisation it will belong to; `None`: the person.
    pub organisation: Option<String>,
    /// The manifest, its `redirect_url` left to [`Setup::serve`].
    pub manifest: Value,
    /// A word nobody can guess: who comes back without it was not sent by us.
    pub state: String,
}

struct Desk {
    setup: Setup,
    done: Mutex<Option<oneshot::Sender<Credentials>>>,
}

#[derive(Deserialize)]
struct Converted {
    id: u64,
    slug: String,
    html_url: String,
    pem: String,
    #[serde(default)]
    webhook_secret: Option<String>,
    client_id: String,
    client_secret: String,
}

impl Setup {
    /// The pages for one App, to be served at `address` on this machine: `/` begins. The credentials come out of the
    /// receiver, once.
    pub fn serve(mut self, address: SocketAddr) -> (Router, oneshot::Receiver<Credentials>) {
        self.manifest["redirect_url"] = Value::String(format!("http://{address}/made"));
        let (done, made) = oneshot::channel();
        let desk = Arc::new(Desk { setup: self, done: Mutex::new(Some(done)) });
        (Router::new().route("/", get(begin)).route("/made", get(come_back)).with_state(desk), made)
    }

    /// Where the manifest is sent.
    fn target(&self) -> String {
        let state = crate::app::segment(&self.state);
        match &self.organisation {
            Some(organisation) => {
                let organisation = crate::app::segment(organisation);
                format!("{}/organizations/{organisation}/settings/apps/new?state={state}", self.web_url)
            }
            None => format!("{}/settings/apps/new?state={state}", self.web_url),
        }
    }

    /// The code's worth. A code is good once, for an hour.
    pub async fn exchange(&self, code: &str) -> Result<Credentials, Error> {
        let made: Converted = crate::app::convert(&self.api_url, code).await?;
        Ok(Credentials {
            app_id: made.id,
            install_url: format!("{}/installations/new", made.html_url),
            slug: made.slug,
            private_key: Secret::new(made.pem),
            webhook_secret: made.webhook_secret.filter(|secret| !secret.is_empty()).map(Secret::new),
            client_id: made.client_id,
            client_secret: Secret::new(made.client_secret),
        })
    }
}

/// The page that goes on to GitHub: only a form can carry a manifest there.
async fn begin(State(desk): State<Arc<Desk>>) -> Html<String> {
    let manifest = escaped(&desk.setup.manifest.to_string());
    let target = escaped(&desk.setup.target());
    Html(format!(
        "<!doctype html><meta charset=utf-8><title>Signalbox on GitHub</title>\
         <body style=\"font:16px system-ui;max-width:40rem;margin:4rem auto\">\
         <h1>Make the GitHub App</h1>\
         <p>GitHub shows what the App may do and asks you once. Nothing is changed in any repository yet: \
         afterwards you choose where to install it.</p>\
         <form method=post action=\"{target}\"><input type=hidden name=manifest value=\"{manifest}\">\
         <button style=\"font:inherit;padding:.6em 1.2em\" autofocus>Go on to GitHub</button></form>"
    ))
}

async fn come_back(State(desk): State<Arc<Desk>>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let told =
        |status, words: &str| (status, Html(format!("<!doctype html><meta charset=utf-8><p>{words}"))).into_response();
    let value = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if value("state") != desk.setup.state || value("code").is_empty() {
        return told(StatusCode::BAD_REQUEST, "This does not come from the page you began on. Begin there again.");
    }
    match desk.setup.exchange(value("code")).await {
        Ok(made) => {
            let install = escaped(&made.install_url);
            let done = desk.done.lock().unwrap_or_else(PoisonError::into_inner).take();
            match done.map(|done| done.send(made).is_ok()) {
                Some(true) => told(
                    StatusCode::OK,
                    &format!(
                        "The App is made and its keys are kept. Now <a href=\"{install}\">install it</a> where it may work."
                    ),
                ),
                Some(false) | None => {
                    told(StatusCode::GONE, "The App is made, but nobody waits for its keys any more. Begin again.")
                }
            }
        }
        Err(error) => {
            told(StatusCode::BAD_GATEWAY, &format!("GitHub did not hand out the keys: {}", escaped(&error.to_string())))
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
