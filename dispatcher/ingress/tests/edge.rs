//! The edge as runners and strangers meet it: over a real connection.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use signalbox_domain::devbox::{Assignment, Attempt, Author, Control, News, Report, Task};
use signalbox_domain::id::Digest;
use signalbox_domain::time::Span;
use signalbox_domain::workflow::{Budget, Timeout};
use signalbox_ingress::{router, serve};
use signalbox_ports::boxes::{Boxes, Refusal};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

#[derive(Default)]
struct OneBox {
    claimed: Mutex<bool>,
    reports: Mutex<Vec<Report>>,
    kept: Mutex<BTreeMap<Digest, usize>>,
}

#[async_trait]
impl Boxes for OneBox {
    async fn claim(&self, token: &str) -> Result<Assignment, Refusal> {
        if token != "claim-1" {
            return Err(Refusal::Gone);
        }
        let before = std::mem::replace(&mut *self.claimed.lock().unwrap(), true);
        if before { Err(Refusal::Taken) } else { Ok(assignment()) }
    }

    async fn report(&self, token: &str, report: Report) -> Result<Control, Refusal> {
        if token != "report-1" {
            return Err(Refusal::Gone);
        }
        self.reports.lock().unwrap().push(report);
        Ok(Control::Continue)
    }

    async fn upload(&self, token: &str, digest: &Digest, bytes: &[u8]) -> Result<(), Refusal> {
        if token != "report-1" {
            return Err(Refusal::Gone);
        }
        self.kept.lock().unwrap().insert(digest.clone(), bytes.len());
        Ok(())
    }

    async fn renew(&self, token: &str) -> Result<Option<String>, Refusal> {
        if token == "report-1" { Ok(Some("fresh".into())) } else { Err(Refusal::Gone) }
    }
}

fn assignment() -> Assignment {
    Assignment {
        devbox: "01j-1".into(),
        attempt: Attempt { run: "01J".into(), phase: "build".into(), epoch: 1 },
        checkout: None,
        task: Task::Script { script: "true".into() },
        files: BTreeMap::new(),
        produces: vec![],
        output_schema: None,
        network: vec![],
        timeout: Timeout { wall: Span::minutes(1), idle: Span::minutes(1), start: Span::minutes(1) },
        budget: Budget { micro_usd: 1, wall: Span::minutes(1), turns: 1 },
        heartbeat: Span::seconds(15),
        author: Author { name: "Ana".into(), email: "ana@example.com".into() },
        report_token: "report-1".into(),
    }
}

struct Edge {
    _runtime: Runtime,
    at: SocketAddr,
    boxes: Arc<OneBox>,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Receiver<()>>,
}

fn edge() -> Edge {
    let runtime = Runtime::new().unwrap();
    let boxes = Arc::new(OneBox::default());
    let more = Router::new()
        .route("/page", get(|| async { "a page of another router" }))
        .route("/broken", get(|| async { panic!("a secret") as () }))
        .route("/forever", get(pending::<()>));
    let router = router(boxes.clone(), [more]);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (end, ended) = oneshot::channel();
    runtime.spawn(async move {
        serve(listener, router, async move { drop(stopped.await) }).await;
        let _ = end.send(());
    });
    Edge { _runtime: runtime, at, boxes, stop: Some(stop), ended: Some(ended) }
}

impl Edge {
    fn ask(&self, method: &str, path: &str, token: &str, body: &[u8]) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.at));
        if !token.is_empty() {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let request = request.header("Content-Type", "application/json").body(body.to_vec()).unwrap();
        let mut answer = agent.run(request).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }
}

#[test]
fn an_assignment_is_handed_out_once_and_to_nobody_without_its_token() {
    let edge = edge();
    assert_eq!(edge.ask("POST", "/boxes/claim", "", b"").0, 401);
    assert_eq!(edge.ask("POST", "/boxes/claim", "claim-2", b"").0, 410);
    let (status, body) = edge.ask("POST", "/boxes/claim", "claim-1", b"");
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_str::<Assignment>(&body).unwrap(), assignment());
    assert_eq!(edge.ask("POST", "/boxes/claim", "claim-1", b"").0, 409);
}

#[test]
fn a_report_is_taken_and_answered_with_what_to_do_now() {
    let edge = edge();
    let report = Report { devbox: "01j-1".into(), epoch: 1, sequence: 1, news: News::Beat };
    let body = serde_json::to_vec(&report).unwrap();
    let (status, answer) = edge.ask("POST", "/boxes/report", "report-1", &body);
    assert_eq!((status, serde_json::from_str(&answer).unwrap()), (200, Control::Continue));
    assert_eq!(*edge.boxes.reports.lock().unwrap(), [report]);
    assert_eq!(edge.ask("POST", "/boxes/report", "claim-1", &body).0, 410);
    assert_eq!(edge.ask("POST", "/boxes/report", "report-1", b"{").0, 400);
    let long = vec![b' '; signalbox_ingress::MAX_REPORT + 1];
    assert_eq!(edge.ask("POST", "/boxes/report", "report-1", &long).0, 413);
}

#[test]
fn bytes_are_kept_only_under_their_own_digest() {
    let edge = edge();
    let bytes = vec![7; 3 * 1024 * 1024];
    let digest = Digest::of(&bytes);
    assert_eq!(edge.ask("PUT", &format!("/boxes/blobs/{digest}"), "report-1", &bytes).0, 201);
    assert_eq!(edge.boxes.kept.lock().unwrap().get(&digest), Some(&bytes.len()));
    let other = Digest::of(b"other");
    let (status, words) = edge.ask("PUT", &format!("/boxes/blobs/{other}"), "report-1", b"bytes");
    assert_eq!(status, 400, "{words}");
    assert_eq!(edge.ask("PUT", &format!("/boxes/blobs/{digest}"), "claim-1", &bytes).0, 410);
    assert_eq!(edge.boxes.kept.lock().unwrap().len(), 1);
}

#[test]
fn whatever_else_is_served_is_there_and_what_is_not_is_told_in_words() {
    let edge = edge();
    assert_eq!(edge.ask("GET", "/healthz", "", b""), (200, "ok\n".into()));
    assert_eq!(edge.ask("GET", "/page", "", b"").1, "a page of another router");
    assert_eq!(edge.ask("GET", "/nowhere?token=x", "", b""), (404, "there is nothing at /nowhere\n".into()));
    assert_eq!(edge.ask("GET", "/boxes/claim", "", b"").0, 405);
}

#[test]
fn a_handler_that_panics_costs_its_request_and_tells_nothing() {
    let edge = edge();
    let (status, words) = edge.ask("GET", "/broken", "", b"");
    assert_eq!(status, 500);
    assert!(!words.contains("secret"), "{words}");
    assert_eq!(edge.ask("GET", "/healthz", "", b"").0, 200);
}

#[test]
fn it_ends_though_a_request_does_not() {
    let mut edge = edge();
    let at = edge.at;
    let forever = std::thread::spawn(move || ureq::get(format!("http://{at}/forever")).call().is_err());
    // The request is under way once a second one on another connection was answered.
    assert_eq!(edge.ask("GET", "/healthz", "", b"").0, 200);
    edge.stop.take().unwrap().send(()).unwrap();
    edge.ended.take().unwrap().blocking_recv().unwrap();
    assert!(forever.join().unwrap(), "its connection was cut");
}
