use std::sync::Arc;

use signalbox_gateway::{Event, Host, Rules, Why};

use crate::stand::{FOREIGN, KEYS, Stand, dollars, keys, stand_with};

pub(crate) fn granted(mut rules: Rules) -> Rules {
    let grants = [
        "GET,HEAD https://registry.example/packages",
        "http://registry.example",
        "other.example",
        "mixed.example",
        "metadata.example",
        "mapped.example",
        "loop.example",
        "http://metadata.example",
        "nowhere.test",
    ];
    rules.hosts = grants.iter().map(|grant| grant.parse::<Host>().unwrap()).collect();
    for host in &mut rules.hosts {
        // The tests' origin is on loopback; the odd ones are what they are.
        host.private = ["registry.example", "other.example"].contains(&host.name.as_str());
    }
    let private: Host = "GET https://private.example/".parse().unwrap();
    rules.hosts.push(Host { methods: Some(["GET".to_owned()].into()), ..private.private() }.with("registry"));
    rules.hosts.extend(Host::git("registry.example", "org/repo.git").unwrap().map(Host::private));
    rules
}

pub(crate) async fn hosts() -> Stand {
    stand_with(vec![], dollars(1), granted, |gateway| gateway, Arc::new(keys())).await
}

fn get(stand: &Stand, target: &str, headers: &str) -> String {
    stand.raw(format!("GET {target} HTTP/1.1\r\n{headers}connection: close\r\n\r\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_host_is_reached_over_tls_and_plain_and_as_a_proxy() {
    let mut stand = hosts().await;
    let cookie = format!(
        "host: x\r\ncookie: {FOREIGN}\r\nauthorization: Bearer {FOREIGN}\r\nx-amz-security-token: {FOREIGN}\r\n"
    );
    for (target, headers) in [
        ("/at/registry.example/packages/a%2fb?token=foreign-key-of-somebody-else&x=1", cookie.as_str()),
        ("/at/other.example:443/anything", "host: x\r\n"),
        ("http://registry.example/plain", "host: registry.example\r\n"),
        ("https://other.example/through", "host: other.example\r\n"),
        ("/at/registry.example/org/repo.git/info/refs?service=git-upload-pack", "host: x\r\n"),
        ("/at/private.example/with", cookie.as_str()),
    ] {
        let answer = get(&stand, target, headers);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("from the origin"), "{target}: {answer}");
        assert!(answer.contains("x-origin") && !answer.contains("set-cookie"), "{answer}");
        assert!(matches!(stand.told(1).await[0], Event::Fetch(ref fetch) if fetch.status == Some(200)));
    }
    let seen = stand.origin.seen();
    let lines: Vec<String> =
        seen.iter().map(|seen| format!("{} {}{} {}", seen.method, seen.host, seen.path, seen.tls)).collect();
    assert_eq!(
        lines,
        [
            "GET registry.example/packages/a%2fb?x=1 true",
            "GET other.example/anything true",
            "GET registry.example/plain false",
            "GET other.example/through true",
            "GET registry.example/org/repo.git/info/refs?service=git-upload-pack true",
            "GET private.example/with true",
        ]
    );
    for (place, seen) in seen.iter().enumerate() {
        assert!(!seen.headers.contains(FOREIGN), "{seen:?}");
        // It is not shown by `Debug`, so that it is in no log.
        assert!(!seen.headers.contains(KEYS[3]) || place == 5, "{seen:?}");
        assert_eq!(seen.headers.contains("authorization"), place == 5, "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_granted_is_not_reached() {
    let mut stand = hosts().await;
    let mut refused = 0;
    for target in [
        "/at/registry.example/",
        "/at/registry.example/packages/../secret",
        "/at/registry.example/packages/%2e%2e/x",
        "/at/registry.example/packagesother",
        "/at/registry.example:8443/packages/a",
        "/at/evil.example/x",
        "/at/127.0.0.1/x",
        "/at/[::1]/x",
        "/at/2130706433/x",
        "/at/registry.example@evil.example/packages/x",
        "/at/registry.example./packages/x",
        "/at/registry.example%00.evil.example/x",
        "http://evil.example/",
        "http://127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://registry.example/secret",
        "ftp://registry.example/packages/x",
        "http://registry.example:22/",
        "/at/registry.example/org/repo.git/git-receive-pack",
        "/at/registry.example/packages//x",
    ] {
        let host = target.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("x");
        let host = if target.starts_with('/') { "x" } else { host };
        let answer = get(&stand, target, &format!("host: {host}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400"), "{target}: {answer}");
        refused += 1;
    }
    let post = stand.raw(
        "POST /at/registry.example/packages/x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    assert!(post.starts_with("HTTP/1.1 403") && post.contains("workflow file would have to name"), "{post}");
    let told = stand.told(refused + 1).await;
    assert!(told.iter().all(|event| matches!(event, Event::Refused(refused) if refused.why == Why::NotGranted || refused.why == Why::Malformed)));
    assert_eq!(stand.origin.seen().len(), 0);
    println!("gateway: {} requests to hosts that are not granted, 0 of them reached one", refused + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_name_that_leads_inside_is_not_followed() {
    let mut stand = hosts().await;
    for target in [
        "/at/metadata.example/latest",
        "http://metadata.example/latest",
        "/at/mapped.example/x",
        "/at/loop.example/x",
        "/at/mixed.example/x",
        "/at/nowhere.test/x",
    ] {
        let host = if target.starts_with('/') { "x" } else { "metadata.example" };
        let answer = get(&stand, target, &format!("host: {host}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 403"), "{target}: {answer}");
        assert_eq!(stand.why().await, Why::Address, "{target}");
    }
    assert_eq!(stand.origin.seen().len(), 0);
}
