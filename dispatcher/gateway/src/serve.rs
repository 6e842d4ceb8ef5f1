//! Connections of a box, or of boxes at a broker.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::event::Why;
use crate::gateway::{Gateway, shown};
use crate::limits::Limits;
use crate::refusal::Refusal;

/// Knows boxes by their tokens. A gateway outside has one: it serves many boxes, each under its own rules and cap.
pub trait Desk: Send + Sync {
    /// The gateway of the box with this token; nothing if it is unknown, or its box is gone.
    fn gateway(&self, token: &str) -> Option<Gateway>;
}

/// Serves one box on `listener`, until that fails. Dropped, it takes nothing more, and ends what is under way.
pub async fn serve(listener: TcpListener, gateway: Gateway) -> io::Result<()> {
    let limits = *gateway.limits();
    accept(listener, Door::Box(gateway), limits).await
}

/// Serves every box that `desk` knows on `listener`, until that fails.
pub async fn serve_boxes(listener: TcpListener, desk: Arc<dyn Desk>, limits: Limits) -> io::Result<()> {
    accept(listener, Door::Desk(desk), limits).await
}

/// Serves one box on a connection that is there already: one of a Unix socket, or of another network namespace.
pub async fn serve_stream(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, gateway: Gateway) {
    let limits = *gateway.limits();
    connection(stream, Door::Box(gateway), &limits, None).await;
}

#[derive(Clone)]
enum Door {
    Box(Gateway),
    Desk(Arc<dyn Desk>),
}

async fn accept(listener: TcpListener, door: Door, limits: Limits) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut open = tokio::task::JoinSet::new();
    // Tunnels outlive the connections they were asked on, and end with this.
    let (_serving, served) = watch::channel(());
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Whoever wanted to come in is gone again; that is no reason to close for the others.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        while open.try_join_next().is_some() {}
        let (door, served) = (door.clone(), served.clone());
        open.spawn(async move {
            let _place = place;
            connection(stream, door, &limits, Some(served)).await;
        });
    }
}

/// While it is open, the gateway serves.
#[derive(Clone)]
pub(crate) struct Serving(watch::Receiver<()>);

impl Serving {
    /// Returns when the gateway serves no more.
    pub(crate) async fn over(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    door: Door,
    limits: &Limits,
    served: Option<watch::Receiver<()>>,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(served) = &served {
            request.extensions_mut().insert(Serving(served.clone()));
        }
        let door = door.clone();
        async move { Ok::<_, Infallible>(door.answer(request).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.head);
    server.max_buf_size(limits.head_bytes).max_headers(limits.headers).half_close(false);
    // How it ends is its own business: everything worth telling is told per request.
    let _ = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

impl Door {
    async fn answer(&self, request: Request<Incoming>) -> http::Response<crate::gateway::Body> {
        match self {
            Self::Box(gateway) => gateway.take(request).await,
            Self::Desk(desk) => {
                let known = shown(request.headers()).iter().find_map(|token| desk.gateway(token));
                match known {
                    Some(gateway) => gateway.take(request).await,
                    None => {
                        let stranger = Refusal::new(Why::Stranger, "the gateway does not know this box");
                        stranger.answer(None).map(crate::gateway::whole)
                    }
                }
            }
        }
    }
}
