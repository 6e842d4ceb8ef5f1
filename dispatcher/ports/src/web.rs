//! The public web, as far as the team allows it.

use async_trait::async_trait;
use signalbox_domain::time::Span;

/// What one page may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The hosts that may be asked, also by a redirect: `docs.example.com`, `*.example.com`.
    pub hosts: Vec<String>,
    /// The most bytes of text.
    pub bytes: usize,
    /// The most time, from the first question to the last byte.
    pub within: Span,
}

impl Bounds {
    /// Whether a host, in small letters, is among those that may be asked.
    pub fn covers(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| match pattern.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1),
            None => pattern == "*" || *pattern == host,
        })
    }
}

/// A page, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The address it came from in the end.
    pub url: String,
    /// What it says.
    pub text: String,
}

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It may not be asked for: who says so, and why.
    #[error("{0}")]
    Denied(String),
    /// There is no such page.
    #[error("there is no such page")]
    NotFound,
    /// It took longer than allowed.
    #[error("it took too long")]
    Timeout,
    /// It is larger than allowed.
    #[error("it is too large")]
    TooLarge,
    /// The other side failed, or what it sent is no text.
    #[error("{0}")]
    Upstream(String),
}

/// The public web. Only addresses of machines that everybody can reach are ever connected to, whatever a name says and
/// wherever a redirect points; no cookie, credential or address of ours goes along.
#[async_trait]
pub trait Web: Send + Sync {
    /// Reads one page as text.
    async fn get(&self, url: &str, bounds: &Bounds) -> Result<Page, Refused>;
}

/// No way to the web: every page is denied.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closed;

#[async_trait]
impl Web for Closed {
    async fn get(&self, _: &str, _: &Bounds) -> Result<Page, Refused> {
        Err(Refused::Denied("the operator says no: this installation opens no way to the public web".into()))
    }
}
