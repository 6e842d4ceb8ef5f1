//! `POST /hooks/in/{name}`: the generic webhook, served.
//!
//! | Answer | When |
//! |---|---|
//! | 200 `{"thread": "…"}` | it counts, and is kept; the same key again is the same thread |
//! | 200 `{"ignored": "…"}` | it was believed and does not count, and why |
//! | 400, 401, 413, 422, 431 | it was refused, and why |
//! | 404 | there is no such hook |
//! | 503 | the hook's secret is not set, or it could not be kept: send it again later |

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use signalbox_ports::clock::Clock;
use signalbox_ports::intake::Begin;

use crate::counter::Counter;
use crate::gate::Gate;
use crate::hook::Hook;
use crate::json;
use crate::refused::Refused;

struct Edge {
    hooks: BTreeMap<String, (Hook, Gate)>,
    begin: Arc<dyn Begin>,
    clock: Arc<dyn Clock>,
}

/// Serves the hooks. What counts is handed to `begin` before it is answered, so that 200 means it is kept; nothing is
/// done afterwards. Of two hooks of one name the first is served. `counter` counts for all of them, by
/// `<hook>.<what>`: `begun`, `ignored`, and the reasons of refusals.
///
/// A hook without secrets answers 503 and says so loudly.
pub fn routes(hooks: Vec<Hook>, begin: Arc<dyn Begin>, clock: Arc<dyn Clock>, counter: Arc<Counter>) -> Router {
    let mut named = BTreeMap::new();
    for hook in hooks {
        let gate = hook.gate();
        named.entry(hook.name.clone()).or_insert((hook, gate));
    }
    let edge = Arc::new(Edge { hooks: named, begin, clock });
    Router::new().route("/hooks/in/{name}", post(take)).with_state((edge, counter))
}

type Shared = (Arc<Edge>, Arc<Counter>);

async fn take(State((edge, counter)): State<Shared>, Path(name): Path<String>, request: Request<Body>) -> Response {
    let Some((hook, gate)) = edge.hooks.get(&name) else {
        counter.count("unknown");
        return (StatusCode::NOT_FOUND, "there is no such hook\n").into_response();
    };
    match edge.receive(hook, gate, request).await {
        Ok(Taken::Begun(thread)) => {
            counter.count(&format!("{name}.begun"));
            Json(json!({ "thread": thread })).into_response()
        }
        Ok(Taken::Ignored(why)) => {
            counter.count(&format!("{name}.ignored"));
            tracing::info!(hook = name, "a webhook does not count");
            Json(json!({ "ignored": why })).into_response()
        }
        Err(refused) => {
            counter.count(&format!("{name}.{}", refused.reason()));
            refused.into_response()
        }
    }
}

enum Taken {
    Begun(String),
    Ignored(String),
}

impl Edge {
    async fn receive(&self, hook: &Hook, gate: &Gate, request: Request<Body>) -> Result<Taken, Refused> {
        let admitted = gate.admit(request, self.clock.now()).await?;
        let taken = async {
            let payload: Value = json::parse(admitted.body())?;
            if let Some(why) = hook.misses(&payload) {
                return Ok(Taken::Ignored(why));
            }
            let key = hook.key(admitted.headers(), &payload)?;
            let text = hook.text.fill(&payload);
            let thread = self.begin.begin(&hook.room, &hook.person(), &text, &key).await?;
            Ok(Taken::Begun(thread.to_string()))
        };
        taken.await.inspect_err(|refused| gate.refuse(refused))
    }
}
