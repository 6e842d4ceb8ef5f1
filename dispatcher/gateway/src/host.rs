//! A request to a granted host, by method and path: below `/at/HOST/`, or as a proxy's client asks.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::event::{Event, Fetch, Why};
use crate::gateway::{Asked, Body, Gateway};
use crate::headers;
use crate::passing::Passing;
use crate::refusal::Refusal;
use crate::rules::Host;

/// `/at/HOST[:PORT]/PATH`: over TLS, unless the grant says otherwise.
pub(crate) async fn at(gateway: &Gateway, rest: &str, request: Request<Asked>) -> Result<Response<Body>, Refusal> {
    let (authority, _) = rest.split_once('/').ok_or_else(|| not_granted(request.method(), rest))?;
    // As it came, and not as it was read.
    let path = request.uri().path();
    let path = &path[path.len() - rest.len() + authority.len()..];
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().map_err(|_| not_granted(request.method(), rest))?)),
        None => (authority, None),
    };
    let tls = gateway.0.rules.tls(host, port);
    let port = port.unwrap_or(if tls { 443 } else { 80 });
    let rule = gateway.0.rules.fetch(request.method().as_str(), host, port, tls, path);
    let rule = rule.ok_or_else(|| not_granted(request.method(), rest))?;
    let asked = format!("{path}{}", headers::fetch_query(request.uri().query()));
    fetch(gateway, rule, &asked, request).await
}

/// `GET http://HOST/PATH`, as a proxy is asked.
pub(crate) async fn forward(gateway: &Gateway, request: Request<Asked>) -> Result<Response<Body>, Refusal> {
    let uri = request.uri();
    let shown = uri.to_string();
    let tls = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        Some(_) | None => return Err(not_granted(request.method(), &shown)),
    };
    let (host, port) = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(if tls { 443 } else { 80 }));
    let rule = gateway.0.rules.fetch(request.method().as_str(), host, port, tls, uri.path());
    let rule = rule.ok_or_else(|| not_granted(request.method(), &shown))?;
    let asked = format!("{}{}", uri.path(), headers::fetch_query(uri.query()));
    fetch(gateway, rule, &asked, request).await
}

fn not_granted(method: &Method, what: &str) -> Refusal {
    let what: String = what.chars().filter(|character| !character.is_control()).take(200).collect();
    let words =
        format!("`{method} {what}` is not granted to this phase: its workflow file would have to name the host");
    Refusal::new(Why::NotGranted, words)
}

async fn fetch(gateway: &Gateway, rule: &Host, path: &str, request: Request<Asked>) -> Result<Response<Body>, Refusal> {
    let (head, incoming) = request.into_parts();
    let bytes = gateway.read(incoming).await?;
    let mut sent = headers::fetch(&head.headers);
    if let Some(name) = &rule.credential {
        let added = gateway.0.credentials.add(name, &mut sent).await;
        added.map_err(|error| Refusal::new(Why::Credential, error.to_string()))?;
    }
    let default = if rule.tls { 443 } else { 80 };
    let authority = if rule.port == default { rule.name.clone() } else { format!("{}:{}", rule.name, rule.port) };
    let malformed = || Refusal::new(Why::Malformed, "the path makes no address");
    sent.insert(HOST, HeaderValue::from_str(&authority).map_err(|_| malformed())?);
    let mut asked = Request::new(Full::new(bytes));
    (*asked.method_mut(), *asked.headers_mut()) = (head.method.clone(), sent);
    *asked.uri_mut() = path.parse::<Uri>().map_err(|_| malformed())?;
    let socket = connect(gateway, rule).await?;
    let answer = exchange(gateway, rule, socket, asked).await;
    let class = path.split(['/', '?']).nth(1).unwrap_or_default().chars().take(40).collect();
    let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
    gateway.tell(Event::Fetch(Fetch { host: authority, method: head.method.to_string(), class, status }));
    match answer {
        Ok(answer) => {
            let (head, incoming) = answer.into_parts();
            let mut response = Response::new(Passing::new(incoming, gateway.limits().pause, None).boxed_unsync());
            *response.status_mut() = head.status;
            *response.headers_mut() = headers::answer(&head.headers);
            Ok(response)
        }
        Err(error) => {
            let words = format!("{} did not answer: {error}", rule.name);
            let mut response = Refusal::new(Why::Address, words).answer(None).map(crate::gateway::whole);
            *response.status_mut() = http::StatusCode::BAD_GATEWAY;
            Ok(response)
        }
    }
}

/// A connection to the host of `rule`, at an address that was looked at.
pub(crate) async fn connect(gateway: &Gateway, rule: &Host) -> Result<TcpStream, Refusal> {
    let name = &rule.name;
    let wrong = |words: String| Refusal::new(Why::Address, words);
    let found = tokio::time::timeout(gateway.limits().connect, gateway.0.resolver.resolve(name, rule.port)).await;
    let found = match found {
        Ok(Ok(found)) if !found.is_empty() => found,
        Ok(Ok(_)) => return Err(wrong(format!("the name {name} leads nowhere"))),
        Ok(Err(error)) => return Err(wrong(format!("the name {name} leads nowhere: {error}"))),
        Err(_) => return Err(wrong(format!("the name {name} was not found in time"))),
    };
    // One that is not public, and the name is not to be trusted with the others either.
    if !rule.private && !found.iter().all(|it| signalbox_address::forbidden(it.ip()).is_none()) {
        return Err(wrong(format!("the name {name} leads to an address that is not public")));
    }
    let mut last = None;
    for address in found {
        match tokio::time::timeout(gateway.limits().connect, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => last = Some(error),
            Err(_) => last = Some(io::ErrorKind::TimedOut.into()),
        }
    }
    let last = last.map(|error| error.to_string()).unwrap_or_default();
    Err(wrong(format!("{name} cannot be reached: {last}")))
}

async fn exchange(
    gateway: &Gateway,
    rule: &Host,
    socket: TcpStream,
    request: Request<Full<Bytes>>,
) -> io::Result<Response<Incoming>> {
    let sent = async {
        if !rule.tls {
            return send(TokioIo::new(socket), request).await;
        }
        let mut config = (*gateway.0.tls).clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from(rule.name.clone()).map_err(io::Error::other)?;
        let socket = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
        send(TokioIo::new(socket), request).await
    };
    tokio::time::timeout(gateway.limits().answer, sent).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn send<T>(socket: T, request: Request<Full<Bytes>>) -> io::Result<Response<Incoming>>
where
    T: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(socket).await.map_err(io::Error::other)?;
    // It ends with the answer.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(io::Error::other)
}
