//! What holds for every request, whichever router answers it.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use signalbox_ports::boxes::Boxes;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use crate::boxes;

/// How long it may take until an answer begins, and how long a request's body may be silent.
pub const EDGE_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest body of a request whose router sets no bound of its own, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// The boxes' routes, `/healthz`, and whatever else is served (`more`: the console, a forge). A path that nobody has is
/// told so in words; a handler that panics costs its request, not the server.
///
/// `more` brings no fallback of its own, and its layers are its own.
pub fn router(boxes: Arc<dyn Boxes>, more: impl IntoIterator<Item = Router>) -> Router {
    let own = boxes::routes(boxes).route("/healthz", get(|| async { "ok\n" }));
    more.into_iter()
        .fold(own, Router::merge)
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(RequestBodyTimeoutLayer::new(EDGE_TIMEOUT))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, EDGE_TIMEOUT))
        .layer(CatchPanicLayer::custom(caught))
}

async fn nowhere(uri: Uri) -> Response {
    // The path is anybody's words: it is told back as plain text, without its query.
    let words = format!("there is nothing at {}\n", uri.path());
    (StatusCode::NOT_FOUND, words).into_response()
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, format!("{} does not take {method}\n", uri.path())).into_response()
}

fn caught(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(said = said.unwrap_or("nothing"), "a request's handler panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, "something broke inside; it was logged\n").into_response()
}
