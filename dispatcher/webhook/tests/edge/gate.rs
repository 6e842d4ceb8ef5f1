//! The gate: nothing is believed that was changed, however little.

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures::StreamExt;
use signalbox_domain::time::{Span, Time};
use signalbox_webhook::signature::{signature, verify};
use signalbox_webhook::{Gate, MAX_BODY, Refused, Secrets, Signed};

pub(crate) const NOW: Time = Time(1_700_000_000_000);
const STAMP: &str = "1700000000";

const PAYLOADS: [&str; 4] = [
    "{}",
    r#"{"action":"opened","issue":{"number":7,"title":"Pricing: $9 → $12"},"sender":{"id":42}}"#,
    "payload=%7B%22type%22%3A%22block_actions%22%7D",
    "",
];

fn secrets(current: &str, other: Option<&str>) -> Secrets {
    Secrets::new(current, other).unwrap()
}

/// A gate over the body alone.
fn plain() -> Gate {
    Gate::new("plain", Some(secrets("top", None)), "x-signature-256", "sha256=")
}

/// A gate over a timestamp and the body.
fn stamped() -> Gate {
    let header = "x-timestamp".into();
    let signed = Signed::Stamped { header, before: "v0:".into(), between: ":".into(), window: Span::seconds(300) };
    Gate { signed, ..Gate::new("stamped", Some(secrets("top", None)), "x-signature", "v0=") }
}

fn admit(gate: &Gate, headers: &[(&str, Vec<u8>)], body: impl Into<Body>) -> Result<Vec<u8>, Refused> {
    let mut request = Request::post("/hooks/x");
    for (name, value) in headers {
        request = request.header(*name, value.as_slice());
    }
    let Ok(request) = request.body(body.into()) else {
        // No HTTP server lets such a header through.
        return Err(Refused::BadHeader("?".into()));
    };
    futures::executor::block_on(gate.admit(request, NOW)).map(|admitted| admitted.body().to_vec())
}

/// Every text that differs in one bit.
fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

#[test]
fn a_request_with_one_bit_changed_is_never_believed() {
    let (mut tried, mut accepted, mut believed) = (0, 0, 0);
    for payload in PAYLOADS {
        let body = payload.as_bytes();
        for (gate, parts, name) in [
            (plain(), vec![body], "x-signature-256"),
            (stamped(), vec![b"v0:".as_slice(), STAMP.as_bytes(), b":", body], "x-signature"),
        ] {
            let sent = signature(&secrets("top", None), &gate.prefix, &parts);
            let stamp = ("x-timestamp", STAMP.as_bytes().to_vec());
            let mut ask = |signature: Vec<u8>, stamp: (&'static str, Vec<u8>), body: Vec<u8>| {
                tried += 1;
                let answer = admit(&gate, &[(name, signature), stamp], body);
                accepted += usize::from(answer.is_ok());
                answer
            };
            let sent_bytes = sent.clone().into_bytes();
            assert_eq!(ask(sent_bytes.clone(), stamp.clone(), body.to_vec()).unwrap(), body);
            believed += 1;
            flips(body).for_each(|body| assert!(ask(sent_bytes.clone(), stamp.clone(), body).is_err()));
            flips(&sent_bytes).for_each(|sent| assert!(ask(sent, stamp.clone(), body.to_vec()).is_err()));
            if gate.signed != Signed::Body {
                flips(STAMP.as_bytes())
                    .for_each(|it| assert!(ask(sent_bytes.clone(), (stamp.0, it), body.to_vec()).is_err()));
            }
        }
    }
    println!("webhook: {tried} requests, {believed} untouched and believed, {} of the others", accepted - believed);
    assert!(tried > 5_000 && accepted == believed);
}

#[test]
fn both_secrets_are_believed_while_one_replaces_the_other_and_no_third() {
    let gate = Gate { secrets: Some(secrets("new", Some("old"))), ..plain() };
    for (secret, believed) in [("new", true), ("old", true), ("older", false), ("", false)] {
        let sent = Secrets::new(secret, None).map_or("sha256=".into(), |it| signature(&it, "sha256=", &[b"x"]));
        assert_eq!(admit(&gate, &[("x-signature-256", sent.into_bytes())], "x").is_ok(), believed, "{secret:?}");
    }
}

#[test]
fn published_vectors_are_believed() {
    let check = |secret: &str, digits: &str, message: &[u8]| {
        assert_eq!(verify(&secrets(secret, None), "", digits, &[message]), Ok(()));
    };
    // RFC 4231, test case 2.
    check("Jefe", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", b"what do ya want for nothing?");
    check(
        "It's a Secret to Everybody",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        b"Hello, World!",
    );
}

#[test]
fn a_header_that_decides_is_there_once_or_not_believed() {
    let sent = signature(&secrets("top", None), "sha256=", &[b"x"]).into_bytes();
    let name = "x-signature-256";
    assert_eq!(admit(&plain(), &[], "x"), Err(Refused::MissingHeader(name.into())));
    let twice = [(name, sent.clone()), ("X-Signature-256", sent.clone())];
    assert_eq!(admit(&plain(), &twice, "x"), Err(Refused::RepeatedHeader(name.into())));
    let two = [(name, sent.clone()), (name, b"sha256=00".to_vec())];
    assert_eq!(admit(&plain(), &two, "x"), Err(Refused::RepeatedHeader(name.into())));
    let upper = String::from_utf8(sent.clone()).unwrap().replace("sha256=", "").to_uppercase();
    for bad in [format!("sha256={upper}"), upper.to_lowercase(), "sha256=".into(), "sha1=00".into()] {
        let answer = admit(&plain(), &[(name, bad.clone().into_bytes())], "x");
        assert_eq!(answer, Err(Refused::BadSignature("sha256=".into())), "{bad}");
    }
    let mut many: Vec<(&str, Vec<u8>)> = vec![(name, sent)];
    many.extend((0..100).map(|_| ("x-more", b"1".to_vec())));
    assert_eq!(admit(&plain(), &many, "x"), Err(Refused::LargeHeaders));
}

#[test]
fn a_request_sent_again_later_is_stale() {
    for (stamp, away) in [("1699999699", 301), ("1700000301", 301), ("0", 1_700_000_000)] {
        let sent = signature(&secrets("top", None), "v0=", &[b"v0:", stamp.as_bytes(), b":x"]);
        let headers = [("x-signature", sent.into_bytes()), ("x-timestamp", stamp.as_bytes().to_vec())];
        assert_eq!(admit(&stamped(), &headers, "x"), Err(Refused::Stale(away)));
    }
    let sent = signature(&secrets("top", None), "v0=", &[b"v0:1699999700:x"]).into_bytes();
    assert!(admit(&stamped(), &[("x-signature", sent), ("x-timestamp", b"1699999700".to_vec())], "x").is_ok());
}

#[test]
fn a_body_over_its_cap_is_refused_before_it_is_read_to_its_end() {
    let gate = Gate { body_bytes: 10, ..plain() };
    let sent = signature(&secrets("top", None), "sha256=", &[b"0123456789"]).into_bytes();
    let header = ("x-signature-256", sent);
    assert!(admit(&gate, std::slice::from_ref(&header), "0123456789").is_ok());
    assert_eq!(admit(&gate, std::slice::from_ref(&header), "0123456789x"), Err(Refused::LargeBody(10)));
    // Without a length, and without an end: whoever waited for it would wait for ever.
    let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"0123")));
    assert_eq!(admit(&gate, std::slice::from_ref(&header), Body::from_stream(endless)), Err(Refused::LargeBody(10)));
    let announced = [header.clone(), ("content-length", (MAX_BODY * 2).to_string().into_bytes())];
    let never = futures::stream::pending::<Result<Bytes, std::io::Error>>();
    assert_eq!(admit(&gate, &announced, Body::from_stream(never)), Err(Refused::LargeBody(10)));
    let torn = futures::stream::iter([Ok(Bytes::from_static(b"01")), Err(std::io::Error::other("gone"))]);
    assert_eq!(admit(&gate, &[header], Body::from_stream(torn.boxed())), Err(Refused::BrokenBody));
}

#[test]
fn without_a_secret_nothing_is_believed_and_everything_is_counted() {
    let gate = Gate::new("orphan", None, "x-signature-256", "sha256=");
    for secret in ["top", " ", "null"] {
        let sent = Secrets::new(secret, None).map_or("sha256=".into(), |it| signature(&it, "sha256=", &[b"x"]));
        let refused = admit(&gate, &[("x-signature-256", sent.into_bytes())], "x").unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.reason()), (503, "no_secret"));
        assert!(refused.to_string().contains("the secret of orphan is not set"));
    }
    assert_eq!(gate.counter.snapshot().get("no_secret"), Some(&3));
}
