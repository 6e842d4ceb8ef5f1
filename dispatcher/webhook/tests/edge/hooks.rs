//! The generic webhook, as a sender meets it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use signalbox_domain::talk::{Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::clock::Clock;
use signalbox_ports::intake::Begin;
use signalbox_webhook::signature::signature;
use signalbox_webhook::{Counter, Filter, Hook, Key, Secrets, Test, routes};
use tower::ServiceExt;

use crate::gate::NOW;

/// A room that remembers.
#[derive(Default)]
struct Room {
    begun: Mutex<BTreeMap<String, (Person, String)>>,
    trouble: Mutex<Option<Error>>,
}

#[async_trait]
impl Begin for Room {
    async fn begin(&self, room: &str, by: &Person, text: &str, key: &str) -> Result<ThreadId, Error> {
        if let Some(trouble) = self.trouble.lock().unwrap().clone() {
            return Err(trouble);
        }
        let mut begun = self.begun.lock().unwrap();
        begun.entry(key.into()).or_insert_with(|| (by.clone(), text.into()));
        Ok(ThreadId { chat: "room".into(), room: room.into(), root: format!("of-{key}") })
    }
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Time {
        NOW
    }
}

struct Edge {
    room: Arc<Room>,
    counter: Arc<Counter>,
    router: Router,
}

fn alerts() -> Hook {
    let secrets = Secrets::new("top", None);
    let key = Key::Pointer("/id".into());
    let text = "Look into the alert {/name}: {/detail/what}";
    let filters = vec![
        Filter { pointer: "/state".into(), test: Test::OneOf(vec![json!("firing"), json!("worse")]) },
        Filter { pointer: "/detail".into(), test: Test::Exists },
    ];
    Hook { filters, role: Role::Viewer, ..Hook::new("alerts", secrets, "x-signature", "", key, "ops", text) }
}

fn edge(hooks: Vec<Hook>) -> Edge {
    let (room, counter) = (Arc::new(Room::default()), Arc::new(Counter::default()));
    let router = routes(hooks, room.clone(), Arc::new(Stopped), counter.clone());
    Edge { room, counter, router }
}

impl Edge {
    async fn post(&self, path: &str, body: &str, secret: &str) -> (u16, String) {
        let signed = signature(&Secrets::new(secret, None).unwrap(), "", &[body.as_bytes()]);
        let request = Request::post(path).header("x-signature", signed).body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn alert(&self, payload: Value) -> (u16, String) {
        self.post("/hooks/in/alerts", &payload.to_string(), "top").await
    }
}

fn firing(id: Value) -> Value {
    json!({"id": id, "name": "disk", "state": "firing", "detail": {"what": "90 % full\u{202E}"}})
}

#[tokio::test]
async fn what_counts_begins_a_thread_once_for_each_key() {
    let edge = edge(vec![alerts()]);
    let answer = (200, r#"{"thread":"room:ops:of-a1"}"#.to_owned());
    assert_eq!(edge.alert(firing(json!("a1"))).await, answer);
    assert_eq!(edge.alert(firing(json!("a1"))).await, answer, "sent again");
    assert_eq!(edge.alert(firing(json!(7))).await.0, 200);
    let begun = edge.room.begun.lock().unwrap().clone();
    let by = Person { id: "hook:alerts".into(), name: "alerts".into(), role: Role::Viewer };
    assert_eq!(begun.keys().collect::<Vec<_>>(), ["7", "a1"]);
    assert_eq!(begun["a1"], (by, "Look into the alert disk: 90 % full�".into()));
    assert_eq!(edge.counter.snapshot()["alerts.begun"], 3);
}

#[tokio::test]
async fn what_does_not_count_is_told_why_and_counted() {
    let edge = edge(vec![alerts()]);
    let mut calm = firing(json!("a1"));
    calm["state"] = json!("resolved");
    let words = r#"{"ignored":"this hook counts only what has a /state that is one of [\"firing\",\"worse\"]"}"#;
    assert_eq!(edge.alert(calm).await, (200, words.into()));
    let bare = json!({"id": "a2", "state": "worse"});
    assert_eq!(edge.alert(bare).await.1, r#"{"ignored":"this hook counts only what has a /detail that is there"}"#);
    assert!(edge.room.begun.lock().unwrap().is_empty());
    assert_eq!(edge.counter.snapshot()["alerts.ignored"], 2);
}

#[tokio::test]
async fn what_is_refused_says_what_to_change_and_begins_nothing() {
    let edge = edge(vec![alerts()]);
    let twice = r#"{"id":"a","state":"firing","state":"worse","detail":1}"#;
    for (path, body, secret, status, words) in [
        ("/hooks/in/alerts", "{}", "other", 401, "the signature is not ours"),
        ("/hooks/in/alerts", twice, "top", 400, "the name \"state\" is there more than once"),
        ("/hooks/in/alerts", "{", "top", 400, "the body cannot be read"),
        ("/hooks/in/alerts", r#"{"state":"firing","detail":1}"#, "top", 422, "/id is missing or empty"),
        ("/hooks/in/alerts", r#"{"id":{},"state":"firing","detail":1}"#, "top", 422, "/id is missing or empty"),
        ("/hooks/in/nobody", "{}", "top", 404, "there is no such hook"),
    ] {
        let answer = edge.post(path, body, secret).await;
        assert_eq!(answer.0, status, "{body}: {}", answer.1);
        assert!(answer.1.contains(words), "{body}: {}", answer.1);
    }
    assert!(edge.room.begun.lock().unwrap().is_empty());
    let counts = edge.counter.snapshot();
    let refused = ["alerts.wrong_signature", "alerts.repeated_name", "alerts.unreadable", "unknown"];
    refused.iter().for_each(|name| assert_eq!(counts[*name], 1, "{name}"));
    assert_eq!(counts["alerts.no_key"], 2);
}

#[tokio::test]
async fn it_is_taken_only_when_it_is_kept() {
    let edge = edge(vec![alerts()]);
    *edge.room.trouble.lock().unwrap() = Some(Error::unavailable("the disk is full"));
    assert_eq!(edge.alert(firing(json!("a1"))).await.0, 503);
    *edge.room.trouble.lock().unwrap() = Some(Error::rejected("there is no room ops"));
    assert_eq!(edge.alert(firing(json!("a1"))).await, (422, "there is no room ops\n".into()));
    *edge.room.trouble.lock().unwrap() = None;
    assert_eq!(edge.alert(firing(json!("a1"))).await.0, 200, "and sent again it is");
}

#[tokio::test]
async fn a_hook_without_a_secret_is_off_and_says_so() {
    let edge = edge(vec![Hook { secrets: Secrets::new("", None), ..alerts() }]);
    let (status, words) = edge.alert(firing(json!("a1"))).await;
    assert_eq!(status, 503);
    assert!(words.contains("the secret of alerts is not set"), "{words}");
    assert!(edge.room.begun.lock().unwrap().is_empty());
}

#[test]
fn a_hook_is_read_from_a_file_without_its_secret() {
    let file = json!({
        "name": "alerts", "signature": "x-signature", "key": {"pointer": "/id"}, "room": "ops", "role": "member",
        "text": "Look into {/name}", "filters": [{"pointer": "/state", "test": {"equals": "firing"}}],
        "signed": {"stamped": {"header": "x-time", "before": "", "between": ".", "window": 300_000}},
    });
    let hook: Hook = serde_json::from_value(file).unwrap();
    assert!(hook.secrets.is_none());
    assert_eq!(hook.key, Key::Pointer("/id".into()));
    let misspelt =
        json!({"name": "a", "signature": "s", "key": {"pointer": "/id"}, "room": "r", "role": "member", "txt": ""});
    assert!(serde_json::from_value::<Hook>(misspelt).unwrap_err().to_string().contains("txt"));
}
