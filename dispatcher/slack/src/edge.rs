//! The edge: what Slack sends is checked, told apart and kept before Slack is told that it came; nothing is done after.
//!
//! | Answer | When |
//! |---|---|
//! | 200 | it is kept, or it is nothing to us (counted, and the log says why) |
//! | 200 with a body | Slack asked for something: its challenge back, what to offer in a search |
//! | 400, 401, 413, 422, 431 | it was refused, and why |
//! | 503 | the signing secret is not set, or it could not be kept: Slack sends it again |

mod ears;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use signalbox_domain::time::Span;
use signalbox_ports::intake::Intake;
use signalbox_ports::store::Recorded;
use signalbox_webhook::{Admitted, Gate, Refused, Secrets, Signed, form, json as strict};

use crate::decode::{Decoded, Meaning, Suggestion, decode};
use crate::encode::SEARCH;
use crate::manifest::PATH;
use crate::settings::Settings;
use crate::slack::Slack;

pub(crate) use ears::Ears;

/// The header the signature is in.
const SIGNATURE: &str = "x-slack-signature";
/// What stands before it.
const VERSION: &str = "v0=";
/// How old a signed request may be: what Slack asks for.
const WINDOW: Span = Span::seconds(300);
/// The most that is offered in a search: what Slack shows.
const MAX_OFFERS: usize = 100;
/// The longest name that fits into an offer.
const MAX_OFFER: usize = 75;
/// How long what can be offered is looked for. Slack waits three seconds.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Edge {
    slack: Slack,
    gate: Arc<Gate>,
    intake: Arc<dyn Intake>,
}

/// Serves `POST /hooks/slack`: events, interactions, slash commands and what is offered in searches.
///
/// What came is durable when it is answered with 200. Without a signing secret every request is answered with 503, and
/// the log says so.
pub fn routes(slack: &Slack, intake: Arc<dyn Intake>) -> Router {
    let gate = Arc::new(gate(slack.settings(), slack));
    Router::new().route(PATH, post(take)).with_state(Edge { slack: slack.clone(), gate, intake })
}

/// What a request of Slack's must carry.
fn gate(settings: &Settings, slack: &Slack) -> Gate {
    let mut secrets = settings.signing_secrets.iter().map(crate::settings::Secret::expose);
    let secrets = secrets.next().and_then(|first| Secrets::new(first, secrets.next()));
    Gate {
        signed: Signed::Stamped {
            header: "x-slack-request-timestamp".into(),
            before: "v0:".into(),
            between: ":".into(),
            window: WINDOW,
        },
        counter: slack.0.ears.counter(),
        ..Gate::new("slack", secrets, SIGNATURE, VERSION)
    }
}

async fn take(State(edge): State<Edge>, request: Request<Body>) -> Response {
    let taken = async {
        let admitted = edge.gate.admit(request, edge.slack.now()).await?;
        let body = read(&admitted).inspect_err(|refused| edge.gate.refuse(refused))?;
        answer(&edge.slack, edge.intake.as_ref(), &body).await.inspect_err(|refused| edge.gate.refuse(refused))
    };
    match taken.await {
        Ok(Some(answer)) => Json(answer).into_response(),
        // Empty: any word would be shown to whoever typed a command or sent a form.
        Ok(None) => ().into_response(),
        Err(refused) => Refused::into_response(refused),
    }
}

/// The one value a body is read into: an event as it is, an interaction out of its form, a command's fields.
fn read(admitted: &Admitted) -> Result<Value, Refused> {
    let body = admitted.body();
    // The header that names the body's kind is not signed; the body is.
    if body.first() == Some(&b'{') {
        return strict::parse(body);
    }
    let mut fields = form::fields(body)?;
    match fields.remove("payload") {
        Some(payload) => strict::parse(payload.as_bytes()),
        None => Ok(fields.into_iter().map(|(name, value)| (name, Value::String(value))).collect()),
    }
}

/// Takes one delivery of Slack's, whichever way it came. When it returns, the delivery is kept, or is nothing to us.
/// What it returns is what Slack wants to hear, if it wants to hear something.
pub(crate) async fn answer(slack: &Slack, intake: &dyn Intake, body: &Value) -> Result<Option<Value>, Refused> {
    let Decoded { kind, meaning } = decode(body);
    if let Some(why) = foreign(slack.settings(), body) {
        ignored(slack, &kind, why);
        return Ok(None);
    }
    slack.0.ears.heard(&kind, slack.now());
    match meaning {
        Meaning::Challenge(challenge) => Ok(Some(json!({ "challenge": challenge }))),
        Meaning::Suggest(suggestion) => Ok(Some(json!({ "options": offers(slack, &suggestion).await }))),
        Meaning::Ignored(why) => {
            ignored(slack, &kind, why);
            Ok(None)
        }
        Meaning::Heard(heard) => {
            let delivery = heard.delivery(slack.now());
            let id = delivery.event.id.clone();
            let recorded = intake.receive(delivery).await?;
            let what = match recorded {
                Recorded::New => "kept",
                Recorded::Pending | Recorded::Done => "kept before",
            };
            slack.0.ears.count(what);
            tracing::info!(kind, delivery = %id, what, "slack delivery");
            Ok(None)
        }
    }
}

/// Why a delivery is not for this installation. What is signed for one app is not another's.
fn foreign(settings: &Settings, body: &Value) -> Option<&'static str> {
    let app = body.get("api_app_id").and_then(Value::as_str);
    (app.is_some_and(|app| !settings.app.is_empty() && app != settings.app)).then_some("it is for another app")
}

fn ignored(slack: &Slack, kind: &str, why: &'static str) {
    slack.0.ears.count(&format!("ignored: {why}"));
    tracing::info!(kind, why, "slack delivery ignored");
}

/// What may be chosen, of what this installation knows: Slack is not asked, and waits.
async fn offers(slack: &Slack, suggestion: &Suggestion) -> Vec<Value> {
    if suggestion.action != SEARCH {
        return Vec::new();
    }
    let looked = slack.0.board.repositories(&suggestion.typed, MAX_OFFERS);
    let found = match tokio::time::timeout(PATIENCE, looked).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            tracing::warn!(%error, "repositories could not be looked up for a search");
            Vec::new()
        }
        Err(_) => {
            tracing::warn!("repositories were not looked up in time for a search");
            Vec::new()
        }
    };
    let fitting = found.iter().map(|repository| repository.as_str()).filter(|name| name.chars().count() <= MAX_OFFER);
    fitting
        .take(MAX_OFFERS)
        .map(|name| json!({ "text": { "type": "plain_text", "text": name, "emoji": false }, "value": name }))
        .collect()
}

#[cfg(test)]
mod tests;
