//! Socket Mode: the same deliveries as envelopes on a web socket that the app opened, each acknowledged.

use axum::extract::ws::{Message as Frame, WebSocket};
use futures::channel::oneshot;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::edge::{Outgoing, Payload, Socket};
use crate::ids::AppId;
use crate::world::World;

impl World {
    /// Asks every open socket of an app to come again, as Slack does every few hours, and closes it.
    pub fn refresh_sockets(&self, app: &AppId) {
        self.hang_up(app, Some("refresh_requested"));
    }

    /// Cuts every open socket of an app without a word.
    pub fn cut_sockets(&self, app: &AppId) {
        self.hang_up(app, None);
    }

    /// How many sockets an app holds open.
    pub fn sockets(&self, app: &AppId) -> usize {
        self.state().sockets.values().filter(|socket| &socket.app == app).count()
    }

    /// Sends one envelope and gives the payload of its acknowledgement.
    pub(super) async fn through_socket(
        &self,
        outgoing: &Outgoing,
        retry: Option<&(u32, String)>,
    ) -> Result<Value, &'static str> {
        let (answered, id) = {
            let mut state = self.state();
            let count = state.count();
            let id = format!("{:08x}-0000-4000-8000-{count:012x}", state.chance.next() >> 32);
            // Any of the open ones may get it, and an old one that is not yet known to be dead, too.
            let open: Vec<_> = state.sockets.values().filter(|socket| socket.app == outgoing.app).cloned().collect();
            if open.is_empty() {
                return Err("connection_failed");
            }
            let chosen = state.chance.below(open.len());
            let (acknowledge, answered) = oneshot::channel();
            state.acks.insert(id.clone(), acknowledge);
            let frame = envelope(&id, &outgoing.payload, retry).to_string();
            if open[chosen].out.send(Frame::Text(frame.into())).is_err() {
                state.acks.remove(&id);
                return Err("connection_failed");
            }
            (answered, id)
        };
        let answer = tokio::time::timeout(self.0.patience, answered).await;
        self.state().acks.remove(&id);
        match answer {
            Ok(Ok(payload)) => Ok(payload),
            Ok(Err(_)) => Err("connection_failed"),
            Err(_) => Err("http_timeout"),
        }
    }

    fn hang_up(&self, app: &AppId, reason: Option<&str>) {
        let mut state = self.state();
        let (gone, kept) = std::mem::take(&mut state.sockets).into_iter().partition(|(_, socket)| &socket.app == app);
        state.sockets = kept;
        let gone: std::collections::BTreeMap<u64, Socket> = gone;
        for socket in gone.values() {
            if let Some(reason) = reason {
                let frame = json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "loopback" } });
                let _ = socket.out.send(Frame::Text(frame.to_string().into()));
            }
            let _ = socket.out.send(Frame::Close(None));
        }
    }
}

/// The app a socket's ticket was given to; a ticket opens one socket.
pub(crate) fn hello(world: &World, ticket: &str) -> Option<AppId> {
    world.state().tickets.remove(ticket)
}

/// Serves one socket until either side is gone.
pub(crate) async fn answer(world: World, app: AppId, mut socket: WebSocket) {
    let (out, mut frames) = mpsc::unbounded_channel();
    let id = {
        let mut state = world.state();
        let id = state.count();
        let open = state.sockets.values().filter(|socket| socket.app == app).count() + 1;
        let greeting = json!({
            "type": "hello",
            "num_connections": open,
            "connection_info": { "app_id": app.0 },
            "debug_info": { "host": "loopback", "build_number": 1, "approximate_connection_time": 18_060 },
        });
        // The receiver is just below.
        let _ = out.send(Frame::Text(greeting.to_string().into()));
        state.sockets.insert(id, Socket { app: app.clone(), out });
        id
    };
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let Some(frame) = frame else { break };
                let closing = matches!(frame, Frame::Close(_));
                if socket.send(frame).await.is_err() || closing {
                    break;
                }
            }
            frame = socket.recv() => {
                let Some(Ok(frame)) = frame else { break };
                if let Ok(text) = frame.to_text() {
                    acknowledge(&world, text);
                }
            }
        }
    }
    world.state().sockets.remove(&id);
}

fn envelope(id: &str, payload: &Payload, retry: Option<&(u32, String)>) -> Value {
    let (kind, accepts) = match payload {
        Payload::Event(_) => ("events_api", false),
        Payload::Interactive(_) | Payload::Suggestion(_) => ("interactive", true),
        Payload::Command(_) => ("slash_commands", true),
    };
    let mut envelope = json!({
        "type": kind,
        "envelope_id": id,
        "accepts_response_payload": accepts,
        "payload": payload.value(),
    });
    if kind == "events_api" {
        envelope["retry_attempt"] = json!(retry.map_or(0, |(number, _)| *number));
        envelope["retry_reason"] = json!(retry.map_or("", |(_, reason)| reason));
    }
    envelope
}

fn acknowledge(world: &World, text: &str) {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return };
    let Some(id) = frame["envelope_id"].as_str() else { return };
    if let Some(waiting) = world.state().acks.remove(id) {
        // Nobody waits any more: it came too late.
        let _ = waiting.send(frame["payload"].clone());
    }
}
