//! A console that is served, and who visits it.

use std::future::Future;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use signalbox_console::{Console, Member, Settings, Views};
use signalbox_domain::event::{Delivery, Fact};
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::Recorded;
use signalbox_world::blobs::Blobs;
use signalbox_world::clock::Clock;
use signalbox_world::store::Store;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use ureq::http::{HeaderMap, Request};

/// Takes deliveries and keeps them in order; or is down.
#[derive(Default)]
pub(crate) struct Intake {
    down: bool,
    kept: Mutex<Vec<Delivery>>,
    more: Condvar,
}

impl Intake {
    pub(crate) fn down() -> Self {
        Self { down: true, ..Self::default() }
    }

    /// What was received by now.
    pub(crate) fn all(&self) -> Vec<Delivery> {
        self.kept.lock().unwrap().clone()
    }

    /// The first `count` deliveries, once they are there.
    pub(crate) fn received(&self, count: usize) -> Vec<Delivery> {
        let kept = self.kept.lock().unwrap();
        self.more.wait_while(kept, |kept| kept.len() < count).unwrap()[..count].to_vec()
    }

    /// What was said in the first `count` deliveries.
    pub(crate) fn said(&self, count: usize) -> Vec<String> {
        let said = |delivery: Delivery| {
            let Fact::Said { message, .. } = delivery.event.fact else { panic!("{:?}", delivery.event.fact) };
            message.text
        };
        self.received(count).into_iter().map(said).collect()
    }
}

#[async_trait]
impl signalbox_ports::intake::Intake for Intake {
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error> {
        if self.down {
            return Err(Error::Unavailable("the store is down".into()));
        }
        self.kept.lock().unwrap().push(delivery);
        self.more.notify_all();
        Ok(Recorded::New)
    }
}

/// A console that is served.
pub(crate) struct Visit {
    runtime: Option<Runtime>,
    folder: TempDir,
    pub(crate) console: Console,
    pub(crate) intake: Arc<Intake>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) at: SocketAddr,
}

impl Visit {
    pub(crate) fn new() -> Self {
        Self::with(Arc::new(Intake::default()))
    }

    pub(crate) fn with(intake: Arc<Intake>) -> Self {
        Self::open(tempfile::tempdir().unwrap(), intake)
    }

    /// The same folder, after the process ended.
    pub(crate) fn restart(mut self, intake: Arc<Intake>) -> Self {
        drop(self.runtime.take());
        drop(self.console);
        Self::open(self.folder, intake)
    }

    fn open(folder: TempDir, intake: Arc<Intake>) -> Self {
        let clock = Arc::new(Clock::at(Time(1_700_000_000_000)));
        let runtime = Runtime::new().unwrap();
        let console = Console::open(folder.path(), settings(clock.clone())).unwrap();
        let at = runtime.block_on(serve(&console, intake.clone()));
        Self { runtime: Some(runtime), folder, console, intake, clock, at }
    }

    pub(crate) fn person(&self, token: &str) -> Person {
        settings(self.clock.clone()).members.into_iter().find(|member| member.token == token).unwrap().person
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().unwrap().block_on(future)
    }

    pub(crate) fn send(&self, method: &str, path: &str, token: &str, body: Value) -> (u16, Value) {
        let token = format!("Bearer {token}");
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, text) = ask(self.at, method, path, &headers, body.as_bytes());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, "you", Value::Null)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", path, "you", body)
    }

    /// Writes a message; gives its thread.
    pub(crate) fn write(&self, room: &str, thread: Option<&ThreadId>, text: &str) -> ThreadId {
        let path = match thread {
            Some(thread) => format!("/api/threads/{room}/{}/messages", thread.root),
            None => format!("/api/rooms/{room}/messages"),
        };
        let (status, kept) = self.post(&path, json!({ "text": text }));
        assert_eq!(status, 200, "{kept}");
        ThreadId { chat: "console".into(), room: room.into(), root: kept["root"].as_str().unwrap().into() }
    }

    /// Listens after the update `n`.
    pub(crate) fn stream(&self, n: u64) -> Stream {
        let request = ureq::get(format!("http://{}/api/stream", self.at));
        let request = request.header("Authorization", "Bearer you").header("Last-Event-ID", n.to_string());
        let body = request.call().unwrap().into_body();
        Stream(BufReader::new(Box::new(body.into_reader())))
    }
}

fn settings(clock: Arc<Clock>) -> Settings {
    let person = |id: &str, name: &str, role| Person { id: format!("console:{id}"), name: name.into(), role };
    let member = |id: &str, name: &str, role| Member { person: person(id, name, role), token: id.into() };
    let others =
        [member("sam", "Sam", Role::Member), member("viv", "Viv", Role::Viewer), member("out", "Out", Role::Outsider)];
    let mut settings = Settings::local("Ana", "you");
    settings.members.extend(others);
    settings.clock = clock;
    settings
}

async fn serve(console: &Console, intake: Arc<Intake>) -> SocketAddr {
    let views = Views { store: Arc::new(Store::default()), blobs: Arc::new(Blobs::default()), changes: None };
    let router = console.routes(intake, views);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    at
}

/// One request, as whoever asks writes it.
pub(crate) fn ask(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (u16, HeaderMap, String) {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).allow_non_standard_methods(true);
    let agent: ureq::Agent = config.build().into();
    let mut request = Request::builder().method(method).uri(format!("http://{at}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = agent.run(request.body(body.to_vec()).unwrap()).unwrap();
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    (answer.status().as_u16(), answer.headers().clone(), text)
}

/// Live updates, as they come.
pub(crate) struct Stream(BufReader<Box<dyn std::io::Read>>);

impl Stream {
    /// The next update that is `wanted`.
    pub(crate) fn until(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let update = self.named("update");
            if wanted(&update) {
                return update;
            }
        }
    }

    /// The data of the next event of that name.
    pub(crate) fn named(&mut self, name: &str) -> Value {
        let mut event = String::new();
        for line in (&mut self.0).lines() {
            let line = line.unwrap();
            if let Some(named) = line.strip_prefix("event: ") {
                event = named.into();
            } else if let Some(data) = line.strip_prefix("data: ").filter(|_| event == name) {
                return serde_json::from_str(data).unwrap();
            }
        }
        panic!("the stream ended before an event {name}");
    }
}
