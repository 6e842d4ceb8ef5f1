use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use signalbox_world_model::Turn;

use crate::hosts::granted;
use crate::stand::{FOREIGN, KEYS, dollars, keys, short, stand_with};

const REQUESTS: u32 = 10_000;

/// Numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        all[(self.0 % all.len() as u64) as usize]
    }
}

const METHODS: [&str; 9] = ["GET", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "get"];
const DOORS: [&str; 9] = ["/at/", "/at/", "/at/", "http://", "https://", "/anthropic/", "/openai/", "/", "//"];
const HOSTS: [&str; 22] = [
    "registry.example",
    "registry.example",
    "other.example",
    "private.example",
    "registry.example",
    "REGISTRY.example",
    "other.example",
    "private.example",
    "evil.example",
    "127.0.0.1",
    "[::1]",
    "localhost",
    "metadata.example",
    "mapped.example",
    "loop.example",
    "registry.example.evil.example",
    "evil.example@registry.example",
    "registry.example@evil.example",
    "other.example.",
    "2130706433",
    "0",
    "",
];
const PORTS: [&str; 8] = ["", "", "", ":443", ":80", ":22", ":8443", ":99999"];
const PATHS: [&str; 22] = [
    "/packages/a",
    "/packages",
    "/packages/../secret",
    "/packages/%2e%2e/secret",
    "/packages%2f..%2fsecret",
    "/secret",
    "/packages/a%2fb",
    "/packagesx",
    "//packages/a",
    "/packages//a",
    "/packages/%252e%252e/a",
    "/",
    "",
    "/org/repo.git/info/refs",
    "/org/repo.git/git-upload-pack",
    "/org/repo.git/git-receive-pack",
    "/v1/messages",
    "/v1/files",
    "/v1/responses",
    "/packages/a;b",
    "/packages/a\\b",
    "/packages/.",
];
const HEADERS: [&str; 10] = [
    "",
    "authorization: Bearer foreign-key-of-somebody-else\r\n",
    "x-api-key: foreign-key-of-somebody-else\r\n",
    "cookie: a=foreign-key-of-somebody-else\r\n",
    "proxy-authorization: Basic foreign-key-of-somebody-else\r\n",
    "x-forwarded-host: evil.example\r\n",
    "connection: authorization\r\n",
    "x-original-url: /secret\r\n",
    "x-http-method-override: PUT\r\n",
    "transfer-encoding: chunked\r\n",
];

/// Whether what reached a host is one of the few things that may.
fn may(method: &str, host: &str, path: &str, tls: bool) -> bool {
    let plain = path.split('?').next().unwrap_or_default();
    let down = !plain.contains("..") && !plain.contains("%2e") && !plain.contains("%25") && !plain.contains('\\');
    match (host, tls) {
        ("registry.example", true) => {
            let package = plain == "/packages" || plain.starts_with("/packages/");
            (["GET", "HEAD"].contains(&method) && package && down)
                || (method, plain) == ("GET", "/org/repo.git/info/refs")
                || (method, plain) == ("POST", "/org/repo.git/git-upload-pack")
        }
        ("registry.example", false) | ("other.example", true) => down,
        ("private.example", true) => method == "GET" && down,
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_random_requests_leak_nothing() {
    let stand =
        stand_with(vec![Turn::say("x")], dollars(5), granted, |gateway| gateway.with_limits(short()), Arc::new(keys()))
            .await;
    let mut dice = Dice(0x5eed_1234_9876_abcd);
    let mut statuses: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..REQUESTS {
        let (method, host, port) = (dice.pick(&METHODS), dice.pick(&HOSTS), dice.pick(&PORTS));
        let (door, path) = (dice.pick(&DOORS), dice.pick(&PATHS));
        let query = dice.pick(&[
            "",
            "",
            "?x=1",
            "?key=foreign-key-of-somebody-else",
            "?X-Amz-Signature=foreign-key-of-somebody-else",
        ]);
        let target = match (method, door) {
            ("CONNECT", _) => format!("{host}{}", if port.is_empty() { ":443" } else { port }),
            (_, "/anthropic/" | "/openai/" | "/" | "//") => format!("{}{path}{query}", door.trim_end_matches('/')),
            _ => format!("{door}{host}{port}{path}{query}"),
        };
        let named = dice.pick(&["x", host, host, "evil.example"]);
        let more = [dice.pick(&HEADERS), dice.pick(&HEADERS)].concat();
        let body = if more.contains("chunked") { "0\r\n\r\n" } else { "" };
        let request =
            format!("{method} {target} HTTP/1.1\r\nhost: {named}{port}\r\n{more}connection: close\r\n\r\n{body}");
        let mut stream = TcpStream::connect(stand.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(!KEYS.iter().any(|key| answer.contains(key)), "{request}: {answer}");
        *statuses.entry(answer.get(9..12).unwrap_or("none").to_owned()).or_default() += 1;
    }
    let seen = stand.origin.seen();
    let leaks: Vec<_> = seen
        .iter()
        .filter(|seen| {
            !may(&seen.method, &seen.host.to_lowercase(), &seen.path, seen.tls)
                || seen.headers.contains(FOREIGN)
                || seen.path.contains(FOREIGN)
        })
        .collect();
    println!(
        "gateway: {REQUESTS} random requests, {} reached a host, leaks {}; by status {statuses:?}",
        seen.len(),
        leaks.len()
    );
    assert!(leaks.is_empty(), "{:?}", &leaks[..leaks.len().min(5)]);
    assert!(seen.len() > 200, "too few reach anything for this to mean something");
    assert!(stand.world.seen().is_empty(), "nobody asked a model for anything whole");
}
