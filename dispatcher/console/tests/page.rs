//! The console as a browser, the command line and the engine meet it: over real connections.
#![allow(clippy::unwrap_used)]

mod visit;

use std::sync::Arc;

use serde_json::json;
use signalbox_domain::event::Fact;
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Action, Line, Mark, Post, Slot, Span};
use signalbox_domain::talk::{MessageId, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat, Utterance};
use signalbox_ports::clock::Clock as _;

use visit::{Intake, Visit, ask};

/// A console, and a thread in it.
struct Thread(Visit, ThreadId, MessageId);

#[async_trait::async_trait]
impl signalbox_world::contract::chat::Talk for Thread {
    fn chat(&self) -> &dyn Chat {
        &self.0.console
    }

    fn thread(&self) -> (ThreadId, MessageId) {
        (self.1.clone(), self.2.clone())
    }

    fn nowhere(&self) -> Option<ThreadId> {
        Some(ThreadId { room: "nowhere".into(), ..self.1.clone() })
    }

    async fn read(&self) -> Vec<String> {
        let all = texts(&self.0, &self.1);
        all.into_iter().filter(|text| text != "the price is wrong").collect()
    }

    fn lose(&self) -> bool {
        false
    }

    fn now(&self) -> Time {
        self.0.clock.now()
    }

    fn wait(&self, until: Time) {
        self.0.clock.set(until);
    }
}

#[test]
fn the_console_keeps_the_contract_of_a_chat() {
    // A runtime does not end within another: each console is kept until the stories are told.
    let kept = std::sync::Mutex::new(Vec::new());
    let thread = || {
        let visit = tokio::task::block_in_place(Visit::new);
        let thread = visit.write("general", None, "the price is wrong");
        let request = MessageId(thread.root.clone());
        let talk = Arc::new(Thread(visit, thread, request));
        kept.lock().unwrap().push(talk.clone());
        talk as Arc<dyn signalbox_world::contract::chat::Talk>
    };
    tokio::runtime::Runtime::new().unwrap().block_on(signalbox_world::contract::chat::suite(thread));
}

fn say(visit: &Visit, thread: &ThreadId, version: u64, slot: Slot, post: Post) -> MessageId {
    let run = RunId("01J".into());
    let id = EffectId { run: run.clone(), version, index: 0 };
    let utterance = Utterance { id, thread: thread.clone(), run, slot, post, known: None, retried: false };
    visit.wait(visit.console.say(&utterance)).unwrap()
}

fn texts(visit: &Visit, thread: &ThreadId) -> Vec<String> {
    let whole = visit.get(&format!("/api/threads/{}/{}", thread.room, thread.root)).1;
    whole["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            let line = &message["post"]["lines"][0]["spans"][0]["text"];
            message["text"].as_str().or(line.as_str()).unwrap_or("-").to_string()
        })
        .collect()
}

#[test]
fn what_a_person_writes_is_handed_over_once_and_in_order() {
    let visit = Visit::new();
    let first = visit.write("general", None, "@signalbox: the price is wrong");
    let again = visit.post("/api/rooms/general/messages", json!({ "text": "twice", "key": "k1" })).1;
    assert_eq!(visit.post("/api/rooms/general/messages", json!({ "text": "twice", "key": "k1" })).1, again);
    visit.write("general", Some(&first), "also the FAQ");
    let said: Vec<_> = visit.intake.said(3);
    assert_eq!(said, ["the price is wrong", "twice", "also the FAQ"]);
    let deliveries = visit.intake.received(3);
    assert_eq!(deliveries[0].thread, first);
    assert_eq!(deliveries[2].thread, first);
    assert_eq!(deliveries[0].event.id.0, format!("said:console:general:{}", first.root));
    assert!(
        matches!(&deliveries[0].event.fact, Fact::Said { addressed: true, message } if message.by.role == Role::Admin)
    );
}

#[test]
fn what_was_not_taken_is_told_and_sent_again_also_after_a_restart() {
    let visit = Visit::with(Arc::new(Intake::down()));
    let mut stream = visit.stream(0);
    let thread = visit.write("general", None, "the price is wrong");
    let late = stream.until(|update| update["message"]["delivery"]["state"] == "retrying");
    assert_eq!(late["message"]["text"], "the price is wrong");
    assert!(visit.intake.all().is_empty());

    let visit = visit.restart(Arc::new(Intake::default()));
    assert_eq!(visit.intake.said(1), ["the price is wrong"]);
    let mut stream = visit.stream(0);
    stream.until(|update| update["message"]["delivery"]["state"] == "received");
    assert_eq!(texts(&visit, &thread), ["the price is wrong"]);

    let visit = visit.restart(Arc::new(Intake::default()));
    visit.write("general", Some(&thread), "again");
    assert_eq!(visit.intake.said(1), ["again"], "what was taken is not sent again");
}

#[test]
fn a_slot_is_one_message_and_an_older_state_never_overwrites_a_newer_one() {
    let visit = Visit::new();
    let thread = visit.write("general", None, "go");
    let message = say(&visit, &thread, 3, Slot::Status, Post::line("three"));
    let mut stream = visit.stream(0);
    stream.until(|update| update["message"]["id"] == json!(message));
    for (version, shown) in [(5, "five"), (4, "four"), (5, "five"), (6, "six")] {
        assert_eq!(say(&visit, &thread, version, Slot::Status, Post::line(shown)), message);
    }
    let mut seen = vec!["three".to_string()];
    while seen.last().unwrap() != "six" {
        let update = stream.until(|update| update["message"]["id"] == json!(message));
        seen.push(update["message"]["post"]["lines"][0]["spans"][0]["text"].as_str().unwrap().into());
    }
    // States may be passed over, never shown backwards.
    let mut order = ["three", "five", "six"].iter();
    assert!(seen.iter().all(|shown| order.any(|state| state == shown)), "{seen:?}");
    let visit = visit.restart(Arc::new(Intake::default()));
    say(&visit, &thread, 5, Slot::Status, Post::line("five"));
    assert_eq!(texts(&visit, &thread), ["go", "six"]);
}

#[test]
fn a_browser_that_lost_its_connection_misses_nothing() {
    let visit = Visit::new();
    let thread = visit.write("general", None, "go");
    let mut stream = visit.stream(0);
    let last = stream.until(|update| update["message"]["text"] == "go")["n"].as_u64().unwrap();
    drop(stream);
    say(&visit, &thread, 1, Slot::Status, Post::line("one"));
    visit.wait(visit.console.mark(&thread, &MessageId(thread.root.clone()), Mark::Seen)).unwrap();
    say(&visit, &thread, 2, Slot::Status, Post::line("two"));
    let mut stream = visit.stream(last);
    let mut marked = false;
    stream.until(|update| {
        marked |= update["message"]["mark"]["mark"] == "seen";
        update["message"]["post"]["lines"][0]["spans"][0]["text"] == "two"
    });
    assert!(marked);
    let mut stream = visit.stream(1_000_000);
    assert_eq!(stream.named("reset"), json!({}), "one that saw another console begins anew");
}

#[test]
fn a_double_click_is_one_press_and_pressing_again_later_is_another() {
    let visit = Visit::new();
    let thread = visit.write("general", None, "go");
    let post = Post::line("working").button("Stop", Action::Stop);
    let message = say(&visit, &thread, 2, Slot::Status, post);
    let path = format!("/api/messages/general/{}/press", message.0);
    let press = |action: serde_json::Value| visit.post(&path, json!({ "action": action })).0;
    assert_eq!(press(json!({ "action": "stop" })), 200);
    assert_eq!(press(json!({ "action": "stop" })), 200);
    visit.clock.advance(signalbox_domain::time::Span::seconds(5));
    assert_eq!(press(json!({ "action": "stop" })), 200);
    let forged = json!({ "action": "choose", "target": { "workflow": "build", "repository": "a/b", "branch": null, "inputs": {} } });
    assert_eq!(press(forged), 409, "what is not offered cannot be pressed");
    visit.write("general", Some(&thread), "that was all");
    let received = visit.intake.received(4);
    assert!(matches!(&received[3].event.fact, Fact::Said { .. }), "{received:?}");
    let pressed = &received[..3];
    let ids: Vec<_> = pressed[1..].iter().map(|delivery| delivery.event.id.0.as_str()).collect();
    let of = message.0;
    assert_eq!(ids, [format!("pressed:01J:{of}@2:stop:1"), format!("pressed:01J:{of}@2:stop:2")]);
    assert!(pressed[1..].iter().all(|delivery| delivery.run == Some("01J".into())));
}

#[test]
fn a_denial_carries_its_reason_and_a_cross_on_the_request_stops() {
    let visit = Visit::new();
    let thread = visit.write("general", None, "go");
    let deny =
        |reason: &str| Action::Deny { phase: "approve".into(), digest: "sha256:1".into(), reason: reason.into() };
    let slot = Slot::Gate("approve".into(), "sha256:1".into());
    let message = say(&visit, &thread, 2, slot, Post::line("May I?").button("Deny", deny("")));
    visit.post(&format!("/api/messages/general/{}/press", message.0), json!({ "action": deny("too dear") }));
    visit.post(&format!("/api/messages/general/{}/press", thread.root), json!({ "action": { "action": "stop" } }));
    let facts: Vec<_> = visit.intake.received(3).into_iter().map(|delivery| delivery.event.fact).collect();
    assert!(matches!(&facts[1], Fact::Pressed { action, .. } if *action == deny("too dear")));
    assert!(matches!(&facts[2], Fact::Pressed { action: Action::Stop, .. }));
}

#[test]
fn a_message_is_changed_and_deleted_by_who_wrote_it_and_nobody_else() {
    let visit = Visit::new();
    let thread = visit.write("general", None, "go");
    let path = format!("/api/messages/general/{}", thread.root);
    assert_eq!(visit.send("PUT", &path, "sam", json!({ "text": "no" })).0, 403);
    assert_eq!(visit.send("PUT", &path, "you", json!({ "text": "go on" })).0, 200);
    assert_eq!(visit.send("DELETE", &path, "sam", json!({})).0, 403);
    assert_eq!(visit.send("DELETE", &path, "you", json!({})).0, 200);
    assert_eq!(visit.send("DELETE", &path, "you", json!({})).0, 404);
    let facts: Vec<_> = visit.intake.received(3).into_iter().map(|delivery| delivery.event.fact).collect();
    assert!(matches!(&facts[1], Fact::Edited { message } if message.text == "go on"));
    assert!(matches!(&facts[2], Fact::Deleted { .. }));
    assert_eq!(texts(&visit, &thread), ["-"]);
}

#[test]
fn a_whisper_is_seen_by_one_person_and_a_thread_is_read_back_without_it() {
    let visit = Visit::new();
    let thread = visit.write("general", None, "go");
    let id = EffectId { run: "01J".into(), version: 2, index: 1 };
    let sam = visit.person("sam");
    for _ in 0..2 {
        visit.wait(visit.console.whisper(&id, &thread, &sam, &Post::line("only Ana may stop this"))).unwrap();
    }
    let path = format!("/api/threads/general/{}", thread.root);
    let seen_by = |token| visit.send("GET", &path, token, json!(null)).1["messages"].as_array().unwrap().len();
    assert_eq!((seen_by("you"), seen_by("sam")), (1, 2));
    say(&visit, &thread, 3, Slot::Closing, Post::line("Done."));
    let read = visit.wait(visit.console.read(&thread, 10)).unwrap();
    let read: Vec<_> = read.iter().map(|spoken| (spoken.message.text.as_str(), spoken.ours)).collect();
    assert_eq!(read, [("go", false), ("Done.", true)]);
    let newest = visit.wait(visit.console.read(&thread, 1)).unwrap();
    assert_eq!(newest[0].message.text, "go", "the request stays");
}

#[test]
fn a_thread_of_another_chat_or_none_is_refused_in_words() {
    let visit = Visit::new();
    let thread = ThreadId { chat: "console".into(), room: "general".into(), root: "m99".into() };
    let read = visit.wait(visit.console.read(&thread, 1));
    assert!(matches!(read, Err(Error::Rejected(why)) if why.contains("console:general:m99")));
    let thread = ThreadId { chat: "other".into(), ..thread };
    assert!(matches!(visit.wait(visit.console.room(&thread)), Err(Error::Rejected(_))));
}

#[test]
fn a_topic_is_where_the_engine_reads_it() {
    let visit = Visit::new();
    let thread = visit.write("general", None, "go");
    assert_eq!(visit.send("PUT", "/api/rooms/general", "you", json!({ "topic": "repo:acme/website" })).0, 200);
    assert_eq!(visit.wait(visit.console.room(&thread)).unwrap().topic, "repo:acme/website");
    let (status, made) = visit.post("/api/rooms", json!({ "name": "Back Office!", "topic": "" }));
    assert_eq!((status, made["id"].as_str()), (200, Some("back-office")));
    assert_eq!(visit.post("/api/rooms", json!({ "name": "back office", "topic": "" })).0, 409);
    assert_eq!(visit.post("/api/rooms", json!({ "name": "!!!", "topic": "" })).0, 400);
}

#[test]
fn nobody_comes_in_without_the_token_by_another_name_or_from_another_page() {
    let visit = Visit::new();
    let at = visit.at;
    let own = format!("127.0.0.1:{}", at.port());
    let get = |path: &str, headers: &[(&str, &str)]| ask(at, "GET", path, headers, b"").0;
    assert_eq!(get("/", &[]), 401);
    assert_eq!(get("/api/overview", &[]), 401);
    assert_eq!(get("/api/overview", &[("Authorization", "Bearer wrong")]), 401);
    assert_eq!(get("/api/overview", &[("Authorization", "Bearer ")]), 401);
    assert_eq!(get("/?token=wrong", &[]), 401);
    assert_eq!(get("/api/overview", &[("Authorization", "Bearer you"), ("Host", "evil.example")]), 421);
    assert_eq!(get("/assets/app.js", &[("Host", "127.0.0.1.evil.example")]), 421);

    let (status, headers, _) = ask(at, "GET", "/runs?token=you", &[], b"");
    assert_eq!((status, headers["location"].to_str().unwrap()), (303, "/runs"));
    let cookie = headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(get("/", &[("Cookie", cookie)]), 200);

    let body = br#"{"text":"go"}"#;
    let write = |origin: Option<&str>| {
        let mut headers = vec![("Cookie", cookie), ("Content-Type", "application/json")];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        ask(at, "POST", "/api/rooms/general/messages", &headers, body).0
    };
    assert_eq!(write(Some("https://evil.example")), 403);
    assert_eq!(write(Some("null")), 403);
    assert_eq!(write(None), 403, "a cookie alone is no proof that this page asked");
    assert_eq!(write(Some(&format!("http://{own}"))), 200);
    assert_eq!(visit.intake.said(1), ["go"]);
}

#[test]
fn every_answer_forbids_what_the_page_does_not_need() {
    let visit = Visit::new();
    for path in ["/", "/api/overview", "/assets/app.js", "/api/nothing"] {
        let headers = ask(visit.at, "GET", path, &[("Authorization", "Bearer you")], b"").1;
        let policy = headers["content-security-policy"].to_str().unwrap();
        for part in
            ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
}

#[test]
fn hostile_text_comes_out_as_text_and_hostile_links_as_nothing_to_press() {
    let visit = Visit::new();
    let hostile =
        "<script>alert(1)</script> <img src=x onerror=alert(1)> @channel [a](javascript:alert(1)) \u{202E}txt.exe";
    let thread = visit.write("general", None, hostile);
    let link = |url: &str| Span::Link { label: "https://bank.example".into(), url: url.into() };
    let spans = vec![Span::Untrusted(hostile.into()), link("javascript:alert(1)"), link("https://evil.example/x")];
    let post = Post::default().and(Line::Text { spans }).and(Line::Quote { text: hostile.into() });
    let post = post.button("View", Action::View { url: "javascript:alert(1)".into() });
    say(&visit, &thread, 2, Slot::Closing, post);
    let whole = visit.get(&format!("/api/threads/general/{}", thread.root)).1;
    let shown = hostile.replace('\u{202E}', "�");
    assert_eq!(whole["messages"][0]["text"], json!(shown), "told letter by letter, not one lost");
    let post = &whole["messages"][1]["post"];
    let spans = &post["lines"][0]["spans"];
    assert_eq!(spans[0], json!({ "span": "untrusted", "text": shown }));
    assert_eq!(spans[1]["span"], "untrusted", "an address that is none is only words");
    assert_eq!(
        spans[2],
        json!({ "span": "link", "text": "https://bank.example", "url": "https://evil.example/x", "host": "evil.example" })
    );
    assert_eq!(post["buttons"][0]["link"], json!(null));
}

#[test]
fn no_script_of_the_page_turns_text_into_markup() {
    let visit = Visit::new();
    let page = ask(visit.at, "GET", "/", &[("Authorization", "Bearer you")], b"").2;
    assert!(page.contains("/assets/app.js") && !page.contains("<script>") && !page.contains("style="));
    for file in ["api", "app", "changes", "dom", "keys", "post", "prose", "rooms", "runs", "store", "thread", "time"] {
        let (status, _, script) = ask(visit.at, "GET", &format!("/assets/{file}.js"), &[], b"");
        assert_eq!(status, 200, "{file}");
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "srcdoc",
            "http://",
            "https://",
        ] {
            assert!(!script.contains(way), "{file}.js has {way}");
        }
    }
}

#[test]
fn what_is_too_long_or_makes_no_sense_is_refused_in_words() {
    let visit = Visit::new();
    let long = "é".repeat(9_000);
    let (status, words) = visit.post("/api/rooms/general/messages", json!({ "text": long }));
    assert_eq!(status, 400);
    assert!(words["error"].as_str().unwrap().contains("18000 bytes"), "{words}");
    assert_eq!(visit.post("/api/rooms/nowhere/messages", json!({ "text": "go" })).0, 404);
    assert_eq!(visit.post("/api/threads/general/m99/messages", json!({ "text": "go" })).0, 404);
    let (status, words) = visit.post("/api/rooms/general/messages", json!({ "words": "go" }));
    assert_eq!(status, 400);
    assert!(words["error"].as_str().unwrap().contains("text"), "{words}");
    assert!(visit.intake.all().is_empty());
}

#[test]
fn a_viewer_may_write_and_may_not_merge() {
    let visit = Visit::new();
    assert_eq!(visit.send("POST", "/api/rooms", "viv", json!({ "name": "x" })).0, 403);
    let merge = visit.send("POST", "/api/changes/acme/website/1/merge", "viv", json!({ "head": "abc" }));
    assert_eq!(merge.0, 403);
    assert!(merge.1["error"].as_str().unwrap().contains("maintainer"));
    assert_eq!(visit.send("POST", "/api/rooms/general/messages", "viv", json!({ "text": "why?" })).0, 200);
    assert_eq!(visit.send("GET", "/api/overview", "out", json!(null)).0, 403, "an outsider sees nothing happen");
}
