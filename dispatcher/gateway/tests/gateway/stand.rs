//! A provider of models, a host with TLS and one without, and a gateway between them and a box.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::{Value, json};
use signalbox_gateway::Resolver;
use signalbox_gateway::{
    Call, Credentials, Event, Gateway, Keys, Ledger, Limits, Money, Prices, Protocol, Provider, Refused, Rules, Setup,
    Why, serve,
};
use signalbox_world_model::{Script, Session, Turn, When, World};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The real credentials. None of them may be seen on the box's side.
pub(crate) const KEYS: [&str; 4] = ["real-anthropic-key", "real-openai-key", "real-gemini-key", "real-registry-key"];
/// What somebody in the box brings along.
pub(crate) const FOREIGN: &str = "foreign-key-of-somebody-else";

pub(crate) struct Stand {
    pub(crate) world: World,
    pub(crate) origin: Origin,
    pub(crate) gateway: Gateway,
    pub(crate) address: SocketAddr,
    pub(crate) events: UnboundedReceiver<Event>,
    server: JoinHandle<io::Result<()>>,
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) fn script(turns: Vec<Turn>) -> Script {
    let keys = KEYS[..3].iter().map(|key| (*key).to_owned()).collect();
    Script { keys, sessions: vec![Session { when: When::default(), turns }], aside: None }
}

pub(crate) fn rules(world: &World) -> Rules {
    let provider = |name: &str, protocols: &[Protocol]| Provider {
        name: name.to_owned(),
        protocols: protocols.to_vec(),
        upstream: world.url().parse().unwrap(),
    };
    Rules {
        providers: vec![
            provider("anthropic", &[Protocol::Messages]),
            provider("openai", &[Protocol::Responses, Protocol::Chat]),
            provider("gemini", &[Protocol::Gemini]),
        ],
        ..Rules::default()
    }
}

pub(crate) fn keys() -> Keys {
    Keys::new()
        .header("anthropic", "x-api-key".parse().unwrap(), KEYS[0])
        .bearer("openai", KEYS[1])
        .header("gemini", "x-goog-api-key".parse().unwrap(), KEYS[2])
        .bearer("registry", KEYS[3])
}

pub(crate) async fn stand(turns: Vec<Turn>, cap: Money) -> Stand {
    stand_with(turns, cap, |rules| rules, |gateway| gateway, Arc::new(keys())).await
}

pub(crate) async fn stand_with(
    turns: Vec<Turn>,
    cap: Money,
    change: impl FnOnce(Rules) -> Rules,
    adjust: impl FnOnce(Gateway) -> Gateway,
    credentials: Arc<dyn Credentials>,
) -> Stand {
    let world = World::start(script(turns)).await.unwrap();
    let origin = Origin::start().await;
    let (sender, events) = unbounded_channel();
    let setup = Setup {
        rules: change(rules(&world)),
        prices: Prices::shipped(),
        ledger: Ledger::new(cap),
        credentials,
        events: sender,
    };
    let gateway = Gateway::with_tls(setup, origin.trusting()).with_resolver(Arc::new(origin.names()));
    let gateway = adjust(gateway);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener, gateway.clone()));
    Stand { world, origin, gateway, address, events, server }
}

pub(crate) fn dollars(dollars: u64) -> Money {
    Money::micro_usd(dollars * 1_000_000)
}

impl Stand {
    /// Everything told so far, and until the next `count` are.
    pub(crate) async fn told(&mut self, count: usize) -> Vec<Event> {
        let mut told = Vec::new();
        while told.len() < count {
            let next = tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await;
            told.push(next.expect("an event is told").expect("the gateway is there"));
        }
        told
    }

    pub(crate) async fn call(&mut self) -> Call {
        match self.told(1).await.remove(0) {
            Event::Call(call) => call,
            other @ (Event::Fetch(_) | Event::Tunnel(_) | Event::Refused(_)) => panic!("no call: {other:?}"),
        }
    }

    pub(crate) async fn refused(&mut self) -> Refused {
        match self.told(1).await.remove(0) {
            Event::Refused(refused) => refused,
            other @ (Event::Fetch(_) | Event::Tunnel(_) | Event::Call(_)) => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) async fn why(&mut self) -> Why {
        self.refused().await.why
    }

    /// Posts to a provider as an agent does, with its placeholder; the status and the text.
    pub(crate) fn say(&self, protocol: Protocol, streamed: bool, model: &str) -> (u16, String) {
        let (path, body) = ask(protocol, streamed, model);
        self.post(&path, &[("x-api-key", "placeholder"), ("authorization", "Bearer placeholder")], &body)
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String) {
        post(self.address, path, headers, body)
    }

    /// Writes `bytes` as they are, and reads what comes until the other side is done, or says nothing for a while.
    pub(crate) fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        // It may be refused before all of it is there.
        let _ = stream.write_all(bytes.as_ref());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

pub(crate) fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.post(format!("http://{address}{path}")).header("anthropic-version", "2023-06-01");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send_json(body).unwrap();
    let mut text = Vec::new();
    let read = response.body_mut().as_reader().read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    (response.status().as_u16(), if read.is_err() { format!("{text}[cut]") } else { text })
}

/// A call of a model, as agents make it.
pub(crate) fn ask(protocol: Protocol, streamed: bool, model: &str) -> (String, Value) {
    let said = json!([{ "role": "user", "content": "hello" }]);
    match protocol {
        Protocol::Messages => (
            "/anthropic/v1/messages?beta=true".to_owned(),
            json!({ "model": model, "max_tokens": 4_000, "stream": streamed, "messages": said }),
        ),
        Protocol::Responses => (
            "/openai/v1/responses".to_owned(),
            json!({ "model": model, "stream": streamed, "input": said, "store": false, "max_output_tokens": 4_000 }),
        ),
        Protocol::Chat => (
            "/openai/v1/chat/completions".to_owned(),
            json!({ "model": model, "stream": streamed, "messages": said, "max_completion_tokens": 4_000 }),
        ),
        Protocol::Gemini => (
            if streamed {
                format!("/gemini/v1beta/models/{model}:streamGenerateContent?alt=sse")
            } else {
                format!("/gemini/v1beta/models/{model}:generateContent")
            },
            json!({
                "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }],
                "generationConfig": { "maxOutputTokens": 4_000 },
            }),
        ),
    }
}

/// A host of the public network: `registry.example`, over TLS on 443 and without on 80.
pub(crate) struct Origin {
    tls: SocketAddr,
    plain: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    certificate: CertificateDer<'static>,
}

/// A request that came through.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) headers: String,
    pub(crate) tls: bool,
}

impl Origin {
    async fn start() -> Self {
        let names = ["registry.example", "other.example", "private.example"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names.to_vec()).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tls = listen(Some(TlsAcceptor::from(Arc::new(config))), Arc::clone(&seen)).await;
        let plain = listen(None, Arc::clone(&seen)).await;
        Self { tls, plain, seen, certificate }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Whom the gateway (or a client in the box) trusts.
    pub(crate) fn trusting(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        config.with_root_certificates(roots).with_no_client_auth()
    }

    fn names(&self) -> Names {
        let odd = [
            ("metadata.example", "169.254.169.254:80"),
            ("mapped.example", "[::ffff:10.0.0.1]:443"),
            ("loop.example", "127.0.0.1:443"),
        ];
        let odd = odd.map(|(name, address)| (name.to_owned(), vec![address.parse().unwrap()]));
        let mut names = BTreeMap::from(odd);
        names.insert("mixed.example".to_owned(), vec!["1.1.1.1:443".parse().unwrap(), self.tls]);
        Names { tls: self.tls, plain: self.plain, names }
    }
}

/// Names of the test, and nothing of the machine's.
struct Names {
    tls: SocketAddr,
    plain: SocketAddr,
    names: BTreeMap<String, Vec<SocketAddr>>,
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self.names.get(host) {
            Some(found) => Ok(found.clone()),
            None if host.ends_with(".example") => Ok(vec![if port == 443 { self.tls } else { self.plain }]),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

async fn listen(tls: Option<TlsAcceptor>, seen: Arc<Mutex<Vec<Seen>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, seen) = (tls.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                match tls {
                    None => answer(TokioIo::new(stream), seen, false).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(TokioIo::new(stream), seen, true).await;
                        }
                    }
                }
            });
        }
    });
    address
}

async fn answer<T>(stream: T, seen: Arc<Mutex<Vec<Seen>>>, tls: bool)
where
    T: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
            seen.lock().unwrap().push(Seen {
                method: head.method.to_string(),
                host: host.to_owned(),
                path: head.uri.to_string(),
                headers: format!("{:?} {}", head.headers, String::from_utf8_lossy(&body)),
                tls,
            });
            let answer = Response::builder().header("set-cookie", "taste=1").header("x-origin", "yes");
            Ok::<_, hyper::Error>(answer.body(Full::new(Bytes::from_static(b"from the origin"))).unwrap())
        }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
}

/// Limits that a test has the time to reach.
pub(crate) fn short() -> Limits {
    Limits {
        head: Duration::from_millis(300),
        body: Duration::from_millis(300),
        body_bytes: 1 << 20,
        answer: Duration::from_millis(400),
        pause: Duration::from_millis(400),
        hello: Duration::from_millis(300),
        patience: Duration::from_millis(200),
        ..Limits::default()
    }
}
