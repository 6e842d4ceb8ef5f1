//! The handle of a world: starting it, serving it, and waiting until everything it had to say was said.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::edge::Outgoing;
use crate::options::Options;
use crate::server;
use crate::state::State;

/// A Slack: workspaces, people, channels, apps, and everything that was said. A handle; clones are the same Slack.
#[derive(Clone)]
pub struct World(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    state: Mutex<State>,
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) patience: Duration,
    /// Deliveries that are being made.
    busy: AtomicUsize,
    quiet: Notify,
}

impl World {
    /// An empty Slack that is served by nobody yet; see [`serve`].
    pub fn new(options: Options) -> Self {
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(5)).build_http();
        Self(Arc::new(Inner {
            state: Mutex::new(State::new(options.clock, options.seed, options.limits)),
            client,
            patience: options.patience,
            busy: AtomicUsize::new(0),
            quiet: Notify::new(),
        }))
    }

    /// An empty Slack, served on a free port of the loopback by a task of the runtime this is called in.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let world = Self::new(options);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        world.at(listener.local_addr()?);
        tokio::spawn(serve(listener, world.clone()));
        Ok(world)
    }

    /// Where it is served: `http://127.0.0.1:1234`. Empty until it is.
    pub fn url(&self) -> String {
        self.state().base.clone()
    }

    /// Where its Web API is, as a client is told: `http://127.0.0.1:1234/api`.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.state().base)
    }

    /// Returns when no delivery is being made: what calls of apps caused was sent, answered or put off for a retry.
    pub async fn settle(&self) {
        loop {
            let quiet = self.0.quiet.notified();
            let mut quiet = pin!(quiet);
            quiet.as_mut().enable();
            if self.0.busy.load(Ordering::SeqCst) == 0 {
                return;
            }
            quiet.await;
        }
    }

    /// A token for managing apps by their manifests (`apps.manifest.*`).
    pub fn config_token(&self) -> String {
        self.state().config_token.clone()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn at(&self, address: SocketAddr) {
        self.state().base = format!("http://{address}");
    }

    /// Does `work` on the state, then delivers what it caused, and waits for that.
    pub(crate) async fn act<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let (done, outgoing) = self.change(work);
        self.send(outgoing).await;
        done
    }

    /// Does `work` on the state, and delivers what it caused meanwhile.
    pub(crate) fn act_apart<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let (done, outgoing) = self.change(work);
        if !outgoing.is_empty() {
            let sending = self.send(outgoing);
            tokio::spawn(sending);
        }
        done
    }

    /// Sends `outgoing` one after the other, so that one act is heard in one order, and counts as busy until all of it
    /// was answered or put off.
    pub(crate) fn send(&self, outgoing: Vec<Outgoing>) -> impl Future<Output = ()> + Send + 'static {
        let world = self.clone();
        let busy = Busy::new(&self.0);
        async move {
            for one in outgoing {
                world.deliver(one).await;
            }
            drop(busy);
        }
    }

    fn change<T>(&self, work: impl FnOnce(&mut State) -> T) -> (T, Vec<Outgoing>) {
        let mut state = self.state();
        let done = work(&mut state);
        let outgoing = std::mem::take(&mut state.outbox);
        (done, outgoing)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("World").field(&self.url()).finish()
    }
}

/// Serves `world` on `listener`: the Web API, the sockets, the files, the control surface and the page.
///
/// # Errors
///
/// When the listener has no address or fails for good.
pub async fn serve(listener: TcpListener, world: World) -> io::Result<()> {
    world.at(listener.local_addr()?);
    axum::serve(listener, server::routes(world)).await
}

/// Counts one delivery as being made, until it is dropped.
struct Busy(Arc<Inner>);

impl Busy {
    fn new(inner: &Arc<Inner>) -> Self {
        inner.busy.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(inner))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
        self.0.quiet.notify_waiters();
    }
}
