//! The public web, read as text: only machines that everybody can reach are ever connected to.
//!
//! A name is asked for once per hop; every address it answers with is looked at; the one that is connected to is one of
//! those, so that a name that means something else a moment later changes nothing. Redirects are followed by hand and
//! begin at the first check again. Nothing of ours goes along: no cookie, no credential, no proxy, no referrer.

mod body;
mod name;
mod read;
mod text;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use signalbox_ports::web::{Bounds, Page, Refused};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Who says which addresses a name has.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// Its addresses, all of them.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Who connects to an address that was checked.
#[async_trait]
pub trait Dial: Send + Sync {
    /// A connection to that very address.
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream>;
}

/// This machine's own way to the network.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

#[async_trait]
impl Resolve for System {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // With the dot at its end a name is whole: no search list of this machine's is tried on it.
        let found = tokio::net::lookup_host((format!("{name}."), 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

#[async_trait]
impl Dial for System {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }
}

/// The public web.
#[derive(Clone)]
pub struct Web {
    resolve: Arc<dyn Resolve>,
    dial: Arc<dyn Dial>,
    tls: TlsConnector,
}

impl Web {
    /// The web as this machine reaches it. An error says why no certificate of an authority could be found.
    pub fn open() -> io::Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            let why = found.errors.first().map_or("there is none".to_owned(), ToString::to_string);
            return Err(io::Error::other(format!("failed to find this machine's certificate authorities: {why}")));
        }
        Ok(Self::through(Arc::new(System), Arc::new(System), roots))
    }

    /// The web through somebody else's eyes and hands.
    pub fn through(resolve: Arc<dyn Resolve>, dial: Arc<dyn Dial>, roots: RootCertStore) -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
        // The provider's own versions are always among those it knows.
        let tls = tls.expect("the provider speaks a version of TLS");
        Self { resolve, dial, tls: TlsConnector::from(Arc::new(tls)) }
    }
}

#[async_trait]
impl signalbox_ports::web::Web for Web {
    async fn get(&self, url: &str, bounds: &Bounds) -> Result<Page, Refused> {
        let within = std::time::Duration::from_millis(bounds.within.0);
        tokio::time::timeout(within, self.read(url, bounds)).await.unwrap_or(Err(Refused::Timeout))
    }
}
