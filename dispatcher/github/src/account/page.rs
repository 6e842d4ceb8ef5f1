//! What people see while they link their account.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

/// One page.
pub(super) enum Shown<'a> {
    /// Is this you?
    Asked { ticket: &'a str, login: &'a str, person: &'a str },
    /// It is done.
    Done,
    /// They said no on GitHub.
    Declined,
    /// The address is not ours, or too old.
    Stale,
    /// Something went wrong.
    Failed,
}

/// Renders a page. It runs nothing, loads nothing and is shown in no other page.
pub(super) fn show(shown: &Shown<'_>) -> Response {
    let (status, text) = match shown {
        Shown::Asked { ticket, login, person } => (StatusCode::OK, asked(ticket, login, person)),
        Shown::Done => (
            StatusCode::OK,
            "<h1>Linked</h1><p>Signalbox goes on with what you asked for. You can close this page.</p>".to_owned(),
        ),
        Shown::Declined => (
            StatusCode::OK,
            "<h1>Not linked</h1><p>You did not sign in. Open the address in the private message again if you want to.</p>"
                .to_owned(),
        ),
        Shown::Stale => (
            StatusCode::GONE,
            "<h1>Too old</h1><p>This address is no longer good. Ask again in the thread; Signalbox sends you a new one.</p>"
                .to_owned(),
        ),
        Shown::Failed => (
            StatusCode::SERVICE_UNAVAILABLE,
            "<h1>That did not work</h1><p>GitHub could not be asked. Open the address in the private message again.</p>"
                .to_owned(),
        ),
    };
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Signalbox</title><style>body{{font:1rem/1.5 system-ui;max-width:36rem;margin:4rem auto;padding:0 1rem}}\
         button{{font:inherit;padding:.5rem 1rem}}</style>{text}</html>"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn asked(ticket: &str, login: &str, person: &str) -> String {
    format!(
        "<h1>Is this you?</h1><p>On GitHub you are <strong>{}</strong>. In the chat, somebody who is known there as \
         <code>{}</code> says that this is their account: what they ask for will be allowed as far as <em>you</em> may on \
         GitHub.</p><p>Say yes only if Signalbox sent you here itself, in a private message, after you had asked it for \
         something.</p><form method=post><input type=hidden name=ticket value=\"{}\"><button>Yes, that is me</button></form>",
        escaped(login),
        escaped(person),
        escaped(ticket),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
