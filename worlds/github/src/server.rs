//! The HTTP server: connections in, limits and faults applied, answers out or cut off.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Weak};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;

use crate::call::{Body, Caller, Refusal, Reply, Request};
use crate::fault::Fault;
use crate::hook::{self, Order};
use crate::meters::{CALLS_PER_HOUR, Limit, Over, Pause, Refused};
use crate::route;
use crate::time::date;
use crate::world::{Inner, lock, nowhere};
use crate::{Error, control, smart};

/// The largest request, for pushes too.
const LARGEST_BYTES: usize = 512 << 20;
/// Requests of the REST API have their own limit.
const LARGEST_CALL_BYTES: usize = 16 << 20;

/// The runtime that serves, stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The connection breaks without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was broken on purpose")]
struct Broken;

impl Server {
    /// Serves the world from threads of its own, so that any test may wait for it in any way.
    pub(crate) fn start(listener: TcpListener, world: &Arc<Inner>, orders: Receiver<Order>) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("world-github")
            .enable_all()
            .build()?;
        let weak = Arc::downgrade(world);
        let carrier = Weak::clone(&weak);
        std::thread::Builder::new().name("world-github-out".into()).spawn(move || hook::carry(&carrier, &orders))?;
        let guard = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        drop(guard);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let weak = Weak::clone(&weak);
                tokio::spawn(async move {
                    let service = service_fn(move |request| serve(Weak::clone(&weak), request));
                    // A client that hangs up, or that was hung up on, is no news.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self { runtime: Some(runtime) })
    }
}

async fn serve(world: Weak<Inner>, request: hyper::Request<Incoming>) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    let limit = if smart::is_git(&request.path) { LARGEST_BYTES } else { LARGEST_CALL_BYTES };
    let Ok(body) = Limited::new(body, limit).collect().await else { return Err(Broken) };
    request.body = body.to_bytes().to_vec();
    let world = world.upgrade().ok_or(Broken)?;
    let handled = tokio::task::spawn_blocking(move || world.handle(&request)).await;
    match handled {
        Ok(Ok((reply, delay))) => {
            if let Some(delay) = delay {
                tokio::time::sleep(delay).await;
            }
            let Ok(response) = respond(reply);
            Ok(response)
        }
        Ok(Err(Broken)) | Err(_) => Err(Broken),
    }
}

fn respond(reply: Reply) -> Result<Response<Full<Bytes>>, Infallible> {
    let (kind, bytes) = match reply.body {
        Body::Empty => (None, Vec::new()),
        Body::Json(value) => (Some("application/json; charset=utf-8"), value.to_string().into_bytes()),
        Body::Raw(kind, bytes) => (Some(kind), bytes),
    };
    let mut response = Response::new(Full::new(Bytes::from(bytes)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut set = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    };
    if let Some(kind) = kind.filter(|kind| !kind.is_empty()) {
        set("content-type", kind);
    }
    for (name, value) in &reply.headers {
        set(name, value);
    }
    Ok(response)
}

type Handled = Result<(Reply, Option<std::time::Duration>), Broken>;

impl Inner {
    /// Everything that happens to a request between the connection and the API.
    fn handle(self: &Arc<Self>, request: &Request) -> Handled {
        if request.path.starts_with("/_world") || request.path == "/" {
            return Ok((control::serve(self, request), None));
        }
        let template = match route::find(&request.method, &request.path) {
            Some((route, _)) => route.template,
            None if smart::is_git(&request.path) => request.path.as_str(),
            None => "",
        };
        *lock(&self.meters).calls.entry(format!("{} {template}", request.method)).or_default() += 1;
        let fault = lock(&self.faults).next(&request.method, template, &request.path);
        if fault != Fault::Pass {
            lock(&self.meters).faults += 1;
        }
        let (mut broken, mut status, mut delay) = (false, None, None);
        match fault {
            Fault::Pass => {}
            Fault::Before => return Err(Broken),
            Fault::Status(status) => return Ok((Refusal::new(status, "Server Error").reply(), None)),
            Fault::Limited(seconds) => return Ok((self.told_to_wait(request, 403, seconds), None)),
            Fault::TooMany(seconds) => return Ok((self.told_to_wait(request, 429, seconds), None)),
            Fault::After => broken = true,
            Fault::StatusAfter(after) => status = Some(after),
            Fault::Delay(by) => delay = Some(by),
        }
        let mut reply = if smart::is_git(&request.path) { smart::serve(self, request) } else { self.metered(request) };
        if broken {
            return Err(Broken);
        }
        if let Some(status) = status {
            return Ok((Refusal::new(status, "Server Error").reply(), None));
        }
        if reply.status >= 400 {
            let message = match &reply.body {
                Body::Json(body) => {
                    let errors = body.get("errors").map(|errors| format!(" {errors}")).unwrap_or_default();
                    format!("{}{errors}", body["message"].as_str().unwrap_or_default())
                }
                Body::Raw(_, bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Body::Empty => String::new(),
            };
            let (method, path, status) = (request.method.clone(), request.path.clone(), reply.status);
            lock(&self.meters).refused.push(Refused { method, path, status, message });
        }
        reply.headers.push(("date", date(self.now())));
        reply.headers.push(("x-github-request-id", crate::auth::random(20)));
        reply.headers.push(("x-github-media-type", "github.v3; format=json".into()));
        Ok((reply, delay))
    }

    /// A call of the REST API over HTTP: who it is from, and whether that is not too much.
    fn metered(&self, request: &Request) -> Reply {
        let now = self.now();
        let caller = match crate::auth::identify(&mut self.state(), request, now) {
            Ok(caller) => caller,
            Err(refusal) => return refusal.reply(),
        };
        let who = name(&caller);
        let write = !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        let content = write && route::find(&request.method, &request.path).is_some_and(|(route, _)| route.content);
        let mut until = None;
        {
            let mut all = lock(&self.used);
            let used = all.entry(who.clone()).or_default();
            used.under_way += 1;
            let early = used.pause.as_ref().is_some_and(|pause| pause.is_broken(now, &request.method, &request.path));
            let over = used.call(now, write, content);
            let mut meters = lock(&self.meters);
            meters.most_at_once = meters.most_at_once.max(used.under_way);
            meters.early += u64::from(early);
            if let Some((limit, end)) = over {
                meters.over.push(Over { limit, who: who.clone(), at: now });
                if self.enforce.load(Ordering::SeqCst) {
                    used.uncount(content);
                    used.pause = Some(pause(request, now, end));
                    until = Some((limit, end));
                }
            }
        }
        let mut reply = match until {
            Some((limit, until)) => limited(limit, until.saturating_sub(now).div_ceil(1_000)),
            None => self.rest(caller, request),
        };
        let mut all = lock(&self.used);
        let used = all.entry(who).or_default();
        used.under_way = used.under_way.saturating_sub(1);
        let remaining = CALLS_PER_HOUR.saturating_sub(used.calls());
        reply.headers.push(("x-ratelimit-limit", CALLS_PER_HOUR.to_string()));
        reply.headers.push(("x-ratelimit-remaining", remaining.to_string()));
        reply.headers.push(("x-ratelimit-used", used.calls().to_string()));
        reply.headers.push(("x-ratelimit-reset", (used.reset(now) / 1_000).to_string()));
        reply.headers.push(("x-ratelimit-resource", "core".into()));
        reply
    }

    fn told_to_wait(&self, request: &Request, status: u16, seconds: u64) -> Reply {
        let now = self.now();
        if let Ok(caller) = crate::auth::identify(&mut self.state(), request, now) {
            lock(&self.used).entry(name(&caller)).or_default().pause = Some(pause(request, now, now + seconds * 1_000));
        }
        let mut reply = limited(Limit::PointsPerMinute, seconds);
        reply.status = status;
        reply
    }
}

fn pause(request: &Request, told: u64, until: u64) -> Pause {
    Pause { until, told, call: (request.method.clone(), request.path.clone()) }
}

fn name(caller: &Caller) -> String {
    match caller {
        Caller::Nobody => "nobody".into(),
        Caller::App(id) => format!("app {id}"),
        Caller::Installation { id, .. } => format!("installation {id}"),
        Caller::Person(id) => format!("account {id}"),
    }
}

fn limited(limit: Limit, seconds: u64) -> Reply {
    let words = match limit {
        Limit::CallsPerHour => "API rate limit exceeded",
        Limit::ContentPerMinute | Limit::ContentPerHour | Limit::PointsPerMinute | Limit::Concurrent => {
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        }
    };
    let mut reply = Refusal::new(403, words).reply();
    reply.headers.push(("retry-after", seconds.max(1).to_string()));
    reply
}

/// An address nothing is at.
pub(crate) fn not_there() -> Reply {
    Reply::json(404, nowhere())
}
