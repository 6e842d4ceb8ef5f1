//! Webhooks: who is told what, and every attempt to tell it.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use ring::hmac;
use serde_json::{Value, json};

use crate::auth::guid;
use crate::show;
use crate::state::State;
use crate::world::{Inner, lock};

/// GitHub gives up on an answer after ten seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What happens to a delivery on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrive,
    /// It does not arrive, and GitHub knows: it can be redelivered.
    Fail,
    /// It was never made: nothing is sent, and nothing is in the list.
    Vanish,
    /// It arrives that many times, under the same GUID.
    Copies(u32),
    /// It arrives that many times, each under a GUID of its own.
    Fresh(u32),
    /// It arrives after the one that comes next.
    Late,
    /// It arrives, and the connection breaks before an answer.
    DieAfterReceipt,
}

/// A delivery that is about to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The event, as in `X-GitHub-Event`.
    pub event: String,
    /// Its action.
    pub action: Option<String>,
    /// Its GUID, as in `X-GitHub-Delivery`.
    pub guid: String,
    /// Whether it was sent before.
    pub redelivery: bool,
    /// The payload.
    pub payload: Arc<Value>,
}

/// One attempt to deliver, as GitHub lists it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: u64,
    pub(crate) app: u64,
    pub(crate) guid: String,
    pub(crate) at: u64,
    pub(crate) redelivery: bool,
    pub(crate) seconds: f64,
    pub(crate) status: String,
    pub(crate) code: u16,
    pub(crate) event: String,
    pub(crate) action: Option<String>,
    pub(crate) installation: Option<u64>,
    pub(crate) repository: Option<u64>,
    pub(crate) url: String,
    pub(crate) request: Value,
    pub(crate) payload: Arc<Value>,
    pub(crate) response: Value,
    pub(crate) answer: Option<String>,
}

/// What is on its way to an app.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    app: u64,
    installation: Option<u64>,
    repository: Option<u64>,
    redelivery: bool,
    event: String,
    action: Option<String>,
    guid: String,
    payload: Arc<Value>,
}

pub(crate) enum Order {
    Send(Box<Parcel>),
    Flush,
}

/// Decides what happens to a delivery.
pub(crate) type Script = Box<dyn FnMut(&Outgoing) -> Fate + Send>;

/// The way out.
pub(crate) struct Outbox {
    pub(crate) orders: Sender<Order>,
    /// Deliveries that are not over.
    pub(crate) pending: tokio::sync::watch::Sender<usize>,
    pub(crate) script: std::sync::Mutex<Option<Script>>,
    pub(crate) outage: std::sync::atomic::AtomicBool,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Outbox").field("pending", &*self.pending.borrow()).finish_non_exhaustive()
    }
}

impl Outbox {
    pub(crate) fn new() -> (Self, Receiver<Order>) {
        let (orders, received) = std::sync::mpsc::channel();
        let (pending, _) = tokio::sync::watch::channel(0);
        (Self { orders, pending, script: None.into(), outage: false.into() }, received)
    }

    fn send(&self, parcel: Parcel) {
        self.pending.send_modify(|pending| *pending += 1);
        if self.orders.send(Order::Send(Box::new(parcel))).is_err() {
            self.over();
        }
    }

    fn over(&self) {
        self.pending.send_modify(|pending| *pending = pending.saturating_sub(1));
    }
}

/// Whom an event is told besides those who subscribed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// Every app that subscribed.
    Subscribers,
    /// One app only, subscribed or not.
    App(u64),
}

impl Inner {
    /// Tells the apps that something happened in a repository.
    pub(crate) fn tell(
        &self,
        state: &State,
        repository: u64,
        event: &str,
        action: Option<&str>,
        sender: u64,
        parts: Value,
    ) {
        self.tell_to(state, To::Subscribers, repository, event, action, sender, parts);
    }

    /// Tells one app or all.
    #[expect(clippy::too_many_arguments, reason = "an event has that many parts, and each is of its own kind")]
    pub(crate) fn tell_to(
        &self,
        state: &State,
        to: To,
        repository: u64,
        event: &str,
        action: Option<&str>,
        sender: u64,
        parts: Value,
    ) {
        let Some(found) = state.repositories.get(&repository) else { return };
        for app in state.apps.values() {
            let wanted = match to {
                To::Subscribers => app.events.contains(event),
                To::App(only) => app.id == only,
            };
            let Some(installation) = state.installed(app.id, found) else { continue };
            if !wanted || installation.suspended.is_some() {
                continue;
            }
            let mut payload = parts.clone();
            if payload.get("repository").is_none() {
                payload["repository"] = show::repository(state, self.base(), found);
            }
            let owner = &state.accounts[&found.owner];
            if owner.kind == crate::state::Kind::Organization {
                payload["organization"] = show::organization(self.base(), owner);
            }
            payload["sender"] = show::user(state, self.base(), sender);
            let node = show::node("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u", installation.id);
            payload["installation"] = json!({"id": installation.id, "node_id": node});
            self.post(state, app.id, Some(installation.id), Some(repository), event, action, payload);
        }
    }

    /// Tells an app something about itself or its installations, if it wants its webhooks anywhere by then.
    #[expect(clippy::too_many_arguments, reason = "an event has that many parts, and each is of its own kind")]
    pub(crate) fn post(
        &self,
        state: &State,
        app: u64,
        installation: Option<u64>,
        repository: Option<u64>,
        event: &str,
        action: Option<&str>,
        mut payload: Value,
    ) {
        if let Some(action) = action {
            payload["action"] = action.into();
        }
        if let Some(description) = &self.description {
            let breaches = description.webhook(event, action, &payload);
            lock(&self.meters).breaches.extend(breaches);
        }
        if state.apps.get(&app).is_none_or(|app| app.hook.is_none()) {
            return;
        }
        let (event, action) = (event.to_owned(), action.map(str::to_owned));
        let (redelivery, guid, payload) = (false, guid(), Arc::new(payload));
        self.outbox.send(Parcel { app, installation, repository, redelivery, event, action, guid, payload });
    }

    /// Sends a delivery again, under its GUID.
    pub(crate) fn again(&self, sent: &Sent) {
        let Sent { app, installation, repository, event, action, guid, payload, .. } = sent.clone();
        let redelivery = true;
        self.outbox.send(Parcel { app, installation, repository, redelivery, event, action, guid, payload });
    }

    /// Sends one parcel to its app, whatever becomes of it.
    fn carry(&self, parcel: Parcel, held: &mut Vec<Parcel>) {
        let outgoing = Outgoing {
            event: parcel.event.clone(),
            action: parcel.action.clone(),
            guid: parcel.guid.clone(),
            redelivery: parcel.redelivery,
            payload: Arc::clone(&parcel.payload),
        };
        let out = self.outbox.outage.load(std::sync::atomic::Ordering::SeqCst);
        let scripted = lock(&self.outbox.script).as_mut().map_or(Fate::Arrive, |script| script(&outgoing));
        match if out { Fate::Fail } else { scripted } {
            Fate::Arrive => self.attempt(&parcel, Way::Whole),
            Fate::Fail => self.attempt(&parcel, Way::Blocked),
            Fate::Vanish => {}
            Fate::Copies(copies) => (0..copies).for_each(|_| self.attempt(&parcel, Way::Whole)),
            Fate::Fresh(copies) => {
                (0..copies).for_each(|_| self.attempt(&Parcel { guid: guid(), ..parcel.clone() }, Way::Whole));
            }
            Fate::Late => {
                held.push(parcel);
                return;
            }
            Fate::DieAfterReceipt => self.attempt(&parcel, Way::Cut),
        }
        self.outbox.over();
    }

    fn attempt(&self, parcel: &Parcel, way: Way) {
        let (id, at, url, secret) = {
            let mut state = self.state();
            let Some(app) = state.apps.get(&parcel.app) else { return };
            let (url, secret) = (app.hook.clone(), app.webhook_secret.clone());
            let Some(url) = url else { return };
            (state.fresh(), self.now(), url, secret)
        };
        let body = serde_json::to_vec(&*parcel.payload).unwrap_or_default();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature: String = hmac::sign(&key, &body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = [
            ("Accept", "*/*".to_owned()),
            ("Content-Type", "application/json".to_owned()),
            ("User-Agent", "GitHub-Hookshot/2f1a9c0".to_owned()),
            ("X-GitHub-Delivery", parcel.guid.clone()),
            ("X-GitHub-Event", parcel.event.clone()),
            ("X-GitHub-Hook-ID", parcel.app.to_string()),
            ("X-GitHub-Hook-Installation-Target-ID", parcel.app.to_string()),
            ("X-GitHub-Hook-Installation-Target-Type", "integration".to_owned()),
            ("X-Hub-Signature-256", format!("sha256={signature}")),
        ];
        let began = Instant::now();
        let result = match way {
            Way::Whole => send(&url, &headers, &body),
            Way::Blocked => Err("failed to connect to host".to_owned()),
            Way::Cut => cut(&url, &headers, &body),
        };
        let (status, code, answer) = match result {
            Ok((code, answer)) if code < 300 => ("OK".to_owned(), code, Some(answer)),
            Ok((code, answer)) => (format!("Invalid HTTP Response: {code}"), code, Some(answer)),
            Err(why) => (why, 502, None),
        };
        let sent = Sent {
            id,
            app: parcel.app,
            guid: parcel.guid.clone(),
            at,
            redelivery: parcel.redelivery,
            seconds: began.elapsed().as_secs_f64(),
            status,
            code,
            event: parcel.event.clone(),
            action: parcel.action.clone(),
            installation: parcel.installation,
            repository: parcel.repository,
            url,
            request: headers.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect(),
            payload: Arc::clone(&parcel.payload),
            response: json!({}),
            answer,
        };
        self.state().sent.insert(id, sent);
    }
}

/// Sends what is ordered, in order, until the world is over.
pub(crate) fn carry(world: &Weak<Inner>, orders: &Receiver<Order>) {
    let mut held = Vec::new();
    while let Ok(order) = orders.recv() {
        let Some(world) = world.upgrade() else { return };
        let late = std::mem::take(&mut held);
        match order {
            Order::Send(parcel) => world.carry(*parcel, &mut held),
            Order::Flush => {}
        }
        for parcel in late {
            world.attempt(&parcel, Way::Whole);
            world.outbox.over();
        }
    }
}

/// How far a delivery comes.
#[derive(Clone, Copy)]
enum Way {
    Whole,
    Blocked,
    Cut,
}

type Headers = [(&'static str, String)];

fn send(url: &str, headers: &Headers, body: &[u8]) -> Result<(u16, String), String> {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).max_redirects(0);
    let agent = ureq::Agent::new_with_config(config.build());
    let mut request = agent.post(url);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut response = request.send(body).map_err(|error| {
        let late = matches!(error, ureq::Error::Timeout(_));
        if late { "timed out".to_owned() } else { format!("failed to connect to host: {error}") }
    })?;
    let text = response.body_mut().read_to_string().unwrap_or_default();
    Ok((response.status().as_u16(), text))
}

/// Sends everything, waits until the other side begins to answer or has it for sure, and hangs up.
fn cut(url: &str, headers: &Headers, body: &[u8]) -> Result<(u16, String), String> {
    let failed = |error: std::io::Error| format!("failed to connect to host: {error}");
    let rest = url.strip_prefix("http://").ok_or("failed to connect to host: only http:// can be cut")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut text = format!("POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).map_err(failed)?;
    stream.write_all(body).map_err(failed)?;
    // The first byte of an answer: it was received, and what was answered is never read.
    let _ = stream.read(&mut [0]);
    Err("timed out".to_owned())
}
