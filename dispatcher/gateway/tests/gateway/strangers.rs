use signalbox_gateway::{Protocol, Trouble, Why};
use signalbox_world_model::{Fault, Turn};

use crate::stand::{FOREIGN, KEYS, ask, dollars, stand};

/// Everywhere a credential can be shown.
const SHOWN: [&str; 16] = [
    "authorization",
    "Authorization",
    "x-api-key",
    "X-Api-Key",
    "x-goog-api-key",
    "api-key",
    "cookie",
    "x-auth-token",
    "proxy-authorization",
    "openai-organization",
    "openai-project",
    "x-amz-security-token",
    "private-token",
    "anthropic-workspace-id",
    "x-forwarded-for",
    "x-anything",
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_credential_passes_and_the_real_one_is_added() {
    let mut stand = stand(vec![Turn::say("x")], dollars(5)).await;
    let real = [
        (Protocol::Messages, "claude-opus-5-5", "x-api-key", KEYS[0].to_owned()),
        (Protocol::Responses, "gpt-6-sol", "authorization", format!("Bearer {}", KEYS[1])),
        (Protocol::Gemini, "gemini-2.5-pro", "x-goog-api-key", KEYS[2].to_owned()),
    ];
    let mut asked = 0;
    for (protocol, model, header, key) in real {
        let (path, body) = ask(protocol, false, model);
        let join = if path.contains('?') { '&' } else { '?' };
        for name in SHOWN {
            let path = format!("{path}{join}key={FOREIGN}&api_key={FOREIGN}&%6bey={FOREIGN}");
            let (status, _) = stand.post(&path, &[(name, FOREIGN)], &body);
            assert_eq!(status, 200, "{protocol:?} {name}");
            asked += 1;
            stand.call().await;
            let seen = stand.world.seen().pop().unwrap();
            assert_eq!(seen.header(header), Some(key.as_str()));
            assert!(!format!("{seen:?}").contains(FOREIGN), "{name}: {seen:?}");
            let credentials = seen.headers.iter().filter(|(_, value)| KEYS.iter().any(|key| value.contains(key)));
            assert_eq!(credentials.count(), 1);
        }
    }
    println!("gateway: {asked} requests with foreign credentials, 0 of them passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_credential_is_never_seen_in_the_box() {
    let turn = Turn::say("x").fault(Fault::Unauthorized).fault(Fault::Limited(1)).fault(Fault::Broken);
    let mut stand = stand(vec![turn], dollars(5)).await;
    let (path, body) = ask(Protocol::Messages, true, "claude-opus-5-5");
    let body = body.to_string();
    for expected in ["401", "429", "500", "200"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nanthropic-version: 2023-06-01\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let answer = stand.raw(head + &body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{answer}");
        let told = format!("{:?}", stand.told(1).await);
        for key in KEYS {
            assert!(!answer.contains(key) && !told.contains(key));
        }
        if expected == "401" {
            assert!(
                answer.contains("does not take this team's credential") && told.contains("Unauthorized"),
                "{answer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_model_is_not_there() {
    let mut stand = stand(vec![Turn::say("x")], dollars(5)).await;
    let (_, body) = ask(Protocol::Messages, false, "claude-opus-5-5");
    let mut refused = 0;
    for path in [
        "/anthropic/v1/files",
        "/anthropic/v1/messages/batches",
        "/anthropic/v1/organizations/x",
        "/anthropic/v1/complete",
        "/anthropic/v1/messages/../files",
        "/anthropic/v1/messages%2f..%2ffiles",
        "/anthropic//v1/messages",
        "/anthropic/v1/responses",
        "/openai/v1/files",
        "/openai/v1/responses/resp_1/cancel",
        "/openai/v1/messages",
        "/openai/v1/embeddings",
        "/gemini/upload/v1beta/files",
        "/gemini/v1beta/models/x:uploadFile",
        "/nobody/v1/messages",
        "/v1/messages",
        "/",
        "/at",
        "/at/",
        "/at/evil.example/",
        "/%61nthropic/v1/messages",
    ] {
        let (status, text) = stand.post(path, &[], &body);
        assert_eq!(status, 403, "{path}: {text}");
        assert_eq!(stand.why().await, Why::NotGranted, "{path}");
        refused += 1;
    }
    assert_eq!(stand.world.seen().len(), 0);
    println!("gateway: {refused} other paths, 0 of them reached a provider");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_not_sent_elsewhere_in_the_boxs_place() {
    let mut stand = stand(vec![Turn::say("x")], dollars(5)).await;
    let (path, mut body) = ask(Protocol::Messages, false, "claude-opus-5-5");
    body["tools"] = serde_json::json!([{ "type": "web_fetch_20250910", "name": "web_fetch" }]);
    let (status, text) = stand.post(&path, &[], &body);
    assert!(status == 400 && text.contains("web_fetch"), "{text}");
    assert_eq!(stand.why().await, Why::Reach);
    assert_eq!(stand.world.seen().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_shows_the_boxs_placeholder_comes_in() {
    use crate::stand::{keys, stand_with};
    let mut stand = stand_with(
        vec![Turn::say("x")],
        dollars(5),
        |rules| rules,
        |gateway| gateway.with_pass("placeholder"),
        std::sync::Arc::new(keys()),
    )
    .await;
    let (path, body) = ask(Protocol::Messages, false, "claude-opus-5-5");
    for wrong in
        [("x-nothing", "placeholder"), ("x-api-key", "placeholde"), ("authorization", "Bearer "), ("x-api-key", "")]
    {
        assert_eq!(stand.post(&path, &[wrong], &body).0, 401, "{wrong:?}");
        assert_eq!(stand.why().await, Why::Stranger);
    }
    // Basic: box:placeholder
    for right in [
        ("x-api-key", "placeholder"),
        ("authorization", "Bearer placeholder"),
        ("authorization", "Basic Ym94OnBsYWNlaG9sZGVy"),
    ] {
        assert_eq!(stand.post(&path, &[right], &body).0, 200, "{right:?}");
        assert_eq!(stand.call().await.trouble, None::<Trouble>);
    }
}
