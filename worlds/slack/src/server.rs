//! The routes: the Web API, files, answers to interactions, sockets, and the control surface.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::{Value, json};

use crate::api::{self, Answer};
use crate::world::World;
use crate::{control, edge};

/// Nothing that Slack takes is larger.
const MAX_BODY: usize = 64 << 20;

pub(crate) fn routes(world: World) -> Router {
    Router::new()
        .route("/api/{method}", any(web_api))
        .route("/link/", get(socket))
        .route("/actions/{team}/{number}/{key}", post(respond))
        .route("/files-pri/{id}/{*name}", get(download))
        .route("/upload/v1/{ticket}", post(upload))
        .merge(control::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(world)
}

async fn web_api(
    State(world): State<World>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let latency = world.state().faults.latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let args = match api::parse(query.as_deref(), content_type, &String::from_utf8_lossy(&body)) {
        Ok(args) => args,
        Err(fail) => return said(&json!({ "ok": false, "error": fail.error })),
    };
    match world.act_apart(|state| api::call(state, &method, bearer(&headers), &args)) {
        Answer::Said(answer) => {
            let mut response = said(&answer);
            let scopes = api::scopes(&world.state(), bearer(&headers)).and_then(|scopes| scopes.parse().ok());
            if let Some(scopes) = scopes {
                response.headers_mut().insert("x-oauth-scopes", scopes);
            }
            response
        }
        Answer::Slower(seconds) => {
            let body = json!({ "ok": false, "error": "ratelimited" }).to_string();
            let headers =
                [(header::CONTENT_TYPE, "application/json".to_owned()), (header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
        }
        Answer::Broken(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, "upstream connect error").into_response()
        }
        Answer::Gone => gone(),
    }
}

async fn socket(State(world): State<World>, RawQuery(query): RawQuery, upgrade: WebSocketUpgrade) -> Response {
    let query = query.unwrap_or_default();
    let ticket = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "ticket");
    let Some(app) = ticket.and_then(|(_, ticket)| edge::hello(&world, &ticket)) else {
        return (StatusCode::FORBIDDEN, "the ticket opens nothing").into_response();
    };
    upgrade.on_upgrade(move |socket| edge::answer(world, app, socket))
}

async fn respond(
    State(world): State<World>,
    Path((team, number, key)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    match world.act_apart(|state| state.respond(&format!("{team}/{number}/{key}"), &answer)) {
        Ok(_) => (StatusCode::OK, "ok").into_response(),
        Err(fail) if fail.error.ends_with("_url") => (StatusCode::NOT_FOUND, fail.error).into_response(),
        Err(fail) => said(&json!({ "ok": false, "error": fail.error })),
    }
}

async fn download(State(world): State<World>, Path((id, _)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let id = id.rsplit('-').next().unwrap_or_default();
    match api::download(&world.state(), bearer(&headers), id) {
        Some((mime, bytes)) => ([(header::CONTENT_TYPE, mime)], bytes).into_response(),
        // Slack answers a stranger with its sign-in page, and 200.
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<html>Sign in</html>").into_response(),
    }
}

async fn upload(State(world): State<World>, Path(ticket): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bytes = match content_type.split_once("boundary=") {
        Some((_, boundary)) => part(&body, boundary.trim_matches('"')),
        None => body.to_vec(),
    };
    if api::upload(&mut world.state(), &ticket, content_type, &bytes) {
        (StatusCode::OK, format!("OK - {}", bytes.len())).into_response()
    } else {
        (StatusCode::NOT_FOUND, "no such upload").into_response()
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn said(answer: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer.to_string()).into_response()
}

/// An answer that breaks off: its length is promised and never kept.
fn gone() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("the connection broke")) });
    ([(header::CONTENT_LENGTH, "1000")], Body::from_stream(broken)).into_response()
}

/// The first part of a multipart body.
fn part(body: &[u8], boundary: &str) -> Vec<u8> {
    let find = |from: usize, what: &[u8]| {
        let rest = body.get(from..).unwrap_or_default();
        rest.windows(what.len().max(1)).position(|window| window == what).map(|at| from + at)
    };
    let start = find(0, b"\r\n\r\n").map(|at| at + 4);
    let end = start.and_then(|start| find(start, format!("\r\n--{boundary}").as_bytes()));
    match (start, end) {
        (Some(start), Some(end)) => body[start..end].to_vec(),
        (Some(_) | None, None) | (None, Some(_)) => Vec::new(),
    }
}
