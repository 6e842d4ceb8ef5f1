//! What the command line asks a dispatcher for, beside what its page offers: values whole, as they are stored.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, RunId};
use signalbox_domain::post::Action;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_engine::Engine;
use signalbox_engine::context::Context;
use signalbox_engine::record::Record;
use signalbox_git::Forge;
use signalbox_ports::Error;
use signalbox_ports::intake::Intake as _;
use signalbox_ports::store::Subject;
use subtle::ConstantTimeEq as _;

use crate::config::Repository;
use crate::dispatcher::take_in;

/// The most messages of a thread that are followed.
const MAX_MESSAGES: usize = 500;

#[derive(Clone)]
struct Served {
    engine: Arc<Engine>,
    forge: Arc<Forge>,
}

/// A thread, as a terminal follows it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Thread {
    /// Its messages, oldest first.
    pub(crate) messages: Vec<Said>,
    /// Its latest run.
    pub(crate) run: Option<Run>,
}

/// A message of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Its id.
    pub(crate) id: String,
    /// Who wrote it.
    pub(crate) by: String,
    /// What it says now.
    pub(crate) text: String,
}

/// The addresses, open to whoever has the token.
pub(crate) fn routes(engine: Arc<Engine>, forge: Arc<Forge>, token: &str) -> Router {
    Router::new()
        .route("/cli/threads/{chat}/{room}/{root}", get(thread))
        .route("/cli/runs", get(runs))
        .route("/cli/runs/{run}", get(run))
        .route("/cli/runs/{run}/press", post(press))
        .route("/cli/runs/{run}/replay", get(replay))
        .route("/cli/runs/{run}/decisions", get(decisions))
        .route("/cli/runs/{run}/context", get(context))
        .route("/cli/why", get(why))
        .route("/cli/repositories", post(import))
        .with_state(Served { engine, forge })
        .layer(from_fn_with_state(Arc::<str>::from(token), guard))
}

async fn guard(State(token): State<Arc<str>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
        next.run(request).await
    } else {
        Trouble(StatusCode::UNAUTHORIZED, "this needs the token of this dispatcher's folder".into()).into_response()
    }
}

async fn thread(
    State(served): State<Served>,
    Path(at): Path<(String, String, String)>,
) -> Result<Json<Thread>, Trouble> {
    let (chat, room, root) = at;
    let thread = ThreadId { chat, room, root };
    let ports = served.engine.ports();
    let chat = ports.chats.get(&thread.chat).ok_or_else(|| missing("that chat"))?;
    let messages = chat.read(&thread, MAX_MESSAGES).await?;
    let messages = messages
        .into_iter()
        .map(|spoken| Said { id: spoken.message.id.0, by: spoken.message.by.name, text: spoken.message.text })
        .collect();
    let run = ports.store.load(&Subject::Thread(thread)).await?;
    Ok(Json(Thread { messages, run }))
}

#[derive(Deserialize)]
struct Limit {
    limit: usize,
}

async fn runs(State(served): State<Served>, Query(Limit { limit }): Query<Limit>) -> Result<Json<Vec<Run>>, Trouble> {
    Ok(Json(served.engine.ports().store.runs(limit.min(1_000)).await?))
}

async fn run(State(served): State<Served>, Path(id): Path<RunId>) -> Result<Json<Run>, Trouble> {
    Ok(Json(load(&served, id).await?))
}

async fn load(served: &Served, id: RunId) -> Result<Run, Trouble> {
    let run = served.engine.ports().store.load(&Subject::Run(id)).await?;
    run.ok_or_else(|| missing("that run"))
}

/// What is pressed from the command line, by the person whose machine this is.
async fn press(
    State(served): State<Served>,
    Path(id): Path<RunId>,
    Json(action): Json<Action>,
) -> Result<StatusCode, Trouble> {
    let run = load(&served, id).await?;
    let now = served.engine.ports().clock.now();
    let by = Person { id: "console:you".into(), name: "You".into(), role: Role::Admin };
    let event = Event {
        id: DeliveryId(format!("pressed:{}:cli:{}", run.id, now.0)),
        at: now,
        fact: Fact::Pressed { action, by },
    };
    served.engine.receive(Delivery { thread: run.thread, run: Some(run.id), event }).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn replay(State(served): State<Served>, Path(id): Path<RunId>) -> Result<Json<serde_json::Value>, Trouble> {
    let replayed = served.engine.replay(&id).await?;
    Ok(Json(json!({
        "run": id,
        "steps": replayed.steps,
        "routes": replayed.routes,
        "prefetches": replayed.prefetches,
        "differences": replayed.differences,
    })))
}

/// The records of a run's decisions where it goes.
async fn decisions(State(served): State<Served>, Path(id): Path<RunId>) -> Result<Json<Vec<Record>>, Trouble> {
    Ok(Json(served.engine.decisions(&id).await?))
}

/// What a run's agents knew.
async fn context(State(served): State<Served>, Path(id): Path<RunId>) -> Result<Json<Context>, Trouble> {
    Ok(Json(served.engine.context(&id).await?))
}

#[derive(Deserialize)]
struct Of {
    of: String,
}

/// Why something happened, or nothing did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Why {
    /// The run it is about, if one came of it.
    pub(crate) run: Option<RunId>,
    /// The words.
    pub(crate) text: String,
}

async fn why(State(served): State<Served>, Query(Of { of }): Query<Of>) -> Result<Json<Why>, Trouble> {
    let explained = served.engine.explain(&of).await?;
    Ok(Json(Why { run: explained.run, text: explained.post.plain() }))
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Import {
    /// The folder, the URL, or the name of one that is there.
    pub(crate) from: String,
}

/// What came of an import.
#[derive(Deserialize, Serialize)]
pub(crate) struct Taken {
    /// Its name here.
    pub(crate) repository: String,
    /// What the person should know.
    pub(crate) notices: Vec<String>,
}

async fn import(State(served): State<Served>, Json(Import { from }): Json<Import>) -> Result<Json<Taken>, Trouble> {
    use signalbox_ports::forge::Forge as _;
    let known = served.forge.repositories().await?;
    if let Some(known) = known.iter().find(|known| known.repository.0 == from) {
        return Ok(Json(Taken { repository: known.repository.0.clone(), notices: Vec::new() }));
    }
    let repository = Repository { from, name: None, description: None };
    let imported = take_in(&served.forge, &repository)
        .await
        .map_err(|error| Trouble(StatusCode::UNPROCESSABLE_ENTITY, format!("{error:#}")))?;
    Ok(Json(Taken { repository: imported.known.repository.0, notices: imported.notices }))
}

/// An answer that is none.
struct Trouble(StatusCode, String);

fn missing(what: &str) -> Trouble {
    Trouble(StatusCode::NOT_FOUND, format!("{what} is not there"))
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let status = match error {
            Error::Conflict => StatusCode::CONFLICT,
            Error::Unavailable(_) | Error::Later { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Rejected(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self(status, error.to_string())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}
