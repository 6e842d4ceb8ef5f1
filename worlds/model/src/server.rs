//! The routes, and how an answer goes out: whole or streamed, well or badly.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Given};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use futures::stream::{self, Stream};
use serde_json::{Value, json};

use crate::protocol::{Answer, Event, Heard, Protocol};
use crate::script::{Fault, Script, Tokens, Turn};
use crate::seen::Seen;
use crate::world::{Cue, State, lock};

/// Nothing larger is read.
const MAX_BODY: usize = 64 << 20;

pub(crate) fn routes(state: Arc<Mutex<State>>) -> Router {
    Router::new().fallback(answer).with_state(state)
}

/// What a path is for.
enum Asked {
    Say(Protocol),
    /// How many tokens a request would have.
    Count(Protocol),
    Models(Protocol),
    /// Whether somebody is there.
    Ping,
    Unknown,
}

fn asked(method: &str, path: &str) -> Asked {
    let action = path.rsplit(':').next().unwrap_or_default();
    match (method, path) {
        ("HEAD" | "GET", "/") => Asked::Ping,
        ("POST", "/v1/messages") => Asked::Say(Protocol::Messages),
        ("POST", "/v1/messages/count_tokens") => Asked::Count(Protocol::Messages),
        ("POST", "/v1/responses") => Asked::Say(Protocol::Responses),
        ("POST", "/v1/chat/completions") => Asked::Say(Protocol::Chat),
        ("GET", "/v1/models") => Asked::Models(Protocol::Chat),
        ("GET", "/v1beta/models") => Asked::Models(Protocol::Gemini),
        ("POST", _) if path.starts_with("/v1beta/models/") => match action {
            "generateContent" | "streamGenerateContent" => Asked::Say(Protocol::Gemini),
            "countTokens" => Asked::Count(Protocol::Gemini),
            _ => Asked::Unknown,
        },
        _ => Asked::Unknown,
    }
}

async fn answer(Given(state): Given<Arc<Mutex<State>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let path = head.uri.path();
    let mut seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), shown(value.as_bytes()))).collect(),
        body: body.clone(),
        protocol: None,
        answered: None,
        billed: None,
        status: 200,
        refused: None,
    };
    let (response, held) = {
        let mut state = lock(&state);
        let number = state.seen.len() + 1;
        let reply = match asked(&seen.method, path) {
            Asked::Say(protocol) => {
                seen.protocol = Some(protocol);
                say(&mut state, protocol, path, head.uri.query(), &head.headers, &body, number, &mut seen)
            }
            Asked::Count(protocol) => match allowed(&state.script, protocol, head.uri.query(), &head.headers) {
                // About what a real one counts.
                Ok(()) if protocol == Protocol::Gemini => Ok(whole(&json!({ "totalTokens": bytes.len() / 4 }))),
                Ok(()) => Ok(whole(&json!({ "input_tokens": bytes.len() / 4 }))),
                Err(words) => Err((401, words)),
            },
            Asked::Models(protocol) => models(&state.script, protocol, &head.headers, head.uri.query()),
            Asked::Ping => Ok(whole(&json!({}))),
            Asked::Unknown => Err((404, format!("{} {path} is nothing here", seen.method))),
        };
        let held = matches!(&reply, Ok(Reply::Silent));
        let response = match reply {
            Ok(Reply::Said(response)) => response,
            Ok(Reply::Silent) => StatusCode::OK.into_response(),
            Err((status, words)) => {
                let protocol = seen.protocol.unwrap_or(Protocol::Messages);
                let kind = match status {
                    401 => "authentication_error",
                    404 => "not_found_error",
                    _ => "invalid_request_error",
                };
                seen.refused = Some(words.clone());
                trouble(status, &protocol.trouble(status, kind, &words), None)
            }
        };
        seen.status = response.status().as_u16();
        state.seen.push(seen);
        (response, held)
    };
    if held {
        // Until whoever asked is gone.
        std::future::pending::<()>().await;
    }
    response
}

enum Reply {
    Said(Response),
    Silent,
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn whole(body: &Value) -> Reply {
    Reply::Said(([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response())
}

fn trouble(status: u16, body: &Value, retry_after: Option<u32>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Whether there is a credential where the provider looks for it, and it is taken.
fn allowed(script: &Script, protocol: Protocol, query: Option<&str>, headers: &HeaderMap) -> Result<(), String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let asked = query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("key="));
    let given = match protocol {
        Protocol::Messages => text("x-api-key").or(bearer),
        Protocol::Responses | Protocol::Chat => bearer,
        Protocol::Gemini => text("x-goog-api-key").or(asked),
    };
    match given {
        None | Some("") => Err("there is no credential".to_owned()),
        Some(key) if script.keys.is_empty() || script.keys.iter().any(|known| known == key) => Ok(()),
        Some(_) => Err("invalid x-api-key".to_owned()),
    }
}

fn models(
    script: &Script,
    protocol: Protocol,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Reply, (u16, String)> {
    let protocol = if headers.contains_key("anthropic-version") { Protocol::Messages } else { protocol };
    allowed(script, protocol, query, headers).map_err(|words| (401, words))?;
    let named = script.sessions.iter().filter_map(|session| session.when.model.clone());
    Ok(match protocol {
        Protocol::Gemini => whole(
            &json!({ "models": named.map(|name| json!({ "name": format!("models/{name}") })).collect::<Vec<_>>() }),
        ),
        Protocol::Messages => {
            let models = named.map(|name| json!({ "type": "model", "id": name, "display_name": name }));
            whole(&json!({ "data": models.collect::<Vec<_>>(), "has_more": false }))
        }
        Protocol::Responses | Protocol::Chat => {
            let models = named.map(|name| json!({ "id": name, "object": "model", "owned_by": "script" }));
            whole(&json!({ "object": "list", "data": models.collect::<Vec<_>>() }))
        }
    })
}

#[expect(clippy::too_many_arguments, reason = "a request's parts, as they came")]
fn say(
    state: &mut State,
    protocol: Protocol,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Value,
    number: usize,
    seen: &mut Seen,
) -> Result<Reply, (u16, String)> {
    allowed(&state.script, protocol, query, headers).map_err(|words| (401, words))?;
    if protocol == Protocol::Messages && !headers.contains_key("anthropic-version") {
        return Err((400, "anthropic-version: header is required".to_owned()));
    }
    let heard = protocol.hear(path, body).map_err(|words| (400, words))?;
    let Cue { turn, fault, answered } = state.cue(&heard).map_err(|words| (400, words))?;
    if let Some(fault) = fault {
        if fault == Fault::Silent {
            return Ok(Reply::Silent);
        }
        if let Some((status, body)) = protocol.fault(fault) {
            let after = if let Fault::Limited(seconds) = fault { Some(seconds) } else { None };
            return Ok(Reply::Said(trouble(status, &body, after)));
        }
    }
    seen.answered = answered;
    seen.billed = Some(written(&heard, &turn));
    Ok(Reply::Said(spoken(protocol, &heard, &turn, fault, number)))
}

fn spoken(protocol: Protocol, heard: &Heard, turn: &Turn, fault: Option<Fault>, number: usize) -> Response {
    let declined = fault == Some(Fault::Declined);
    let mut turn = turn.clone();
    if declined {
        turn.calls.clear();
    }
    // Who is asked for fewer tokens writes fewer, whatever the script has.
    let cut = heard.most.is_some_and(|most| turn.tokens.output > most);
    turn.tokens = written(heard, &turn);
    let turn = &turn;
    let answer = Answer { heard, turn, number, counted: fault != Some(Fault::Uncounted), declined, cut };
    if !heard.streamed {
        return match whole(&protocol.whole(&answer)) {
            Reply::Said(response) => response,
            Reply::Silent => StatusCode::OK.into_response(),
        };
    }
    let events = with_trouble(protocol, protocol.stream(&answer), fault);
    let pause = if let Some(Fault::Slow(pause)) = fault { Duration::from_millis(pause) } else { Duration::ZERO };
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(paced(events, pause))).into_response()
}

/// The tokens of an answer, which is no longer than it may be.
fn written(heard: &Heard, turn: &Turn) -> Tokens {
    let output = turn.tokens.output.min(heard.most.unwrap_or(u64::MAX));
    Tokens { output, thought: turn.tokens.thought.min(output), ..turn.tokens }
}

/// The events as they go out; one that is an error ends the connection.
fn with_trouble(protocol: Protocol, events: Vec<Event>, fault: Option<Fault>) -> Vec<io::Result<Bytes>> {
    let sent =
        |events: Vec<Event>| events.into_iter().map(|event| Ok(Bytes::from(event.written()))).collect::<Vec<_>>();
    match fault {
        Some(Fault::Dropped(after)) => {
            let mut sent = sent(events.into_iter().take(after).collect());
            sent.push(Err(io::Error::other("dropped")));
            sent
        }
        Some(Fault::Failed(after)) => sent(events.into_iter().take(after).chain([protocol.failure()]).collect()),
        Some(_) | None => sent(events),
    }
}

fn paced(events: Vec<io::Result<Bytes>>, pause: Duration) -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter(events).then(move |event| async move {
        if event.is_err() {
            // What was sent before has to be on its way, or the connection ends without it.
            tokio::time::sleep(Duration::from_millis(20)).await;
        } else if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        event
    })
}
