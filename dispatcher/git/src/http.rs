//! The door: git's smart HTTP, for those with a token and for what it allows.

mod fetch;
mod push;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use signalbox_domain::id::Repository;
use signalbox_ports::Error;
use tower_http::decompression::RequestDecompressionLayer;

use crate::token::Powers;
use crate::{Forge, Place};

/// The user's name that goes with a token.
const USER: &str = "x-access-token";

/// The routes under `/git`: `/git/<owner>/<name>.git` is what a git client clones, fetches from and pushes to, with the
/// user `x-access-token` and the token of a devbox as the password.
pub fn routes(forge: Arc<Forge>) -> Router {
    Router::new()
        .route("/git/{owner}/{name}/info/refs", get(refs))
        .route("/git/{owner}/{name}/git-upload-pack", post(upload))
        .route("/git/{owner}/{name}/git-receive-pack", post(receive))
        .layer(RequestDecompressionLayer::new())
        .with_state(forge)
}

/// The two things git does over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Fetch,
    Push,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Fetch => "upload-pack",
            Self::Push => "receive-pack",
        }
    }
}

/// Why the door stays shut, in words that a git client shows.
#[derive(Debug)]
enum Shut {
    /// Who is there?
    Unknown(String),
    /// Not with this token.
    Forbidden(String),
    /// Nothing is there.
    Missing(String),
    /// Not like this.
    Malformed(String),
    /// Too much.
    Large(String),
    /// Not now.
    Trouble(Error),
}

#[derive(Deserialize)]
struct Asked {
    service: Option<String>,
}

async fn refs(
    State(forge): State<Arc<Forge>>,
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Shut> {
    let service = match asked.service.as_deref() {
        Some("git-upload-pack") => Service::Fetch,
        Some("git-receive-pack") => Service::Push,
        Some(_) | None => {
            return Err(Shut::Forbidden("this is served to git clients that speak the smart protocol only".into()));
        }
    };
    let (place, _) = admit(&forge, &owner, &name, service, &headers)?;
    fetch::advertise(&forge, &place, service, &headers).await
}

async fn upload(
    State(forge): State<Arc<Forge>>,
    Path((owner, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Shut> {
    let (place, _) = admit(&forge, &owner, &name, Service::Fetch, request.headers())?;
    typed(Service::Fetch, request.headers())?;
    fetch::serve(forge, place, request).await
}

async fn receive(
    State(forge): State<Arc<Forge>>,
    Path((owner, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Shut> {
    let (place, _) = admit(&forge, &owner, &name, Service::Push, request.headers())?;
    typed(Service::Push, request.headers())?;
    push::serve(forge, place, request).await
}

/// Who comes in, and with which powers. A repository the token is not for is not even said to be there or not.
fn admit(
    forge: &Forge,
    owner: &str,
    name: &str,
    service: Service,
    headers: &HeaderMap,
) -> Result<(Place, Powers), Shut> {
    let token = token(headers).ok_or_else(|| Shut::Unknown("a token is needed here".into()))?;
    let powers = forge.powers(&token).map_err(Shut::Trouble)?.map_err(|refused| Shut::Unknown(refused.to_string()))?;
    let asked = name.strip_suffix(".git").map(|name| Repository(format!("{owner}/{name}")));
    if asked.as_ref() != Some(&powers.repository) {
        return Err(Shut::Forbidden(format!("this token is for {} only", powers.repository)));
    }
    if service == Service::Push && powers.push.is_none() {
        return Err(Shut::Forbidden(format!("this token may read {}, not push to it", powers.repository)));
    }
    let place = forge.there(&powers.repository).map_err(|error| Shut::Missing(error.to_string()))?;
    Ok((place, powers))
}

/// The token of a request, if it brings one.
fn token(headers: &HeaderMap) -> Option<String> {
    let (scheme, value) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(value.trim()).ok()?).ok()?;
    let (user, token) = text.split_once(':')?;
    (user == USER).then(|| token.to_owned())
}

/// A body is what it should be by its type, so that no web page can send one.
fn typed(service: Service, headers: &HeaderMap) -> Result<(), Shut> {
    let expected = format!("application/x-git-{}-request", service.name());
    match headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        Some(found) if found == expected => Ok(()),
        Some(_) | None => Err(Shut::Malformed(format!("the body must be of type {expected}"))),
    }
}

/// The headers of every answer git gives.
fn answer(service: Service, kind: &str, body: axum::body::Body) -> Response {
    let kind = format!("application/x-git-{}-{kind}", service.name());
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache, max-age=0, must-revalidate".into())], body)
        .into_response()
}

impl From<Error> for Shut {
    fn from(error: Error) -> Self {
        Self::Trouble(error)
    }
}

impl IntoResponse for Shut {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::Unknown(words) => {
                let ask = [(header::WWW_AUTHENTICATE, r#"Basic realm="signalbox", charset="UTF-8""#)];
                return (StatusCode::UNAUTHORIZED, ask, format!("{words}\n")).into_response();
            }
            Self::Forbidden(words) => (StatusCode::FORBIDDEN, words),
            Self::Missing(words) => (StatusCode::NOT_FOUND, words),
            Self::Malformed(words) => (StatusCode::BAD_REQUEST, words),
            Self::Large(words) => (StatusCode::PAYLOAD_TOO_LARGE, words),
            Self::Trouble(error) => {
                // The details are for whoever runs the forge, not for what runs in a devbox.
                tracing::warn!(error = %error, "failed to serve git");
                (StatusCode::SERVICE_UNAVAILABLE, "the forge cannot answer now; try again".into())
            }
        };
        (status, format!("{words}\n")).into_response()
    }
}
