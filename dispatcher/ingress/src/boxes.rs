//! What runners ask over HTTP, and what they are answered.
//!
//! | Request | Token | Answers |
//! |---|---|---|
//! | `POST /boxes/claim` | claim | 200 assignment, 409 handed out before, 410 gone |
//! | `POST /boxes/report` with a report | report | 200 control, 410 gone |
//! | `POST /boxes/token` | report | 200 a fresh token for the checkout or null, 410 gone |
//! | `PUT /boxes/blobs/{digest}` with bytes | report | 201, 400 other bytes, 410 gone, 413 too many |
//!
//! 401: no token. 503: ask again.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use axum::{Json, Router};
use signalbox_domain::devbox::{Assignment, Control, Report};
use signalbox_domain::id::Digest;
use signalbox_ports::blobs::MAX_BLOB;
use signalbox_ports::boxes::{Boxes, Refusal};

/// The largest report, in bytes.
pub const MAX_REPORT: usize = 1024 * 1024;

/// An answer that is no.
struct No(StatusCode, String);

pub(crate) fn routes(boxes: Arc<dyn Boxes>) -> Router {
    Router::new()
        .route("/boxes/claim", post(claim).layer(DefaultBodyLimit::max(1024)))
        .route("/boxes/report", post(report).layer(DefaultBodyLimit::max(MAX_REPORT)))
        .route("/boxes/token", post(renew).layer(DefaultBodyLimit::max(1024)))
        .route("/boxes/blobs/{digest}", put(upload).layer(DefaultBodyLimit::max(MAX_BLOB)))
        .with_state(boxes)
}

async fn claim(State(boxes): State<Arc<dyn Boxes>>, headers: HeaderMap) -> Result<Json<Assignment>, No> {
    Ok(Json(boxes.claim(token(&headers)?).await?))
}

async fn report(
    State(boxes): State<Arc<dyn Boxes>>,
    headers: HeaderMap,
    report: Result<Json<Report>, JsonRejection>,
) -> Result<Json<Control>, No> {
    let token = token(&headers)?;
    let Json(report) = report.map_err(|rejection| No(rejection.status(), rejection.body_text()))?;
    Ok(Json(boxes.report(token, report).await?))
}

async fn renew(State(boxes): State<Arc<dyn Boxes>>, headers: HeaderMap) -> Result<Json<Option<String>>, No> {
    Ok(Json(boxes.renew(token(&headers)?).await?))
}

async fn upload(
    State(boxes): State<Arc<dyn Boxes>>,
    Path(digest): Path<Digest>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, No> {
    let token = token(&headers)?;
    let bytes = bytes.map_err(|rejection| No(rejection.status(), rejection.body_text()))?;
    let is = Digest::of(&bytes);
    if is != digest {
        return Err(No(StatusCode::BAD_REQUEST, format!("the bytes are {is}, not what their address says")));
    }
    boxes.upload(token, &digest, &bytes).await?;
    Ok(StatusCode::CREATED)
}

fn token(headers: &HeaderMap) -> Result<&str, No> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = given.map(str::trim).filter(|token| !token.is_empty());
    token.ok_or_else(|| No(StatusCode::UNAUTHORIZED, "this needs a box's token: Authorization: Bearer …".into()))
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Taken => StatusCode::CONFLICT,
            Refusal::Gone => StatusCode::GONE,
            Refusal::Rejected(_) => StatusCode::BAD_REQUEST,
            Refusal::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self(status, refusal.to_string())
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        (self.0, self.1 + "\n").into_response()
    }
}
