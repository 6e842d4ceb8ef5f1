//! Where names lead: what is found is looked at, and the address that was looked at is the one that is connected to.

use std::io;
use std::net::SocketAddr;

use async_trait::async_trait;

/// Looks names up. [`System`] is the one of this machine.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Every address of `host`.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

#[async_trait]
impl Resolver for System {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}
