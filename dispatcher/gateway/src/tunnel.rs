//! A tunnel to a host that is granted as a whole: opened by name, and used under that name only.

use std::io;

use bytes::Bytes;
use http::{Method, Request, Response};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::event::{Event, Tunnel, Why};
use crate::gateway::{Asked, Body, Gateway, whole};
use crate::host;
use crate::refusal::Refusal;
use crate::rules::Host;
use crate::serve::Serving;

/// The longest beginning of a TLS handshake, in bytes.
const HELLO_BYTES: usize = 32 << 10;
/// What is copied at once, in bytes.
const COPY_BYTES: usize = 16 << 10;

/// Answers `CONNECT HOST:PORT`.
pub(crate) async fn open(gateway: &Gateway, mut request: Request<Asked>) -> Result<Response<Body>, Refusal> {
    let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((&authority, ""));
    let rule = port.parse().ok().and_then(|port| gateway.0.rules.tunnel(host, port)).cloned();
    let Some(rule) = rule else {
        let words = format!("a tunnel to {authority} is not granted: it takes a host's name, granted as a whole");
        return Err(Refusal::new(Why::NotGranted, words));
    };
    let socket = host::connect(gateway, &rule).await?;
    let upgrade = hyper::upgrade::on(&mut request);
    let serving = request.extensions().get::<Serving>().cloned();
    let gateway = gateway.clone();
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let used = dig(gateway, TokioIo::new(upgraded), socket, rule);
        match serving {
            Some(serving) => tokio::select! { () = used => {} () = serving.over() => {} },
            None => used.await,
        }
    });
    Ok(Response::new(whole(Bytes::new())))
}

async fn dig(gateway: Gateway, mut inside: TokioIo<Upgraded>, outside: TcpStream, rule: Host) {
    match hello(&gateway, &mut inside, &rule.name).await {
        Ok(first) => {
            let (sent, received) = join(&gateway, inside, outside, &first).await;
            gateway.tell(Event::Tunnel(Tunnel { host: rule.name, port: rule.port, sent, received }));
        }
        // It hears nothing more: what it would be told, it would have to decrypt.
        Err(refusal) => drop(gateway.refuse(&Method::CONNECT, &rule.name, &refusal, None)),
    }
}

/// Reads the beginning of the TLS handshake, which names the host it is for. What was read has to be sent on.
async fn hello(gateway: &Gateway, inside: &mut TokioIo<Upgraded>, host: &str) -> Result<Vec<u8>, Refusal> {
    let mut acceptor = Acceptor::default();
    let mut first = Vec::new();
    let named = async {
        loop {
            let mut piece = vec![0; 4 << 10];
            let count = inside.read(&mut piece).await?;
            if count == 0 || first.len() + count > HELLO_BYTES {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            first.extend_from_slice(&piece[..count]);
            acceptor.read_tls(&mut &piece[..count])?;
            match acceptor.accept() {
                Ok(Some(accepted)) => return Ok(accepted.client_hello().server_name().map(str::to_owned)),
                Ok(None) => {}
                Err((error, _)) => return Err(io::Error::other(error)),
            }
        }
    };
    match timeout(gateway.limits().hello, named).await {
        Ok(Ok(Some(name))) if name.eq_ignore_ascii_case(host) => Ok(first),
        Ok(Ok(Some(name))) => {
            Err(Refusal::new(Why::Name, format!("the tunnel was asked for {host}, and used for {name}")))
        }
        Ok(Ok(None)) => Err(Refusal::new(Why::Name, format!("the tunnel to {host} was used without saying a name"))),
        Ok(Err(error)) => Err(Refusal::new(Why::Name, format!("the tunnel to {host} was not used for TLS: {error}"))),
        Err(_) => Err(Refusal::new(Why::Limit, format!("the tunnel to {host} was not used"))),
    }
}

/// Copies both ways until both are over, or nothing comes for too long; how much went out and came in.
async fn join(gateway: &Gateway, inside: TokioIo<Upgraded>, outside: TcpStream, first: &[u8]) -> (u64, u64) {
    let (mut from_inside, mut to_inside) = tokio::io::split(inside);
    let (mut from_outside, mut to_outside) = outside.into_split();
    if to_outside.write_all(first).await.is_err() {
        return (0, 0);
    }
    let silence = gateway.limits().silence;
    let sent = copy(&mut from_inside, &mut to_outside, silence);
    let received = copy(&mut from_outside, &mut to_inside, silence);
    let (sent, received) = tokio::join!(sent, received);
    (first.len() as u64 + sent, received)
}

async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    silence: std::time::Duration,
) -> u64 {
    let mut piece = vec![0; COPY_BYTES];
    let mut copied = 0;
    loop {
        match timeout(silence, from.read(&mut piece)).await {
            Ok(Ok(count)) if count > 0 => match timeout(silence, to.write_all(&piece[..count])).await {
                Ok(Ok(())) => copied += count as u64,
                Ok(Err(_)) | Err(_) => break,
            },
            Ok(Ok(_) | Err(_)) | Err(_) => break,
        }
    }
    // The other side may know already.
    let _ = to.shutdown().await;
    copied
}
