//! The gateway of one box, and which door a request is for.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use subtle::ConstantTimeEq as _;
use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use crate::credentials::Credentials;
use crate::event::{Event, Refused, Why};
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::prices::Prices;
use crate::protocol::Protocol;
use crate::refusal::Refusal;
use crate::resolver::{Resolver, System};
use crate::rules::Rules;
use crate::{host, model, tunnel};

/// What came with a request.
pub(crate) type Asked = UnsyncBoxBody<Bytes, io::Error>;
/// What goes back to who asked.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;
pub(crate) type Outside = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// What a gateway is made of.
pub struct Setup {
    /// What may be reached.
    pub rules: Rules,
    /// What models cost.
    pub prices: Prices,
    /// What may be spent. Gateways that share one share its cap.
    pub ledger: Ledger,
    /// Who holds the credentials.
    pub credentials: Arc<dyn Credentials>,
    /// Where everything that happens is told. One event for each request; whoever listens keeps up with them.
    pub events: UnboundedSender<Event>,
}

/// The gateway of one box. A clone is the same gateway.
#[derive(Clone)]
pub struct Gateway(pub(crate) Arc<Parts>);

#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) rules: Rules,
    pub(crate) prices: Prices,
    pub(crate) ledger: Ledger,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) events: UnboundedSender<Event>,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) limits: Limits,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) outside: Outside,
    pass: Option<Zeroizing<String>>,
}

/// Why there is no gateway.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    /// This machine trusts nobody.
    #[error("this machine has no certificate authorities to trust: {0}; install ca-certificates")]
    Roots(io::Error),
    /// The library that speaks TLS would not start.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Gateway {
    /// A gateway with the limits, the resolver and the certificate authorities of this machine.
    pub fn new(setup: Setup) -> Result<Self, Unready> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let tls = config.with_native_roots().map_err(Unready::Roots)?.with_no_client_auth();
        Ok(Self::with_tls(setup, tls))
    }

    /// The same, with `tls` saying whom it trusts.
    pub fn with_tls(setup: Setup, tls: ClientConfig) -> Self {
        let Setup { rules, prices, ledger, credentials, events } = setup;
        let limits = Limits::default();
        Self(Arc::new(Parts {
            outside: outside(&tls, limits.connect),
            rules,
            prices,
            ledger,
            credentials,
            events,
            resolver: Arc::new(System),
            limits,
            tls: Arc::new(tls),
            pass: None,
        }))
    }

    /// With other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        let parts = Parts { limits, outside: outside(&self.0.tls, limits.connect), ..(*self.0).clone() };
        Self(Arc::new(parts))
    }

    /// With another resolver.
    #[must_use]
    pub fn with_resolver(self, resolver: Arc<dyn Resolver>) -> Self {
        Self(Arc::new(Parts { resolver, ..(*self.0).clone() }))
    }

    /// Only for who shows `pass` where they would show a credential: the box's placeholder.
    #[must_use]
    pub fn with_pass(self, pass: impl Into<String>) -> Self {
        Self(Arc::new(Parts { pass: Some(Zeroizing::new(pass.into())), ..(*self.0).clone() }))
    }

    /// What may be spent, and was.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Answers one request of a server that is there already: as it would be answered on a connection of its own, but
    /// for tunnels.
    pub async fn take<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        self.answer(request.map(|body| body.map_err(io::Error::other).boxed_unsync())).await
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Whether who shows these may come in.
    pub(crate) fn admits(&self, shown: &[Zeroizing<String>]) -> bool {
        self.0.pass.as_ref().is_none_or(|pass| shown.iter().any(|shown| shown.as_bytes().ct_eq(pass.as_bytes()).into()))
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Asked>) -> Response<Body> {
        let (method, host) = (request.method().clone(), whom(&request));
        let mut protocol = None;
        match self.routed(request, &mut protocol).await {
            Ok(response) => response,
            Err(refusal) => self.refuse(&method, &host, &refusal, protocol),
        }
    }

    async fn routed(
        &self,
        request: Request<Asked>,
        protocol: &mut Option<Protocol>,
    ) -> Result<Response<Body>, Refusal> {
        plain_head(&request)?;
        if !self.admits(&shown(request.headers())) {
            return Err(Refusal::new(Why::Stranger, "the gateway does not know who asks"));
        }
        if request.method() == Method::CONNECT {
            return tunnel::open(self, request).await;
        }
        if request.uri().authority().is_some() {
            return host::forward(self, request).await;
        }
        let path = request.uri().path().to_owned();
        let (door, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        if door == "at" {
            return host::at(self, rest, request).await;
        }
        match self.0.rules.provider(door) {
            Some(provider) => model::call(self, provider, &format!("/{rest}"), request, protocol).await,
            None => Err(Refusal::new(Why::NotGranted, format!("there is nothing at `/{door}` of this gateway"))),
        }
    }

    pub(crate) fn refuse(
        &self,
        method: &Method,
        host: &str,
        refusal: &Refusal,
        protocol: Option<Protocol>,
    ) -> Response<Body> {
        self.tell(Event::Refused(Refused {
            method: method.to_string(),
            host: host.to_owned(),
            why: refusal.why,
            detail: refusal.words.clone(),
        }));
        refusal.answer(protocol).map(whole)
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody has to listen.
        let _ = self.0.events.send(event);
    }

    /// The whole body of a request, if it is neither too large nor too slow.
    pub(crate) async fn read(&self, body: Asked) -> Result<Bytes, Refusal> {
        let limits = self.limits();
        let whole = Limited::new(body, limits.body_bytes).collect();
        match tokio::time::timeout(limits.body, whole).await {
            Ok(Ok(whole)) => Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(Refusal::new(Why::Limit, format!("the body has more than {} bytes", limits.body_bytes)))
            }
            Ok(Err(error)) => Err(Refusal::new(Why::Malformed, format!("the body broke off: {error}"))),
            Err(_) => Err(Refusal::new(Why::Limit, format!("the body took more than {:?}", limits.body))),
        }
    }
}

fn outside(tls: &ClientConfig, connect: Duration) -> Outside {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(connect));
    http.set_nodelay(true);
    let mut tls = tls.clone();
    tls.alpn_protocols.clear();
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(http);
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(Duration::from_secs(5));
    // A call that may have been heard is never made twice behind anybody's back.
    builder.retry_canceled_requests(false).build(connector)
}

/// A body that is there already.
pub(crate) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// For whom a request is, in words.
fn whom(request: &Request<Asked>) -> String {
    match request.uri().authority() {
        Some(authority) => authority.to_string(),
        None => request.uri().path().split('/').nth(1).unwrap_or_default().to_owned(),
    }
}

/// Refuses a head that two readers could understand in two ways.
fn plain_head(request: &Request<Asked>) -> Result<(), Refusal> {
    let malformed = |words: &str| Err(Refusal::new(Why::Malformed, words));
    let headers = request.headers();
    let count = |name: &http::HeaderName| headers.get_all(name).iter().count();
    if count(&HOST) > 1 || count(&CONTENT_LENGTH) > 1 || count(&TRANSFER_ENCODING) > 1 {
        return malformed("a header is there twice that may be there once");
    }
    if count(&CONTENT_LENGTH) > 0 && count(&TRANSFER_ENCODING) > 0 {
        return malformed("the body has two lengths");
    }
    let Some(authority) = request.uri().authority() else {
        return if request.uri().path().starts_with('/') { Ok(()) } else { malformed("there is no path") };
    };
    if authority.as_str().contains('@') {
        return malformed("a name or password in an address is nothing for this gateway");
    }
    let host = headers.get(HOST).map(|host| host.to_str().unwrap_or_default().to_ascii_lowercase());
    let same = |host: &String| {
        let authority = authority.as_str().to_ascii_lowercase();
        // Who asks a proxy for a tunnel may leave the port out there.
        *host == authority || authority.split_once(':').is_some_and(|(name, _)| host == name)
    };
    if host.as_ref().is_none_or(same) { Ok(()) } else { malformed("the address and the header `host` name two hosts") }
}

/// Everything in a request that could be the pass: each where some agent or tool shows its credential.
pub(crate) fn shown(headers: &HeaderMap) -> Vec<Zeroizing<String>> {
    use base64::Engine as _;
    let text = |name: &str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned);
    let keys = ["x-api-key", "x-goog-api-key", "api-key"].into_iter().flat_map(text).map(Zeroizing::new);
    let schemes = [AUTHORIZATION, PROXY_AUTHORIZATION];
    let schemes = schemes.iter().flat_map(|name| text(name.as_str())).filter_map(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Zeroizing::new(rest.trim().to_owned()));
        }
        let both = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok().map(Zeroizing::new)?;
        let both = std::str::from_utf8(&both).ok()?;
        Some(Zeroizing::new(both.split_once(':')?.1.to_owned()))
    });
    keys.chain(schemes).collect()
}
