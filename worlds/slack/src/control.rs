//! The control surface: what the handle does and shows, as JSON over HTTP, and a page to play with.

mod act;
mod build;
mod read;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::error::Error;
use crate::world::World;

const PAGE: &str = include_str!("page/index.html");

pub(crate) fn routes() -> Router<World> {
    Router::new().route("/", get(async || Html(PAGE))).route("/_world/{verb}", get(read).post(act))
}

/// The fields of a request.
struct Fields(Value);

impl Fields {
    /// A field that must be there.
    fn need<T: From<String>>(&self, name: &str) -> Result<T, Error> {
        self.get(name).ok_or_else(|| Error::not_allowed(format!("the field `{name}` is missing")))
    }

    fn get<T: From<String>>(&self, name: &str) -> Option<T> {
        self.0[name].as_str().filter(|text| !text.is_empty()).map(|text| T::from(text.to_owned()))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    fn number(&self, name: &str, otherwise: u32) -> u32 {
        let value = &self.0[name];
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(otherwise)
    }

    fn flag(&self, name: &str) -> bool {
        self.0[name] == true || self.0[name] == "true"
    }

    fn words(&self, name: &str) -> Vec<String> {
        let words = self.0[name].as_array().into_iter().flatten();
        words.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

async fn read(
    State(world): State<World>,
    Path(verb): Path<String>,
    Query(query): Query<std::collections::BTreeMap<String, String>>,
) -> Response {
    let fields = Fields(query.into_iter().map(|(name, value)| (name, Value::from(value))).collect());
    answer(read::read(&world, &verb, &fields))
}

async fn act(State(world): State<World>, Path(verb): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    // A page from elsewhere cannot send this type unasked.
    if !headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        let why = "send it as application/json";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, why).into_response();
    }
    let fields = match serde_json::from_slice::<Value>(&body) {
        Ok(fields) if fields.is_object() => Fields(fields),
        Ok(_) | Err(_) => return answer(Err(Error::not_allowed("the body must be a JSON object"))),
    };
    let built = build::build(&world, &verb, &fields);
    let done = match built {
        Some(built) => built,
        None => act::act(&world, &verb, &fields).await,
    };
    world.settle().await;
    answer(done)
}

fn answer(done: Result<Value, Error>) -> Response {
    let (status, body) = match done {
        Ok(body) => (StatusCode::OK, body),
        Err(why @ Error::Unknown { .. }) => (StatusCode::NOT_FOUND, json!({ "error": why.to_string() })),
        Err(why @ Error::NotAllowed(_)) => (StatusCode::BAD_REQUEST, json!({ "error": why.to_string() })),
        Err(why @ Error::Unanswered(_)) => (StatusCode::BAD_GATEWAY, json!({ "error": why.to_string() })),
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
