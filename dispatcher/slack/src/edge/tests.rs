use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::BodyExt;
use sha2::Sha256;
use signalbox_domain::event::{Delivery, Fact};
use signalbox_domain::id::{DeliveryId, Repository};
use signalbox_domain::time::Time;
use signalbox_ports::Error;

use super::*;
use crate::settings::Secret;
use crate::slack::{Board, Spend, Summary};

/// The example in Slack's documentation, as it stands there.
const VECTOR_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const VECTOR_TIME: &str = "1531420618";
const VECTOR_BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F\
hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.\
803a0bc887a14d10d2c447fce8b6703c";
const VECTOR_SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

const NOW: &str = "1700000000";

#[derive(Default)]
struct Kept {
    deliveries: Mutex<BTreeMap<DeliveryId, Delivery>>,
    down: Mutex<bool>,
}

#[async_trait]
impl Intake for Kept {
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error> {
        if *self.down.lock().unwrap() {
            return Err(Error::unavailable("the store is away"));
        }
        let mut deliveries = self.deliveries.lock().unwrap();
        let before = deliveries.insert(delivery.event.id.clone(), delivery);
        Ok(if before.is_some() { Recorded::Pending } else { Recorded::New })
    }
}

struct Knows;

#[async_trait]
impl Board for Knows {
    async fn runs(&self, _: &str, _: usize) -> Result<Vec<Summary>, Error> {
        Ok(Vec::new())
    }

    async fn spend(&self, _: &str) -> Result<Spend, Error> {
        Ok(Spend::default())
    }

    async fn repositories(&self, query: &str, limit: usize) -> Result<Vec<Repository>, Error> {
        let all = ["acme/website", "acme/api", "acme/web-tools"];
        Ok(all.into_iter().filter(|name| name.contains(query)).take(limit).map(Repository::from).collect())
    }
}

struct Desk {
    edge: Edge,
    kept: Arc<Kept>,
    clock: Arc<signalbox_world::clock::Clock>,
}

fn desk(secrets: &[&str]) -> Desk {
    let mut settings = Settings::new("A1");
    settings.signing_secrets = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let clock = Arc::new(signalbox_world::clock::Clock::default());
    let notes = Arc::new(signalbox_world::notes::Notes::default());
    let slack = Slack::new(settings, clock.clone(), notes, Arc::new(Knows)).unwrap();
    let kept = Arc::new(Kept::default());
    let gate = Arc::new(gate(slack.settings(), &slack));
    Desk { edge: Edge { slack, gate, intake: kept.clone() }, kept, clock }
}

impl Desk {
    async fn send(&self, stamp: &[u8], signature: &[u8], body: &[u8]) -> (StatusCode, String) {
        let (Ok(stamp), Ok(signature)) = (HeaderValue::from_bytes(stamp), HeaderValue::from_bytes(signature)) else {
            return (StatusCode::BAD_REQUEST, "no HTTP server lets that through".into());
        };
        let headers = [("x-slack-request-timestamp", stamp), ("x-slack-signature", signature)];
        self.post(&headers, body).await
    }

    async fn post(&self, headers: &[(&'static str, HeaderValue)], body: &[u8]) -> (StatusCode, String) {
        let mut request = Request::new(Body::from(body.to_vec()));
        for (name, value) in headers {
            request.headers_mut().append(HeaderName::from_static(name), value.clone());
        }
        let response = take(State(self.edge.clone()), request).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn signed(&self, body: &[u8]) -> (StatusCode, String) {
        self.send(NOW.as_bytes(), sign("new", NOW, body).as_bytes(), body).await
    }

    fn kept(&self) -> Vec<String> {
        self.kept.deliveries.lock().unwrap().keys().map(ToString::to_string).collect()
    }

    fn counts(&self) -> BTreeMap<String, u64> {
        self.edge.slack.0.ears.counter().snapshot()
    }
}

fn sign(secret: &str, stamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{stamp}:").as_bytes());
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={digits}")
}

fn event(event: &Value) -> Vec<u8> {
    let envelope = json!({
        "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": "Ev1", "event": event,
        "authorizations": [{ "team_id": "T1", "user_id": "UBOT", "is_bot": true }],
    });
    envelope.to_string().into_bytes()
}

fn mention() -> Vec<u8> {
    event(&json!({ "type": "app_mention", "user": "UANA", "text": "<@UBOT> fix it", "ts": "1.1", "channel": "C1" }))
}

fn interaction(payload: &Value) -> Vec<u8> {
    let form =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    form.into_bytes()
}

fn press() -> Value {
    json!({
        "type": "block_actions", "team": { "id": "T1" }, "user": { "id": "UANA" }, "api_app_id": "A1",
        "channel": { "id": "C1" }, "container": { "message_ts": "1.2", "thread_ts": "1.1" },
        "actions": [{ "type": "button", "action_id": "stop", "value": "x", "action_ts": "1.3" }],
    })
}

fn payloads() -> Vec<Vec<u8>> {
    vec![
        br#"{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#.to_vec(),
        mention(),
        event(&json!({ "type": "reaction_added", "user": "UANA", "reaction": "x", "event_ts": "1.4",
            "item": { "type": "message", "channel": "C1", "ts": "1.1" } })),
        interaction(&press()),
        VECTOR_BODY.as_bytes().to_vec(),
    ]
}

#[tokio::test]
async fn the_documented_request_is_believed_in_its_time() {
    let desk = desk(&[VECTOR_SECRET]);
    desk.clock.set(Time(1_531_420_618_000));
    let send = || desk.send(VECTOR_TIME.as_bytes(), VECTOR_SIGNATURE.as_bytes(), VECTOR_BODY.as_bytes());
    assert_eq!(send().await, (StatusCode::OK, String::new()));
    let key = "heard:commanded:slack:T1DC2JH3J/G8PSS9T3V:398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    assert_eq!(desk.kept(), [key]);
    for (seconds, status) in [(300, StatusCode::OK), (301, StatusCode::UNAUTHORIZED), (-301, StatusCode::UNAUTHORIZED)]
    {
        desk.clock.set(Time(u64::try_from((1_531_420_618 + seconds) * 1_000_i64).unwrap()));
        assert_eq!(send().await.0, status, "{seconds} s later");
    }
}

#[tokio::test]
async fn no_bit_can_be_turned_in_what_was_signed() {
    let desk = desk(&["new", "old"]);
    let (mut tried, mut accepted) = (0_u64, 0_u64);
    for body in payloads() {
        let signature = sign("new", NOW, &body).into_bytes();
        assert_eq!(desk.send(NOW.as_bytes(), &signature, &body).await.0, StatusCode::OK);
        let whole = [NOW.as_bytes(), &signature, &body].concat();
        for bit in 0..whole.len() * 8 {
            let mut turned = whole.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            let (stamp, rest) = turned.split_at(NOW.len());
            let (signature, body) = rest.split_at(signature.len());
            tried += 1;
            accepted += u64::from(desk.send(stamp, signature, body).await.0 == StatusCode::OK);
        }
    }
    assert_eq!((accepted, tried > 10_000), (0, true), "{accepted} of {tried}");
}

#[tokio::test]
async fn both_secrets_hold_while_one_replaces_the_other_and_no_third() {
    let desk = desk(&["new", "old"]);
    let body = mention();
    for (secret, status) in [
        ("new", StatusCode::OK),
        ("old", StatusCode::OK),
        ("older", StatusCode::UNAUTHORIZED),
        ("x", StatusCode::UNAUTHORIZED),
    ] {
        let signature = sign(secret, NOW, &body);
        assert_eq!(desk.send(NOW.as_bytes(), signature.as_bytes(), &body).await.0, status, "{secret}");
    }
}

#[tokio::test]
async fn a_header_that_decides_is_there_exactly_once() {
    let desk = desk(&["new"]);
    let body = mention();
    let stamp = ("x-slack-request-timestamp", HeaderValue::from_static(NOW));
    let signature = ("x-slack-signature", HeaderValue::from_str(&sign("new", NOW, &body)).unwrap());
    for headers in [
        vec![stamp.clone()],
        vec![signature.clone()],
        vec![stamp.clone(), signature.clone(), signature.clone()],
        vec![stamp.clone(), stamp.clone(), signature.clone()],
        vec![("x-slack-signature", HeaderValue::from_static("v0=00")), stamp.clone(), signature.clone()],
    ] {
        assert_eq!(desk.post(&headers, &body).await.0, StatusCode::BAD_REQUEST, "{headers:?}");
    }
    assert_eq!(desk.post(&[stamp, signature], &body).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_name_that_is_there_twice_is_refused_however_it_comes() {
    let desk = desk(&["new"]);
    let twice = String::from_utf8(mention()).unwrap().replacen("\"team_id\":", "\"team_id\":\"T9\",\"team_id\":", 1);
    let hidden = twice.replacen("\"team_id\"", "\"team\\u005fid\"", 1);
    let inside = "payload=%7B%22type%22%3A%22block_actions%22%2C%22type%22%3A%22view_closed%22%7D";
    for body in [twice.as_str(), hidden.as_str(), inside, "command=%2Fa&command=%2Fb", "{\"type\":", "{}{}"] {
        assert_eq!(desk.signed(body.as_bytes()).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    assert!(desk.kept().is_empty());
}

#[tokio::test]
async fn without_a_secret_nothing_is_believed() {
    for secrets in [&[][..], &[""], &[" "]] {
        let desk = desk(secrets);
        let body = mention();
        for secret in ["", " ", "new"] {
            let (status, words) = desk.send(NOW.as_bytes(), sign_any(secret, &body).as_bytes(), &body).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(words.contains("secret of slack is not set"), "{words}");
        }
        assert!(desk.kept().is_empty());
        assert_eq!(desk.counts()["no_secret"], 3);
    }
}

fn sign_any(secret: &str, body: &[u8]) -> String {
    sign(secret, NOW, body)
}

#[tokio::test]
async fn slack_is_told_that_it_came_only_when_it_is_kept_and_its_retries_are_welcome() {
    let desk = desk(&["new"]);
    let body = mention();
    *desk.kept.down.lock().unwrap() = true;
    assert_eq!(desk.signed(&body).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(desk.kept().is_empty());
    *desk.kept.down.lock().unwrap() = false;
    let again = [
        ("x-slack-request-timestamp", HeaderValue::from_static(NOW)),
        ("x-slack-signature", HeaderValue::from_str(&sign("new", NOW, &body)).unwrap()),
        ("x-slack-retry-num", HeaderValue::from_static("1")),
        ("x-slack-retry-reason", HeaderValue::from_static("http_error")),
    ];
    assert_eq!(desk.post(&again, &body).await.0, StatusCode::OK);
    assert_eq!(desk.kept(), ["heard:said:slack:T1/C1:1.1"]);
}

#[tokio::test]
async fn eleven_copies_and_the_pair_of_kinds_are_one() {
    let desk = desk(&["new"]);
    for copy in 0..11 {
        let kind = if copy % 2 == 0 { "app_mention" } else { "message" };
        let body = json!({
            "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": format!("Ev{copy}"),
            "event": { "type": kind, "user": "UANA", "text": "<@UBOT> fix it", "ts": "1.1", "channel": "C1" },
        });
        assert_eq!(desk.signed(body.to_string().as_bytes()).await.0, StatusCode::OK);
    }
    assert_eq!(desk.kept(), ["heard:said:slack:T1/C1:1.1"]);
    assert_eq!((desk.counts()["kept"], desk.counts()["kept before"]), (1, 10));
}

#[tokio::test]
async fn what_slack_asks_is_answered_and_what_is_nothing_to_us_is_counted() {
    let desk = desk(&["new"]);
    let challenge = json!({ "type": "url_verification", "challenge": "3eZ" });
    let (status, words) = desk.signed(challenge.to_string().as_bytes()).await;
    assert_eq!((status, words.as_str()), (StatusCode::OK, r#"{"challenge":"3eZ"}"#));

    let mut search = press();
    search["type"] = json!("block_suggestion");
    search["action_id"] = json!(SEARCH);
    search["value"] = json!("web");
    let (status, words) = desk.signed(&interaction(&search)).await;
    let offered: Value = serde_json::from_str(&words).unwrap();
    assert_eq!(status, StatusCode::OK);
    let values: Vec<&str> =
        offered["options"].as_array().unwrap().iter().map(|option| option["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["acme/website", "acme/web-tools"]);

    assert_eq!(desk.signed(b"ssl_check=1&token=x").await, (StatusCode::OK, String::new()));
    let mut other = press();
    other["api_app_id"] = json!("A2");
    assert_eq!(desk.signed(&interaction(&other)).await, (StatusCode::OK, String::new()));
    assert!(desk.kept().is_empty());
    assert_eq!(desk.counts()["ignored: it is for another app"], 1);
    assert_eq!(desk.counts()["ignored: it does not say what it is"], 1);
}

#[tokio::test]
async fn what_was_heard_is_kept_as_evidence() {
    let desk = desk(&["new"]);
    let (slack, notes) = (&desk.edge.slack, &desk.edge.slack.0.notes);
    desk.signed(&mention()).await;
    slack.0.ears.keep(notes.as_ref()).await.unwrap();
    slack.0.ears.keep(notes.as_ref()).await.unwrap();
    let after_a_restart = Ears::default().seen(notes.as_ref()).await.unwrap();
    assert_eq!(after_a_restart.into_iter().collect::<Vec<_>>(), [("app_mention".to_owned(), Time(1_700_000_000_000))]);
}

#[tokio::test]
async fn no_delivery_keeps_what_could_answer_for_somebody() {
    let desk = desk(&["new"]);
    for body in payloads() {
        desk.signed(&body).await;
    }
    for delivery in desk.kept.deliveries.lock().unwrap().values() {
        let Fact::Received { what } = &delivery.event.fact else { panic!() };
        for secret in ["hooks.slack.com", "xyzz0WbapA4vBCDEFasx0q6G", "token"] {
            assert!(!what.to_string().contains(secret), "{what}");
        }
    }
}
