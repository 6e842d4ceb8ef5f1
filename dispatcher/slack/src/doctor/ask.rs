//! Slack asked by hand: doctor wants the headers of an answer, too.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue};
use hyper::{Method, Request};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_webhook::{Secrets, signature};

use crate::settings::Secret;
use crate::socket::tls;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// What is asked back of the edge.
const CHALLENGE: &str = "signalbox-doctor";

pub(super) struct Ask {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    api: String,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// What the token may do, where Slack says so.
    pub(super) scopes: Option<BTreeSet<String>>,
    /// What time it is there.
    pub(super) date: Option<Time>,
}

impl Answer {
    /// Slack's word for why not, if it will not.
    pub(super) fn refusal(&self) -> Option<&str> {
        if self.body.get("ok").and_then(Value::as_bool) == Some(true) {
            return None;
        }
        Some(self.body.get("error").and_then(Value::as_str).unwrap_or("no reason was given"))
    }
}

impl Ask {
    pub(super) fn new(api: &str) -> Result<Self, Error> {
        let connector =
            hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls()?).https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, api: api.trim_end_matches('/').into() })
    }

    /// Calls a method with a token.
    pub(super) async fn call(&self, method: &str, token: &str, body: &Value) -> Result<Answer, String> {
        let mut request = post(&format!("{}/{method}", self.api), body.to_string())?;
        let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
        request.headers_mut().insert(AUTHORIZATION, bearer.map_err(|_| "the token is no plain text".to_owned())?);
        self.send(request).await
    }

    /// Knocks at the edge as Slack does when an address is entered: signed, asking for a challenge back.
    pub(super) async fn knock(&self, url: &str, secret: &Secret, now: Time) -> Result<Answer, String> {
        let body = json!({ "type": "url_verification", "challenge": CHALLENGE }).to_string();
        let stamp = (now.0 / 1_000).to_string();
        let secrets = Secrets::new(secret.expose(), None).ok_or_else(|| "the signing secret is empty".to_owned())?;
        let signed = signature::signature(&secrets, "v0=", &[b"v0:", stamp.as_bytes(), b":", body.as_bytes()]);
        let mut request = post(url, body)?;
        for (name, value) in [("x-slack-request-timestamp", stamp), ("x-slack-signature", signed)] {
            let value = HeaderValue::from_str(&value).map_err(|_| "the signature is no plain text".to_owned())?;
            request.headers_mut().insert(name, value);
        }
        self.send(request).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| reason(&error))?;
            let (head, body) = response.into_parts();
            let bytes = Limited::new(body, MAX_ANSWER).collect().await;
            let bytes = bytes.map_err(|_| "its answer broke off, or is too long".to_owned())?.to_bytes();
            let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
            let scopes = header("x-oauth-scopes")
                .map(|scopes| scopes.split(',').map(|scope| scope.trim().to_owned()).collect::<BTreeSet<String>>());
            let date = header(DATE.as_str()).and_then(http_date);
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            Ok(Answer { status: head.status.as_u16(), body, scopes, date })
        };
        let late = || format!("there was no answer within {} s", PATIENCE.as_secs());
        tokio::time::timeout(PATIENCE, answered).await.unwrap_or_else(|_| Err(late()))
    }
}

fn post(url: &str, body: String) -> Result<Request<Full<Bytes>>, String> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .body(Full::new(Bytes::from(body)));
    request.map_err(|_| "the address is not one".to_owned())
}

/// The innermost cause: the outer ones say only that there is one.
fn reason(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The date of an answer.
fn http_date(text: &str) -> Option<Time> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Time(u64::try_from(since.as_millis()).ok()?))
}
