//! The world: started, looked at, and over when nobody holds it any more.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::auth::{KEY, random};
use crate::call::{Caller, Request};
use crate::fault::{Called, Fault, Faults};
use crate::git::Git;
use crate::hook::{Fate, Order, Outbox, Outgoing};
use crate::meters::{Meters, Used};
use crate::openapi::OpenApi;
use crate::state::{Account, App, Kind, State};
use crate::time::Clock;
use crate::{Error, server};

/// What the world's own app is called and may do, when it was not started with another one.
const APP: &str = "signalbox";
/// What it may do.
const PERMISSIONS: [(&str, &str); 9] = [
    ("actions", "read"),
    ("checks", "write"),
    ("contents", "write"),
    ("issues", "write"),
    ("members", "read"),
    ("metadata", "read"),
    ("pull_requests", "write"),
    ("statuses", "read"),
    ("workflows", "write"),
];
/// What it is told.
const EVENTS: [&str; 16] = [
    "check_run",
    "check_suite",
    "commit_comment",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "label",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "repository",
    "status",
    "workflow_run",
];
/// The app that GitHub's own CI is.
pub(crate) const ACTIONS: u64 = 15_368;

/// A GitHub that remembers. Clones are handles to the same one; when the last is gone it stops.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) inner: Arc<Inner>,
    /// Kept so that it serves; whoever serves has none.
    _server: Option<Arc<server::Server>>,
}

/// Everything the world is, for those who serve it.
#[derive(Debug)]
pub(crate) struct Inner {
    clock: ClockOf,
    state: Mutex<State>,
    folder: TempDir,
    base: String,
    pub(crate) outbox: Outbox,
    pub(crate) meters: Mutex<Meters>,
    pub(crate) used: Mutex<BTreeMap<String, Used>>,
    pub(crate) enforce: std::sync::atomic::AtomicBool,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) description: Option<OpenApi>,
    /// One push at a time: what it changed is found by looking before and after.
    pub(crate) pushing: Mutex<()>,
}

struct ClockOf(Clock);

impl std::fmt::Debug for ClockOf {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Clock").field(&(self.0)()).finish()
    }
}

/// What an app needs to know of itself.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its number.
    pub id: u64,
    /// Its name in addresses; its bot is `<slug>[bot]`.
    pub slug: String,
    /// For OAuth.
    pub client_id: String,
    /// For OAuth.
    pub client_secret: String,
    /// What its webhooks are signed with.
    pub webhook_secret: String,
    /// What it signs its JWTs with, as PEM. Every world's key is this one.
    pub private_key: String,
}

/// What a lock protects, also after a thread panicked: every change here is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Starts on a free port of loopback. `clock` gives milliseconds since 1970 and is asked anew at every need.
    pub fn start(clock: impl Fn() -> u64 + Send + Sync + 'static) -> Result<Self, Error> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), clock, None)
    }

    /// The same, with every request, answer and webhook compared with GitHub's own description: breaches are counted
    /// in the [`Meters`].
    pub fn start_checked(clock: impl Fn() -> u64 + Send + Sync + 'static, description: OpenApi) -> Result<Self, Error> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), clock, Some(description))
    }

    /// The same on an address of choice.
    pub fn start_at(
        address: SocketAddr,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
        description: Option<OpenApi>,
    ) -> Result<Self, Error> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let base = format!("http://{}", listener.local_addr()?);
        let (outbox, orders) = Outbox::new();
        let inner = Arc::new(Inner {
            clock: ClockOf(Arc::new(clock)),
            state: Mutex::default(),
            folder: tempfile::Builder::new().prefix("signalbox-world-github-").tempdir()?,
            base,
            outbox,
            meters: Mutex::default(),
            used: Mutex::default(),
            enforce: false.into(),
            faults: Mutex::default(),
            description,
            pushing: Mutex::default(),
        });
        inner.found();
        let server = server::Server::start(listener, &inner, orders)?;
        Ok(Self { inner, _server: Some(Arc::new(server)) })
    }

    /// A handle for those who serve.
    pub(crate) fn of(inner: &Arc<Inner>) -> Self {
        Self { inner: Arc::clone(inner), _server: None }
    }

    /// Where it is: the base URI of the REST API, of OAuth and of git (`<url>/owner/name.git`), without a slash at its end.
    pub fn url(&self) -> &str {
        &self.inner.base
    }

    /// The world's own app.
    pub fn app(&self) -> Registration {
        self.app_named(APP)
    }

    /// An app by its slug; made if it is not there, with the permissions and events of the world's own.
    pub fn app_named(&self, slug: &str) -> Registration {
        let now = self.inner.now();
        let mut state = self.inner.state();
        let found = state.apps.values().find(|app| app.slug == slug).map(|app| app.id);
        let id = found.unwrap_or_else(|| state.make_app(slug, now));
        let app = &state.apps[&id];
        Registration {
            id,
            slug: app.slug.clone(),
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.clone(),
            webhook_secret: app.webhook_secret.clone(),
            private_key: KEY.to_owned(),
        }
    }

    /// Where the world's own app wants its webhooks, e.g. `http://127.0.0.1:8080/hooks/github`.
    pub fn hook(&self, url: &str) {
        self.hook_of(APP, url);
    }

    /// The same for another app.
    pub fn hook_of(&self, slug: &str, url: &str) {
        let id = self.app_named(slug).id;
        if let Some(app) = self.inner.state().apps.get_mut(&id) {
            app.hook = Some(url.to_owned());
        }
    }

    /// What signs the webhooks of an app from now on.
    pub fn rotate_webhook_secret(&self, slug: &str, secret: &str) {
        let id = self.app_named(slug).id;
        if let Some(app) = self.inner.state().apps.get_mut(&id) {
            app.webhook_secret = secret.to_owned();
        }
    }

    /// What happens to every delivery from now on.
    pub fn deliver(&self, script: impl FnMut(&Outgoing) -> Fate + Send + 'static) {
        *lock(&self.inner.outbox.script) = Some(Box::new(script));
    }

    /// While it is on no delivery arrives; GitHub lists them as failed.
    pub fn outage(&self, on: bool) {
        self.inner.outbox.outage.store(on, Ordering::SeqCst);
    }

    /// Sends a delivery again under its GUID, as somebody does on GitHub's page. Its number is in [`World::deliveries`].
    pub fn redeliver(&self, delivery: u64) {
        let state = self.inner.state();
        if let Some(sent) = state.sent.get(&delivery) {
            self.inner.again(sent);
        }
    }

    /// Waits until every delivery that was made is over, also those that were late.
    pub async fn settled(&self) {
        let _ = self.inner.outbox.orders.send(Order::Flush);
        let mut pending = self.inner.outbox.pending.subscribe();
        let _ = pending.wait_for(|pending| *pending == 0).await;
    }

    /// What every call over HTTP meets from now on.
    pub fn trouble(&self, choose: impl FnMut(&Called) -> Fault + Send + 'static) {
        lock(&self.inner.faults).choose = Some(Box::new(choose));
    }

    /// No more trouble.
    pub fn calm(&self) {
        lock(&self.inner.faults).choose = None;
    }

    /// Whether calls over GitHub's limits are refused, or (at first) only counted.
    pub fn enforce_limits(&self, on: bool) {
        self.inner.enforce.store(on, Ordering::SeqCst);
    }

    /// What was counted until now.
    pub fn meters(&self) -> Meters {
        lock(&self.inner.meters).clone()
    }

    /// A call of the REST API by a person, without HTTP and its limits: what every act of a person is.
    pub fn rest(&self, login: &str, method: &str, path: &str, body: Value) -> Result<Value, Error> {
        let id = self.user(login);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        };
        let reply = self.inner.rest(Caller::Person(id), &request);
        let body = match reply.body {
            crate::call::Body::Json(body) => body,
            crate::call::Body::Raw(_, bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
            crate::call::Body::Empty => Value::Null,
        };
        if reply.status < 400 {
            return Ok(body);
        }
        let mut message = body["message"].as_str().unwrap_or_default().to_owned();
        if let Some(errors) = body.get("errors") {
            message.push_str(&format!(" {errors}"));
        }
        Err(Error::Refused { status: reply.status, message })
    }
}

impl Inner {
    /// Now, by the clock that was given.
    pub(crate) fn now(&self) -> u64 {
        (self.clock.0)()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn git(&self, repository: u64) -> Git {
        Git::at(self.folder.path(), repository)
    }

    /// Where the repositories lie.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// What is there at first: GitHub's CI, and the world's own app.
    fn found(&self) {
        let now = self.now();
        let mut state = self.state();
        let id = state.make_app("github-actions", now);
        if let Some(mut app) = state.apps.remove(&id) {
            app.id = ACTIONS;
            app.events.clear();
            state.apps.insert(ACTIONS, app);
        }
        state.make_app(APP, now);
    }
}

impl State {
    /// The account of that name; made if it is not there.
    pub(crate) fn make_account(&mut self, login: &str, kind: Kind, now: u64) -> u64 {
        if let Some(found) = self.account(login) {
            return found.id;
        }
        let id = self.fresh();
        let account = Account { id, login: login.to_owned(), kind, created: now, members: BTreeMap::new() };
        self.accounts.insert(id, account);
        id
    }

    /// A new app with everything that goes with it.
    pub(crate) fn make_app(&mut self, slug: &str, now: u64) -> u64 {
        let owner = self.make_account("octo-apps", Kind::Organization, now);
        let bot = self.make_account(&format!("{slug}[bot]"), Kind::Bot, now);
        let id = self.fresh();
        let app = App {
            id,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            client_id: format!("Iv23li{}", random(14)),
            client_secret: random(40).to_lowercase(),
            webhook_secret: random(32),
            hook: None,
            permissions: PERMISSIONS.iter().map(|(name, level)| ((*name).into(), (*level).into())).collect(),
            events: EVENTS.iter().map(|event| (*event).to_owned()).collect::<BTreeSet<_>>(),
            owner,
            bot,
            created: now,
        };
        self.apps.insert(id, app);
        id
    }
}

/// The body of a 404 of the page, where there is no API.
pub(crate) fn nowhere() -> Value {
    json!({"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})
}
