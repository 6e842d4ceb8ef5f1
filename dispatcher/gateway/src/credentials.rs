//! Who holds the credentials: the gateway itself, or a broker outside that it asks in the box's name.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use zeroize::Zeroizing;

/// Adds credentials to requests that have none. What it adds is never logged, and never comes back.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Adds the credential called `name`.
    async fn add(&self, name: &str, headers: &mut HeaderMap) -> Result<(), NoCredential>;

    /// Whom requests go to instead of providers: a gateway outside that adds the real credentials. Asked before each
    /// try. Nothing: to the provider itself.
    fn broker(&self) -> Option<Result<Uri, NoBroker>> {
        None
    }
}

/// There is no such credential. The text is for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no credential for `{0}`: add it to the team's secrets")]
pub struct NoCredential(pub String);

/// The gateway outside is not to be found now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("whoever holds the credentials is not to be found: {0}")]
pub struct NoBroker(pub String);

/// Credentials held here.
#[derive(Clone, Default)]
pub struct Keys(BTreeMap<String, Key>);

#[derive(Clone)]
struct Key {
    header: HeaderName,
    value: Zeroizing<String>,
}

impl Keys {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one that is sent as `authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, name: impl Into<String>, secret: &str) -> Self {
        self.header(name, AUTHORIZATION, format!("Bearer {secret}"))
    }

    /// With one that is sent as `authorization: Basic …`.
    #[must_use]
    pub fn basic(self, name: impl Into<String>, user: &str, secret: &str) -> Self {
        let both = Zeroizing::new(format!("{user}:{secret}"));
        self.header(name, AUTHORIZATION, format!("Basic {}", STANDARD.encode(both.as_bytes())))
    }

    /// With one that is sent as a header of its own: `x-api-key`, `x-goog-api-key`.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, header: HeaderName, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), Key { header, value: Zeroizing::new(value.into()) });
        self
    }
}

#[async_trait]
impl Credentials for Keys {
    async fn add(&self, name: &str, headers: &mut HeaderMap) -> Result<(), NoCredential> {
        let missing = || NoCredential(name.to_owned());
        let key = self.0.get(name).ok_or_else(missing)?;
        let mut value = HeaderValue::from_str(key.value.trim()).map_err(|_| missing())?;
        value.set_sensitive(true);
        headers.insert(key.header.clone(), value);
        Ok(())
    }
}

/// No credentials at all: a gateway outside has them. It knows this box by the token, and by nothing else.
#[derive(Clone)]
pub struct Broker {
    find: Arc<dyn Fn() -> Result<Uri, NoBroker> + Send + Sync>,
    token: Zeroizing<String>,
}

impl Broker {
    /// The gateway at `url` and the box's token for it.
    pub fn new(url: Uri, token: impl Into<String>) -> Self {
        Self::found(move || Ok(url.clone()), token)
    }

    /// The gateway at the address that `find` finds, which may be another one each time.
    pub fn found(find: impl Fn() -> Result<Uri, NoBroker> + Send + Sync + 'static, token: impl Into<String>) -> Self {
        Self { find: Arc::new(find), token: Zeroizing::new(token.into()) }
    }
}

#[async_trait]
impl Credentials for Broker {
    async fn add(&self, name: &str, headers: &mut HeaderMap) -> Result<(), NoCredential> {
        let bearer = Zeroizing::new(format!("Bearer {}", *self.token));
        let mut value = HeaderValue::from_str(&bearer).map_err(|_| NoCredential(name.to_owned()))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    fn broker(&self) -> Option<Result<Uri, NoBroker>> {
        Some((self.find)())
    }
}
