//! A delivery as a signed HTTP request.

use std::fmt::Write;

use axum::body::Bytes;
use axum::http::{Method, Request, header};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use sha2::Sha256;

use crate::edge::Payload;
use crate::world::World;

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) no_retry: bool,
    pub(super) body: String,
}

/// Everything about a request but where it goes.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) secret: String,
    /// In seconds.
    pub(super) timestamp: u64,
    /// Which retry, and why.
    pub(super) retry: Option<(u32, String)>,
}

impl Payload {
    /// The body as Slack posts it, and its content type.
    pub(super) fn encode(&self) -> (&'static str, String) {
        const FORM: &str = "application/x-www-form-urlencoded";
        match self {
            Self::Event(envelope) => ("application/json", envelope.to_string()),
            Self::Interactive(payload) | Self::Suggestion(payload) => {
                (FORM, form(&[("payload".to_owned(), payload.to_string())]))
            }
            Self::Command(fields) => (FORM, form(fields)),
        }
    }

    /// The payload as it is recorded, and sent in a socket's envelope.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Event(value) | Self::Interactive(value) | Self::Suggestion(value) => value.clone(),
            Self::Command(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect()
            }
        }
    }
}

/// The `v0=` signature of a body.
pub(crate) fn signature(secret: &str, timestamp: u64, body: &str) -> String {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length is a key");
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    let mut signature = "v0=".to_owned();
    for byte in mac.finalize().into_bytes() {
        // Writing to a string does not fail.
        let _ = write!(signature, "{byte:02x}");
    }
    signature
}

impl World {
    /// Posts `letter` to `url`. The error is Slack's word for what went wrong.
    pub(super) async fn post(&self, url: &str, letter: Letter) -> Result<Reply, &'static str> {
        let signature = signature(&letter.secret, letter.timestamp, &letter.body);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(header::CONTENT_TYPE, letter.content_type)
            .header(header::USER_AGENT, "Slackbot 1.0 (+https://api.slack.com/robots)")
            .header(header::ACCEPT, "*/*")
            .header("X-Slack-Request-Timestamp", letter.timestamp)
            .header("X-Slack-Signature", signature);
        if let Some((number, reason)) = &letter.retry {
            request = request.header("X-Slack-Retry-Num", *number).header("X-Slack-Retry-Reason", reason);
        }
        let request = request.body(Full::new(Bytes::from(letter.body))).map_err(|_| "connection_failed")?;
        let asking = async {
            let answer = self.0.client.request(request).await.map_err(|_| "connection_failed")?;
            let status = answer.status().as_u16();
            let no_retry = answer.headers().get("x-slack-no-retry").is_some_and(|value| value == "1");
            let body = answer.into_body().collect().await.map_err(|_| "connection_failed")?.to_bytes();
            Ok(Reply { status, no_retry, body: String::from_utf8_lossy(&body).into_owned() })
        };
        tokio::time::timeout(self.0.patience, asking).await.unwrap_or(Err("http_timeout"))
    }
}

fn form(fields: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
