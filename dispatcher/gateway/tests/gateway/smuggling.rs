use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use signalbox_gateway::{Protocol, Why};
use signalbox_world_model::Turn;

use crate::hosts::granted;
use crate::stand::{Stand, ask, dollars, keys, short, stand_with};

async fn stand() -> Stand {
    stand_with(vec![Turn::say("x")], dollars(5), granted, |gateway| gateway.with_limits(short()), Arc::new(keys()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_be_two_requests_is_none() {
    let stand = stand().await;
    let smuggled = "GET /at/registry.example/smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    let chunked = format!("0\r\n\r\n{smuggled}");
    let cases = [
        // Two lengths, in every order and spelling. The first two are one request, by the standard.
        format!(
            "POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n{chunked}"
        ),
        format!(
            "POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n{chunked}"
        ),
        format!(
            "POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\n{smuggled}"
        ),
        format!("POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ncontent-length: 0, 5\r\n\r\n{smuggled}"),
        format!("POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ncontent-length: +0\r\n\r\n{smuggled}"),
        format!("POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n{smuggled}"),
        format!("POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ncontent-length : 5\r\n\r\n{smuggled}"),
        format!("POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n{chunked}"),
        format!(
            "POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n{chunked}"
        ),
        format!(
            "POST /at/other.example/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n{chunked}"
        ),
        // Two hosts.
        "GET /at/other.example/a HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n".to_owned(),
        "GET http://registry.example/a HTTP/1.1\r\nhost: other.example\r\n\r\n".to_owned(),
        "GET http://registry.example@other.example/a HTTP/1.1\r\nhost: other.example\r\n\r\n".to_owned(),
        "GET http://registry.example:80@other.example/a HTTP/1.1\r\n\r\n".to_owned(),
        // Lines within lines.
        "GET /at/other.example/a HTTP/1.1\r\nhost: x\r\naccept: a\r\n b: folded\r\n\r\n".to_owned(),
        "GET /at/other.example/a\nx HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET /at/other.example/a%0d%0ahost:%20evil HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET /at/other.example/a\u{0}b HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET /at/other.example/a HTTP/1.1\r\nhost: x\r\nac\u{0}cept: a\r\n\r\n".to_owned(),
        "GET  /at/other.example/a HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET /at/other.example/a\r\n\r\n".to_owned(),
        "GET /at/other.example/a HTTP/2.0\r\nhost: x\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "G\u{1}T /at/other.example/a HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
    ];
    let mut whole = 0;
    for (place, case) in cases.iter().enumerate() {
        let answer = stand.raw(case);
        let seen = stand.origin.seen().split_off(whole);
        whole += seen.len();
        // With two lengths the standard has one of them count: what is passed on has one, and one meaning.
        let one = place < 2 && seen.iter().all(|seen| seen.path == "/a" && seen.headers.ends_with("} "));
        assert!(seen.is_empty() || one, "{case:?}: {answer} {seen:?}");
    }
    println!("gateway: {whole} of them were one whole request");
    println!("gateway: {} ways to write two requests as one, 0 of them passed", cases.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_one_after_the_other_are_two() {
    let stand = stand().await;
    let one = "GET /at/other.example/one HTTP/1.1\r\nhost: x\r\n\r\n";
    let two = "GET /at/evil.example/two HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = stand.raw(format!("{one}{two}"));
    assert!(answer.contains("from the origin") && answer.contains("HTTP/1.1 403"), "{answer}");
    assert_eq!(stand.origin.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_connection_stays_there() {
    let stand = stand().await;
    let head = "GET /at/other.example/a HTTP/1.1\r\nhost: x\r\nconnection: close, accept, x-hop\r\naccept: seen\r\nx-hop: seen\r\nte: trailers\r\nupgrade: h2c\r\n\r\n";
    assert!(stand.raw(head).ends_with("from the origin"));
    let seen = &stand.origin.seen()[0];
    for name in ["seen", "upgrade", "te\"", "connection"] {
        assert!(!seen.headers.contains(name), "{name}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_too_slow_is_let_go() {
    let mut stand = stand().await;
    let (path, body) = ask(Protocol::Messages, false, "claude-opus-5-5");
    let many = "x: y\r\n".repeat(200);
    for head in [
        format!("GET /at/other.example/a HTTP/1.1\r\nhost: x\r\naccept: {}\r\n\r\n", "a".repeat(200_000)),
        format!("GET /at/other.example/a HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        format!("GET /at/other.example/{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200_000)),
    ] {
        let answer = stand.raw(head);
        assert!(answer.starts_with("HTTP/1.1 4") || answer.is_empty(), "{answer}");
    }
    let large = format!("{{\"model\":\"{}\"}}", "a".repeat(2 << 20));
    let answer =
        stand.raw(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{large}", large.len()));
    assert!(answer.starts_with("HTTP/1.1 413") || answer.is_empty(), "{answer}");
    assert_eq!(stand.why().await, Why::Limit);
    // A head that is never ended, and a body that comes too slowly.
    let body = body.to_string();
    for first in [
        "POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\n".to_owned(),
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{}", body.len(), &body[..10]),
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{{\r\n"),
    ] {
        let mut stream = TcpStream::connect(stand.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(first.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!((stand.why().await, stand.why().await), (Why::Limit, Why::Limit));
    assert_eq!((stand.world.seen().len(), stand.origin.seen().len()), (0, 0));
}
