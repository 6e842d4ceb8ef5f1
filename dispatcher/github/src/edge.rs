//! `POST /hooks/github`: what GitHub tells us, kept before it is answered.
//!
//! | Answer | When |
//! |---|---|
//! | 200 `{"kept": "<key>"}` | it may concern us, and is kept; the same again is the same key |
//! | 200 `{"ignored": "<why>"}` | it was believed, and concerns us in no way |
//! | 400, 401, 403, 413, 431 | it was refused, and why |
//! | 503 | the secret is not set, or it could not be kept: GitHub lists it as failed, and it is asked for again |

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use signalbox_ports::intake::Intake;
use signalbox_webhook::{Counter, Gate, Refused, Secrets, header};

use crate::app::Github;
use crate::decode::{Decoded, Us, decode};

/// Where GitHub is told to send its webhooks.
pub const PATH: &str = "/hooks/github";
/// The largest webhook that is read, in bytes. What is read of one is a few issue bodies at most; GitHub's own cap of
/// 25 MB is for pushes, which are not read at all.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// What installations of an App are called in the header that says whom a webhook is for.
const APP: &str = "integration";

struct Edge {
    github: Github,
    us: Us,
    gate: Gate,
    intake: Arc<dyn Intake>,
}

/// Serves the edge. What concerns us is handed to `intake` before it is answered, so that 200 means it is kept;
/// nothing is done afterwards, and GitHub is not asked anything. `counter` counts by `admitted`, `kept`,
/// `ignored.<why>` and the reasons of refusals.
///
/// Without a secret every webhook is answered with 503, loudly.
pub fn routes(github: &Github, intake: Arc<dyn Intake>, counter: Arc<Counter>) -> Router {
    let edge = Edge { github: github.clone(), us: Us::of(github.settings()), gate: gate(github, counter), intake };
    Router::new().route(PATH, post(take)).with_state(Arc::new(edge))
}

/// The gate that GitHub's webhooks go through.
fn gate(github: &Github, counter: Arc<Counter>) -> Gate {
    let mut secrets = github.settings().webhook_secrets.iter().map(|secret| secret.expose());
    let current = secrets.next().unwrap_or_default();
    let secrets = Secrets::new(current, secrets.next());
    Gate { body_bytes: MAX_BODY, counter, ..Gate::new("github", secrets, "x-hub-signature-256", "sha256=") }
}

async fn take(State(edge): State<Arc<Edge>>, request: Request<Body>) -> Response {
    match edge.receive(request).await {
        Ok(Taken::Kept(key)) => {
            edge.gate.counter.count("kept");
            Json(json!({ "kept": key })).into_response()
        }
        Ok(Taken::Ignored(why)) => {
            edge.gate.counter.count(&format!("ignored.{why}"));
            Json(json!({ "ignored": why })).into_response()
        }
        Ok(Taken::ForAnother) => {
            edge.gate.counter.count("for_another");
            tracing::warn!("a webhook is for another App");
            (StatusCode::FORBIDDEN, "this is for another App; look where its webhook is told to go\n").into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

enum Taken {
    Kept(String),
    Ignored(&'static str),
    ForAnother,
}

impl Edge {
    async fn receive(&self, request: Request<Body>) -> Result<Taken, Refused> {
        let now = self.github.now();
        let admitted = self.gate.admit(request, now).await?;
        let read = async {
            let headers = admitted.headers();
            let kind = header::one(headers, "x-github-event")?;
            let guid = header::one(headers, "x-github-delivery")?;
            let kind_of_target = header::one(headers, "x-github-hook-installation-target-type")?;
            let target = header::one(headers, "x-github-hook-installation-target-id")?;
            if kind_of_target != APP || target != self.us.app.to_string() {
                return Ok(Taken::ForAnother);
            }
            let body = signalbox_webhook::json::parse(admitted.body())?;
            match decode(kind, guid, &body, &self.us, now) {
                Decoded::Delivery(delivery) => {
                    let key = delivery.event.id.0.clone();
                    self.intake.receive(*delivery).await?;
                    Ok(Taken::Kept(key))
                }
                Decoded::Ignored(why) => {
                    tracing::debug!(kind, ?why, "a webhook is ignored");
                    Ok(Taken::Ignored(why.label()))
                }
            }
        };
        read.await.inspect_err(|refused| self.gate.refuse(refused))
    }
}
