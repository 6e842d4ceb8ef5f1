//! Who may ask: a token says who you are, a host name says that it is this page, an origin says that you meant to.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use signalbox_domain::id::Digest;
use signalbox_domain::talk::{Person, Role};

use crate::console::{Console, Inner};
use crate::routes::refusal;

/// The one who asks, proven.
#[derive(Clone, Debug)]
pub(crate) struct Viewer(pub(crate) Person);

/// What every answer carries: nothing but this page's own files is loaded, run, framed or told of elsewhere, and no
/// script can turn text into markup.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
const YEAR_SECONDS: u32 = 31_536_000;

/// Lets those in who may come in.
pub(crate) async fn guard(State(console): State<Console>, request: Request, next: Next) -> Response {
    let mut response = enter(&console.0, request, next).await.unwrap_or_else(|refused| refused);
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !response.headers().contains_key("cache-control") {
        response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    }
    response
}

async fn enter(console: &Inner, mut request: Request, next: Next) -> Result<Response, Response> {
    let host = host(console, request.headers()).ok_or_else(strange_host)?;
    let path = request.uri().path();
    // The page's own files are the same for everybody and hold nothing of anybody.
    if path.starts_with("/assets/") {
        return Ok(next.run(request).await);
    }
    if let Some(token) = offered(request.uri()) {
        let member = person(console, &token).ok_or_else(|| door("That token is not one of this console's."))?;
        tracing::debug!(person = %member.id, "somebody came in");
        return Ok(welcome(console, path, &token));
    }
    let (person, bearer) = match bearer(request.headers()) {
        Some(token) => (person(console, token), true),
        None => (cookie(request.headers(), &console.cookie).and_then(|token| person(console, token)), false),
    };
    let Some(person) = person else {
        let words = "this needs the console's token: open the address printed when Signalbox started";
        let page = !path.starts_with("/api/");
        return Err(if page { door("") } else { refusal(StatusCode::UNAUTHORIZED, words) });
    };
    if person.role == Role::Outsider {
        return Err(refusal(StatusCode::FORBIDDEN, "your token is known, but you are not one of the team"));
    }
    // A cookie goes along with whatever a browser sends: only a request that this page made counts.
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && !bearer && !same_origin(request.headers(), &host) {
        return Err(refusal(StatusCode::FORBIDDEN, "this came from another site's page, so it was not done"));
    }
    request.extensions_mut().insert(Viewer(person));
    Ok(next.run(request).await)
}

/// The name the page was asked for by, if it is one of its names.
fn host(console: &Inner, headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?.to_ascii_lowercase();
    if hosts.next().is_some() {
        return None;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => &host,
    };
    let known =
        matches!(name, "localhost" | "127.0.0.1" | "[::1]") || console.settings.hosts.iter().any(|own| own == name);
    known.then_some(host)
}

fn same_origin(headers: &HeaderMap, host: &str) -> bool {
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.and_then(|origin| origin.split_once("://")).is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
}

/// Whom a token stands for. Digests are compared, so that the time it takes tells nothing of the token.
fn person(console: &Inner, token: &str) -> Option<Person> {
    let given = Digest::of(token.as_bytes());
    let mut members = console.settings.members.iter();
    let member = members.find(|member| !member.token.is_empty() && Digest::of(member.token.as_bytes()) == given)?;
    Some(member.person.clone())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The token in `?token=…`.
fn offered(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "token")
        .map(|(_, token)| token.trim().to_string())
}

/// Keeps the token where no script can read it, and takes it out of the address.
fn welcome(console: &Inner, path: &str, token: &str) -> Response {
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={YEAR_SECONDS}", console.cookie);
    let Ok(cookie) = HeaderValue::from_str(&cookie) else {
        return door("That token is not one of this console's.");
    };
    let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(SET_COOKIE, cookie), (LOCATION, to)]).into_response()
}

fn door(why: &'static str) -> Response {
    (StatusCode::UNAUTHORIZED, Html(include_str!("page/door.html").replace("{{why}}", why))).into_response()
}

fn strange_host() -> Response {
    let words = "this console answers to localhost only; open the address printed when Signalbox started";
    refusal(StatusCode::MISDIRECTED_REQUEST, words)
}
