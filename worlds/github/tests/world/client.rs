//! An HTTP client with a token, and the world the stories are told in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use signalbox_world_github::World;

pub(crate) const START: u64 = 1_700_000_000_000;
pub(crate) const HOUR: u64 = 3_600_000;

/// A clock that is moved by hand.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn advance(&self, by: u64) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn closure(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let clock = self.0.clone();
        move || clock.load(Ordering::SeqCst)
    }

    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(String, String)>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// A client with or without a token.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) base: String,
    pub(crate) token: Option<String>,
}

impl Client {
    pub(crate) fn new(world: &World, token: Option<&str>) -> Self {
        Self { base: world.url().to_owned(), token: token.map(str::to_owned) }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null, &[]).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body, &[]).unwrap()
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, body, &[]).unwrap()
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, Value::Null, &[]).unwrap()
    }

    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).allow_non_standard_methods(true);
        let agent = ureq::Agent::new_with_config(config.build());
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let mut response = agent.run(request.body(bytes).unwrap())?;
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let text = response.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, body, headers })
    }
}

/// A JWT of an app.
pub(crate) fn jwt(issuer: &str, issued: u64, expires: u64) -> String {
    let key = signalbox_key();
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iat": issued / 1_000, "exp": expires / 1_000, "iss": issuer});
    let signed = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn signalbox_key() -> RsaKeyPair {
    let world = include_str!("../../src/key.pem");
    let body: String = world.lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_der(&BASE64_STANDARD.decode(body).unwrap()).unwrap()
}

/// A world with `acme/website`, in which ana writes, and the app installed.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) installation: u64,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let clock = Clock::new();
        let world = World::start(clock.closure()).unwrap();
        Self::furnish(world, clock)
    }

    pub(crate) fn furnish(world: World, clock: Clock) -> Self {
        world.repository("acme/website", &[("README.md", "hello\n"), ("src/pricing.html", "<p>$9</p>\n")]).unwrap();
        world.repository("acme/secret", &[("README.md", "hush\n")]).unwrap();
        world.private("acme/secret", true).unwrap();
        world.collaborator("acme/website", "ana", Some(signalbox_world_github::Role::Write)).unwrap();
        let installation = world.install("acme", None);
        Self { world, clock, installation }
    }

    /// The app itself.
    pub(crate) fn app(&self) -> Client {
        let now = self.clock.now();
        let token = jwt(&self.world.app().id.to_string(), now - 60_000, now + 9 * 60_000);
        Client::new(&self.world, Some(&token))
    }

    /// Its installation, with a token as asked for.
    pub(crate) fn minted(&self, asked: Value) -> Client {
        let answer = self.app().post(&format!("/app/installations/{}/access_tokens", self.installation), asked);
        assert_eq!(answer.status, 201, "{}", answer.body);
        Client::new(&self.world, answer.body["token"].as_str())
    }
}
