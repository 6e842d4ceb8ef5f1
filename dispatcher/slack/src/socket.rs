//! Socket Mode: the same deliveries where Slack cannot reach the edge, on a web socket that we open.
//!
//! An envelope is acknowledged only when what is in it is kept; one that is not acknowledged, Slack sends again.

use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_ports::intake::Intake;
use signalbox_webhook::{MAX_BODY, Refused, json as strict};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use crate::api::{Method, Trouble};
use crate::edge::answer;
use crate::slack::Slack;

/// How long to wait before a socket is opened again, at first and at most. It doubles with each failure in a row.
const FIRST_REST: Duration = Duration::from_secs(1);
const MAX_REST: Duration = Duration::from_secs(60);
/// A socket that says nothing for so long is dead: Slack pings twice a minute.
const SILENCE: Duration = Duration::from_secs(120);
/// How long opening a socket may take.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

#[derive(Serialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Opened {
    url: String,
}

/// Why a socket ended.
enum Ended {
    /// Slack asked to come again, as it does every few hours.
    Renewed,
    /// It broke, or was silent.
    Broken(String),
}

/// Listens until it is dropped: opens a socket, takes what comes, opens the next when it ends. What could not be
/// opened, and why, is logged; a token that does not hold is an error of the log at every try, never the end.
pub async fn listen(slack: Slack, intake: Arc<dyn Intake>) {
    let mut rest = FIRST_REST;
    loop {
        match session(&slack, intake.as_ref(), &mut rest).await {
            Ok(Ended::Renewed) => {
                tracing::info!("slack asks for a new socket");
                slack.0.ears.count("socket renewed");
            }
            Ok(Ended::Broken(why)) => {
                tracing::warn!(why, rest_ms = millis(rest), "the socket to slack broke");
                slack.0.ears.count("socket broken");
                pause(&mut rest).await;
            }
            Err(Trouble::Later { until, why }) => {
                let wait = Duration::from_millis((until - slack.now()).max(Span::seconds(1)).0);
                tracing::warn!(why, wait_ms = millis(wait), "slack wants a pause before the next socket");
                tokio::time::sleep(wait).await;
            }
            Err(trouble @ Trouble::Unavailable(_)) => {
                tracing::warn!(%trouble, rest_ms = millis(rest), "no socket to slack could be opened");
                pause(&mut rest).await;
            }
            Err(trouble @ (Trouble::Refused { .. } | Trouble::Rejected(_))) => {
                tracing::error!(%trouble, "slack refuses a socket; is the app-level token right and Socket Mode on?");
                rest = MAX_REST;
                pause(&mut rest).await;
            }
        }
    }
}

async fn pause(rest: &mut Duration) {
    tokio::time::sleep(*rest).await;
    *rest = (*rest * 2).min(MAX_REST);
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

async fn session(slack: &Slack, intake: &dyn Intake, rest: &mut Duration) -> Result<Ended, Trouble> {
    let Opened { url } = slack.0.api.post_as_app(Method::OpenConnection, &Nothing {}).await?;
    let mut socket = connect(&url).await?;
    loop {
        let frame = match tokio::time::timeout(SILENCE, socket.next()).await {
            Err(_) => return Ok(Ended::Broken(format!("it was silent for {} s", SILENCE.as_secs()))),
            Ok(None) => return Ok(Ended::Broken("it was closed".into())),
            Ok(Some(Err(error))) => return Ok(Ended::Broken(error.to_string())),
            Ok(Some(Ok(frame))) => frame,
        };
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Close(_) => return Ok(Ended::Broken("it was closed".into())),
            Frame::Binary(_) | Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => continue,
        };
        match take(slack, intake, text.as_bytes()).await {
            Taken::Hello => {
                tracing::info!("a socket to slack is open");
                *rest = FIRST_REST;
            }
            Taken::Renew => return Ok(Ended::Renewed),
            Taken::Kept(answer) => {
                if let Err(error) = socket.send(Frame::text(answer.to_string())).await {
                    return Ok(Ended::Broken(error.to_string()));
                }
            }
            Taken::Not => {}
        }
    }
}

enum Taken {
    Hello,
    Renew,
    /// It is kept, or nothing to us: this is the acknowledgement.
    Kept(Value),
    /// It is not kept: Slack sends it again.
    Not,
}

async fn take(slack: &Slack, intake: &dyn Intake, text: &[u8]) -> Taken {
    let envelope = match strict::parse(text) {
        Ok(envelope) => envelope,
        Err(refused) => return not(slack, &refused),
    };
    match envelope.get("type").and_then(Value::as_str) {
        Some("hello") => return Taken::Hello,
        Some("disconnect") => return Taken::Renew,
        Some(_) | None => {}
    }
    let (Some(id), Some(payload)) = (envelope.get("envelope_id"), envelope.get("payload")) else {
        return not(slack, &Refused::Unreadable("the envelope is empty".into()));
    };
    match answer(slack, intake, payload).await {
        Ok(Some(answer)) => Taken::Kept(json!({ "envelope_id": id, "payload": answer })),
        Ok(None) => Taken::Kept(json!({ "envelope_id": id })),
        Err(refused) => not(slack, &refused),
    }
}

fn not(slack: &Slack, refused: &Refused) -> Taken {
    slack.0.ears.count(refused.reason());
    tracing::warn!(reason = refused.reason(), "an envelope from slack is not acknowledged");
    Taken::Not
}

async fn connect(url: &str) -> Result<Socket, Trouble> {
    let config = WebSocketConfig::default().max_message_size(Some(MAX_BODY)).max_frame_size(Some(MAX_BODY));
    let connector = if url.starts_with("ws://") { Connector::Plain } else { Connector::Rustls(Arc::new(tls()?)) };
    let opening = connect_async_tls_with_config(url, Some(config), false, Some(connector));
    match tokio::time::timeout(PATIENCE, opening).await {
        Ok(Ok((socket, _))) => Ok(socket),
        // The address holds a ticket, so it is not in the words.
        Ok(Err(_)) => Err(Trouble::Unavailable("Slack's socket could not be reached".into())),
        Err(_) => Err(Trouble::Unavailable(format!("Slack's socket did not open within {} s", PATIENCE.as_secs()))),
    }
}

/// What TLS is spoken with: said here, so that it does not hang on what else is linked in.
pub(crate) fn tls() -> Result<rustls::ClientConfig, Error> {
    use hyper_rustls::ConfigBuilderExt;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::rejected(format!("TLS cannot be spoken here: {error}")))?;
    let roots = builder.with_native_roots();
    let roots =
        roots.map_err(|error| Error::rejected(format!("this machine's certificates cannot be read: {error}")))?;
    Ok(roots.with_no_client_auth())
}
