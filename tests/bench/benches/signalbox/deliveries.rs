//! A delivery, from its request over HTTP to the answer that it is kept, with everything synchronised to the disk.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::talk::{Message, ThreadId};
use signalbox_domain::time::Time;
use signalbox_engine::Engine;
use signalbox_ports::intake::Intake as _;

use crate::client;
use crate::dispatcher::{Dispatcher, ROOM, TOKEN};
use crate::figures::Figures;

/// What the floor writes for each request, in bytes.
const LINE: usize = 200;
const WITHIN: Duration = Duration::from_secs(6);
const ALONE: u64 = 300;
const TOGETHER: u64 = 1_600;
const CLIENTS: usize = 16;
/// How long the console may take to hand over what it kept.
const HANDING_OVER: Duration = Duration::from_secs(30);

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let home = tempfile::tempdir()?;
    let floor = OpenOptions::new().create(true).append(true).open(home.path().join("floor"))?;
    let floor = Arc::new(Mutex::new(floor));
    let dispatcher = Dispatcher::open(home.path(), &[], |engine| {
        let floor = Router::new().route("/bench/floor", post(append)).with_state(floor);
        Router::new().route("/bench/deliver", post(deliver)).with_state(engine).merge(floor)
    })?;

    let run = |clients: usize, count: u64, path: &str, body: &(dyn Fn(u64) -> Value + Sync)| {
        let url = if path.is_empty() { dispatcher.messages() } else { format!("{}{path}", dispatcher.url) };
        client::many(clients, count, WITHIN, TOKEN, &url, body)
    };
    // So that neither is the first to be asked.
    run(1, 20, "/bench/floor", &|_| json!(null))?;
    run(1, 20, "/bench/deliver", &|number| delivery("warm", number))?;
    let mut posted = 0;
    for (clients, count, words) in [(1, ALONE, "one client"), (CLIENTS, TOGETHER, "16 clients")] {
        let floor = run(clients, count, "/bench/floor", &|_| json!(null))?;
        figures.times(format!("floor: 200 bytes appended and synchronised, {words}"), &floor);
        let stored = run(clients, count, "/bench/deliver", &|number| delivery(words, number))?;
        figures.beside(format!("delivery → in the store and queued → 200, {words}"), &stored, &floor, "the floor");
        let before = unworked(&dispatcher)?;
        let began = Instant::now();
        let text = |number| json!({ "text": text(number), "key": format!("{words} {number}") });
        let kept = run(clients, count, "", &text)?;
        figures.beside(format!("message → kept by the console → 200, {words}"), &kept, &floor, "the floor");
        posted += kept.count();
        let rate = handed_over(&dispatcher, before + kept.count(), began)? * kept.count() as f64;
        figures.amount(format!("messages handed over to the store, {words}"), rate, "per second");
    }
    ensure!(posted > 0, "nothing was posted");
    Ok(())
}

/// Waits until so many deliveries are in the store; one over the seconds since `began`.
fn handed_over(dispatcher: &Dispatcher, count: usize, began: Instant) -> Result<f64> {
    let waited = Instant::now();
    while unworked(dispatcher)? < count {
        ensure!(waited.elapsed() < HANDING_OVER, "the console does not hand over what it kept");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(1.0 / began.elapsed().as_secs_f64())
}

fn unworked(dispatcher: &Dispatcher) -> Result<usize> {
    let store = dispatcher.engine.ports().store.clone();
    Ok(dispatcher.runtime.block_on(async move { store.unworked(Time(u64::MAX / 2), 1_000_000).await })?.len())
}

/// The least that any durable answer needs.
async fn append(State(file): State<Arc<Mutex<File>>>) -> StatusCode {
    let write = move || {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&[b'.'; LINE])?;
        file.sync_data()
    };
    match tokio::task::spawn_blocking(write).await {
        Ok(Ok(())) => StatusCode::OK,
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An edge that says 200 only after the engine has kept the delivery.
async fn deliver(State(engine): State<Arc<Engine>>, Json(delivery): Json<Delivery>) -> StatusCode {
    match engine.receive(delivery).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn delivery(series: &str, number: u64) -> Value {
    let root = format!("{series}-{number}");
    let thread = ThreadId { chat: "console".into(), room: ROOM.into(), root: root.clone() };
    let message = Message {
        id: root.as_str().into(),
        by: signalbox_bench::event().author,
        text: text(number),
        attachments: Vec::new(),
    };
    let event = Event {
        id: Event::said(&thread, &message),
        at: Time(1_700_000_000_000 + number),
        fact: Fact::Said { message, addressed: true },
    };
    json!(Delivery { thread, run: None, event })
}

fn text(number: u64) -> String {
    format!("repo:acme/website the pricing page says ${number}, it should say $12; please also look at the FAQ")
}
