//! The page's addresses, and what the page and the command line ask for.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use signalbox_domain::post::Action;
use signalbox_domain::talk::{MessageId, Person, Role};
use signalbox_ports::Error;
use signalbox_ports::intake::Intake;

use crate::access::{Viewer, guard};
use crate::board::Place;
use crate::console::{Console, Trouble};
use crate::encode::{self, MessageView, RoomView, ThreadView};
use crate::views::Views;
use crate::{assets, changes, outbox, runs, stream};

/// The largest request, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// The most threads of a room that are listed.
const MAX_THREADS: usize = 200;

type Answer<T> = Result<Json<T>, Trouble>;

impl Console {
    /// The page and its API, to be merged with whatever else is served. Begins to hand over to `intake` what people
    /// did and what was left over from before; needs a runtime.
    pub fn routes(&self, intake: Arc<dyn Intake>, views: Views) -> Router {
        tokio::spawn(outbox::drain(Arc::downgrade(&self.0), intake));
        let api = Router::new()
            .route("/api/overview", get(overview))
            .route("/api/stream", get(stream::stream))
            .route("/api/rooms", post(make_room))
            .route("/api/rooms/{room}", put(set_topic))
            .route("/api/rooms/{room}/messages", post(begin))
            .route("/api/threads/{room}/{root}", get(thread))
            .route("/api/threads/{room}/{root}/messages", post(reply))
            .route("/api/messages/{room}/{message}", put(rewrite).delete(delete))
            .route("/api/messages/{room}/{message}/press", post(press))
            .with_state(self.clone());
        api.merge(runs::routes(views.clone()))
            .merge(changes::routes(views))
            .merge(assets::routes())
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(from_fn_with_state(self.clone(), guard))
    }
}

#[derive(Serialize)]
struct Overview {
    /// What a stream goes on after.
    n: u64,
    me: Person,
    people: Vec<Person>,
    rooms: Vec<RoomView>,
    threads: Vec<ThreadView>,
}

async fn overview(State(console): State<Console>, Extension(Viewer(me)): Extension<Viewer>) -> Json<Overview> {
    let people = console.0.settings.members.iter().map(|member| member.person.clone()).collect();
    Json(console.0.board(|board| {
        let mut threads = Vec::new();
        for room in &board.rooms {
            let mut of_room: Vec<ThreadView> =
                board.threads(&room.id).filter_map(|thread| encode::thread(thread, &me)).collect();
            of_room.sort_by_key(|thread| std::cmp::Reverse(thread.last));
            of_room.truncate(MAX_THREADS);
            threads.append(&mut of_room);
        }
        Overview { n: board.latest(), me, people, rooms: board.rooms.iter().map(encode::room).collect(), threads }
    }))
}

#[derive(Serialize)]
struct Whole {
    n: u64,
    room: Option<RoomView>,
    thread: ThreadView,
    messages: Vec<MessageView>,
}

async fn thread(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path((room, root)): Path<(String, String)>,
) -> Answer<Whole> {
    let whole = console.0.board(|board| {
        let thread = board.thread(&room, &root)?;
        let place = |message: &MessageId| Place { room: room.clone(), root: root.clone(), message: message.clone() };
        let messages =
            thread.entries.iter().filter_map(|entry| encode::message(board, &place(&entry.id), &me)).collect();
        let view = encode::thread(thread, &me)?;
        Some(Whole { n: board.latest(), room: board.room(&room).map(encode::room), thread: view, messages })
    });
    whole.map(Json).ok_or_else(|| Trouble::Missing("that thread is not there".into()))
}

#[derive(Deserialize)]
struct Written {
    text: String,
    /// The sender's own name for it: sending again under the same name is the same message.
    key: Option<String>,
}

#[derive(Serialize)]
struct Kept {
    room: String,
    root: String,
    id: String,
}

impl From<Place> for Json<Kept> {
    fn from(place: Place) -> Self {
        Self(Kept { room: place.room, root: place.root, id: place.message.0 })
    }
}

async fn begin(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path(room): Path<String>,
    body: Result<Json<Written>, JsonRejection>,
) -> Answer<Kept> {
    let Json(Written { text, key }) = body?;
    Ok(console.write(me, room, None, &text, key).await?.into())
}

async fn reply(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path((room, root)): Path<(String, String)>,
    body: Result<Json<Written>, JsonRejection>,
) -> Answer<Kept> {
    let Json(Written { text, key }) = body?;
    Ok(console.write(me, room, Some(root), &text, key).await?.into())
}

async fn rewrite(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path((room, message)): Path<(String, MessageId)>,
    body: Result<Json<Written>, JsonRejection>,
) -> Answer<Kept> {
    let Json(Written { text, .. }) = body?;
    Ok(console.rewrite(me, room, message, &text).await?.into())
}

async fn delete(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path((room, message)): Path<(String, MessageId)>,
) -> Answer<Kept> {
    Ok(console.delete(me, room, message).await?.into())
}

#[derive(Deserialize)]
struct Pressed {
    action: Action,
}

async fn press(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path((room, message)): Path<(String, MessageId)>,
    body: Result<Json<Pressed>, JsonRejection>,
) -> Answer<Kept> {
    let Json(Pressed { action }) = body?;
    Ok(console.press(me, room, message, action).await?.into())
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
    #[serde(default)]
    topic: String,
}

async fn make_room(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    body: Result<Json<Named>, JsonRejection>,
) -> Answer<serde_json::Value> {
    let Json(Named { name, topic }) = body?;
    at_least(&me, Role::Member, "make rooms")?;
    Ok(Json(json!({ "id": console.make_room(name, topic).await? })))
}

async fn set_topic(
    State(console): State<Console>,
    Extension(Viewer(me)): Extension<Viewer>,
    Path(room): Path<String>,
    body: Result<Json<Named>, JsonRejection>,
) -> Answer<serde_json::Value> {
    let Json(Named { topic, .. }) = body?;
    at_least(&me, Role::Member, "change a topic")?;
    console.set_topic(room, topic).await?;
    Ok(Json(json!({})))
}

/// How much of a list is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Limit {
    limit: Option<usize>,
}

impl Limit {
    /// What is asked for, within bounds.
    pub(crate) fn within(query: &Query<Self>, most: usize) -> usize {
        query.limit.unwrap_or(most).clamp(1, most)
    }
}

/// Whether they may, in words.
pub(crate) fn at_least(person: &Person, role: Role, what: &str) -> Result<(), Trouble> {
    if person.role >= role {
        return Ok(());
    }
    Err(Trouble::Forbidden(format!("only a {} may {what}; you are a {}", role.words(), person.role.words())))
}

/// A refusal in words.
pub(crate) fn refusal(status: StatusCode, words: &str) -> Response {
    (status, Json(json!({ "error": words }))).into_response()
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Changed(_) => StatusCode::CONFLICT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        refusal(status, &self.to_string())
    }
}

impl From<JsonRejection> for Trouble {
    fn from(rejection: JsonRejection) -> Self {
        Self::Bad(format!("the request could not be read: {}", rejection.body_text()))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict => Self::Changed(error.to_string()),
            Error::Unavailable(why) | Error::Later { why, .. } => Self::Unavailable(why),
            Error::Rejected(why) => Self::Bad(why),
        }
    }
}
