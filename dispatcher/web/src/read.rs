//! One page: hop by hop, each checked, resolved, checked again, connected to and asked.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use signalbox_ports::web::{Bounds, Page, Refused};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

use crate::{Web, body, name, text};

/// The most redirects that are followed.
const HOPS: usize = 5;
/// The most addresses of one name that are tried.
const TRIES: usize = 3;
/// The most bytes of an answer's head.
const HEAD: usize = 16 * 1024;
/// The most lines of an answer's head.
const LINES: usize = 64;

/// What we say of ourselves.
const AGENT: &str = concat!("signalbox/", env!("CARGO_PKG_VERSION"));

impl Web {
    /// Reads one page, without a bound on time.
    pub(crate) async fn read(&self, url: &str, bounds: &Bounds) -> Result<Page, Refused> {
        let mut url = name::checked(url, bounds)?;
        for _ in 0..=HOPS {
            let answer = self.ask(&url).await?;
            match next(&answer, &url)? {
                Some(onward) => {
                    let onward = name::checked(&onward, bounds)?;
                    if url.scheme() == "https" && onward.scheme() == "http" {
                        return Err(Refused::Denied("the host says no: it leads from https to http".into()));
                    }
                    url = onward;
                }
                None => {
                    let kind = text::kind(answer.headers())?;
                    let bytes = body::read(answer).await?;
                    let text = text::of(bytes, kind, bounds.bytes).await?;
                    return Ok(Page { url: url.into(), text });
                }
            }
        }
        Err(Refused::Upstream(format!("it redirects more than {HOPS} times")))
    }

    async fn ask(&self, url: &Url) -> Result<http::Response<Incoming>, Refused> {
        let name = url.host_str().unwrap_or_default();
        let secure = url.scheme() == "https";
        let stream = self.connect(name, if secure { 443 } else { 80 }).await?;
        if !secure {
            return exchange(TokioIo::new(stream), url).await;
        }
        let server = ServerName::try_from(name.to_owned()).map_err(upstream)?;
        let stream = self.tls.connect(server, stream).await.map_err(upstream)?;
        exchange(TokioIo::new(stream), url).await
    }

    /// A connection to an address that was checked. One forbidden address among a name's forbids the name.
    async fn connect(&self, name: &str, port: u16) -> Result<TcpStream, Refused> {
        let addresses = self.resolve.resolve(name).await.map_err(upstream)?;
        for address in &addresses {
            if let Some(why) = signalbox_address::forbidden(*address) {
                return Err(Refused::Denied(format!("the host says no: {name} leads to {address}: {why}")));
            }
        }
        let mut failed = Refused::Upstream(format!("{name} has no address"));
        for address in addresses.into_iter().take(TRIES) {
            match self.dial.dial(SocketAddr::new(unwrapped(address), port)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = upstream(error),
            }
        }
        Err(failed)
    }
}

/// The address that was checked is the one that is connected to.
fn unwrapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

async fn exchange(
    io: impl Read + Write + Unpin + Send + 'static,
    url: &Url,
) -> Result<http::Response<Incoming>, Refused> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD).max_headers(LINES);
    let (mut sender, connection) = builder.handshake(io).await.map_err(upstream)?;
    // It ends with the answer, or when the sender is dropped with the deadline.
    tokio::spawn(connection);
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let request = Request::get(path)
        .header(header::HOST, url.host_str().unwrap_or_default())
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, "text/html, text/plain, text/markdown, application/json;q=0.9, text/*;q=0.8")
        .header(header::ACCEPT_ENCODING, "gzip")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(upstream)?;
    sender.send_request(request).await.map_err(upstream)
}

/// Where an answer sends us; nothing, if it is the page.
fn next(answer: &http::Response<Incoming>, url: &Url) -> Result<Option<String>, Refused> {
    match answer.status() {
        StatusCode::OK => Ok(None),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            let onward = location(answer.headers()).and_then(|to| url.join(to).ok());
            onward.map(|to| Some(to.into())).ok_or_else(|| Refused::Upstream("it redirects to nowhere".into()))
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Refused::NotFound),
        status => Err(Refused::Upstream(format!("it answers {status}"))),
    }
}

fn location(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::LOCATION)?.to_str().ok()
}

pub(crate) fn upstream(error: impl std::fmt::Display) -> Refused {
    Refused::Upstream(error.to_string())
}
