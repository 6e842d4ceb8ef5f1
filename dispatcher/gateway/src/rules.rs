//! What may leave a box: which providers' models, which hosts, by which methods, below which paths.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

use crate::path::{below, plain};
use crate::protocol::Protocol;

/// Everything a box may reach. What is not in here does not exist for it.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Providers of models.
    pub providers: Vec<Provider>,
    /// The models that may be called; nothing: every one that has a price.
    pub models: Option<BTreeSet<String>>,
    /// Hosts.
    pub hosts: Vec<Host>,
}

/// A provider of models. An agent finds it below `/NAME/` of the gateway's address.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name, which is also the name of its credential.
    pub name: String,
    /// How it is talked to.
    pub protocols: Vec<Protocol>,
    /// Where it is: `https://api.anthropic.com`.
    pub upstream: Uri,
}

/// A host that is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name. An address is none.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// Whether it is talked to over TLS.
    pub tls: bool,
    /// The methods; nothing: any, and tunnels.
    pub methods: Option<BTreeSet<String>>,
    /// Where paths may lead; nothing: anywhere, and tunnels.
    pub paths: Option<BTreeSet<String>>,
    /// Whether it may be an address that is not public: a mirror in the team's own network.
    pub private: bool,
    /// The credential that is added, if any. A host with one takes no tunnels: what is in them is not seen.
    pub credential: Option<String>,
}

impl Provider {
    /// Those that agents are made for, where they are when nobody says otherwise: `anthropic`, `openai`, `gemini`.
    pub fn known(name: &str) -> Option<Self> {
        let (protocols, upstream) = match name {
            "anthropic" => (vec![Protocol::Messages], "https://api.anthropic.com"),
            "openai" => (vec![Protocol::Responses, Protocol::Chat], "https://api.openai.com"),
            "gemini" => (vec![Protocol::Gemini], "https://generativelanguage.googleapis.com"),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), protocols, upstream: Uri::from_static(upstream) })
    }
}

impl Rules {
    /// The provider of that name.
    pub(crate) fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    /// The rule by which `method` on `path` of that host is granted.
    pub(crate) fn fetch(&self, method: &str, host: &str, port: u16, tls: bool, path: &str) -> Option<&Host> {
        let host = name(host)?;
        let path = plain(path)?;
        self.hosts.iter().find(|known| {
            known.name == host
                && (known.port, known.tls) == (port, tls)
                && known.methods.as_ref().is_none_or(|methods| methods.contains(method))
                && known.paths.as_ref().is_none_or(|paths| paths.iter().any(|prefix| below(&path, prefix)))
        })
    }

    /// Whether anything of that host is granted over TLS: then nothing of it is asked for without.
    pub(crate) fn tls(&self, host: &str, port: Option<u16>) -> bool {
        let host = name(host);
        let named = |known: &Host| Some(&known.name) == host.as_ref() && known.tls;
        self.hosts.iter().any(|known| named(known) && port.is_none_or(|port| port == known.port))
    }

    /// The rule by which a tunnel to that host is granted: only where everything there is.
    pub(crate) fn tunnel(&self, host: &str, port: u16) -> Option<&Host> {
        let host = name(host)?;
        let whole =
            |known: &&Host| known.tls && known.methods.is_none() && known.paths.is_none() && known.credential.is_none();
        self.hosts.iter().filter(whole).find(|known| known.name == host && known.port == port)
    }
}

/// `text` as the name of a host, in small letters; nothing if it is an address in any spelling, or no name.
pub(crate) fn name(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let parts: Vec<&str> = lower.split('.').collect();
    // `127.1`, `2130706433` and `0x7f.0.0.1` are addresses to whoever resolves names: those end in a number.
    let numeric = parts.last().is_some_and(|last| {
        last.bytes().all(|byte| byte.is_ascii_digit())
            || last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    let fits = lower.len() <= 253 && parts.iter().copied().all(part) && !numeric && lower.parse::<IpAddr>().is_err();
    fits.then_some(lower)
}

/// Why a grant cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the grant {grant:?}: {why}; write `host`, `host:port`, or `GET,HEAD https://host/below/this`")]
pub struct NoGrant {
    grant: String,
    why: &'static str,
}

/// Reads a grant: `host`, `host:port` (everything there, over TLS), or `GET,HEAD https://host/below/this`.
impl FromStr for Host {
    type Err = NoGrant;

    fn from_str(grant: &str) -> Result<Self, NoGrant> {
        let wrong = |why| NoGrant { grant: grant.to_owned(), why };
        let (methods, rest) = match grant.trim().rsplit_once(' ') {
            Some((methods, rest)) => (Some(methods), rest),
            None => (None, grant.trim()),
        };
        let (tls, rest, address) = match rest.split_once("://") {
            Some(("https", rest)) => (true, rest, true),
            Some(("http", rest)) => (false, rest, true),
            Some(_) => return Err(wrong("it is neither https nor http")),
            None => (true, rest, false),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if !address && !path.is_empty() {
            return Err(wrong("a path needs https:// before its host"));
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong("the port is no number"))?),
            None => (authority, if tls { 443 } else { 80 }),
        };
        let methods = methods.map(|methods| methods.split(',').map(|method| method.trim().to_owned()).collect());
        let methods: Option<BTreeSet<String>> = methods;
        let known =
            |method: &String| ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method.as_str());
        if methods.as_ref().is_some_and(|methods| !methods.iter().all(known)) {
            return Err(wrong("a method is not known"));
        }
        let paths = match path {
            "" | "/" => None,
            path => Some(BTreeSet::from([plain(path).ok_or(wrong("the path could be read in two ways"))?])),
        };
        Ok(Self {
            name: name(host).ok_or(wrong("that is no host's name"))?,
            port,
            tls,
            methods,
            paths,
            private: false,
            credential: None,
        })
    }
}

impl Host {
    /// What it takes to fetch (and not to push) the repository at `https://host/path` over git's smart HTTP.
    pub fn git(host: &str, path: &str) -> Result<[Self; 2], NoGrant> {
        let path = path.trim_matches('/');
        let asked = format!("GET https://{host}/{path}/info/refs");
        Ok([asked.parse()?, format!("POST https://{host}/{path}/git-upload-pack").parse()?])
    }

    /// With a credential added to what is sent there.
    #[must_use]
    pub fn with(self, credential: impl Into<String>) -> Self {
        Self { credential: Some(credential.into()), ..self }
    }

    /// Even if it is an address that is not public.
    #[must_use]
    pub fn private(self) -> Self {
        Self { private: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_no_name_in_any_spelling() {
        for text in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "017700000001",
            "[::1]",
            "::1",
            "1.2.3.4.",
            "example.com.",
            "",
            ".",
            "a..b",
            "-a.com",
            "a b.com",
            "exa\u{6d}ple.com\0",
            "http://a",
            "a/b",
            "user@a.com",
            "a.com:80",
            "ⅰ.com",
            "a.0x1f",
            "xn--.1",
        ] {
            assert_eq!(name(text), None, "{text:?}");
        }
        assert_eq!(name("Registry.NPMjs.org").as_deref(), Some("registry.npmjs.org"));
    }

    #[test]
    fn what_a_grant_names_is_granted_and_nothing_beside_it() {
        let hosts = ["crates.io", "GET,HEAD https://registry.npmjs.org/@team", "http://mirror.example:8080"];
        let mut rules = Rules { hosts: hosts.iter().map(|text| text.parse().unwrap()).collect(), ..Rules::default() };
        rules.hosts.extend(Host::git("forge.example", "org/repo.git").unwrap());
        let fetch = |method, host, port, tls, path| rules.fetch(method, host, port, tls, path).is_some();
        assert!(fetch("POST", "crates.io", 443, true, "/anything"));
        assert!(fetch("GET", "registry.npmjs.org", 443, true, "/@team%2fthing"));
        assert!(fetch("GET", "mirror.example", 8080, false, "/x"));
        assert!(fetch("GET", "forge.example", 443, true, "/org/repo.git/info/refs"));
        assert!(fetch("POST", "forge.example", 443, true, "/org/repo.git/git-upload-pack"));
        assert!(rules.tunnel("CRATES.io", 443).is_some());
        for (method, host, port, tls, path) in [
            ("PUT", "registry.npmjs.org", 443, true, "/@team/thing"),
            ("GET", "registry.npmjs.org", 443, true, "/@teamother/thing"),
            ("GET", "registry.npmjs.org", 443, true, "/@team/../other"),
            ("GET", "registry.npmjs.org", 80, false, "/@team/thing"),
            ("GET", "registry.npmjs.org", 8443, true, "/@team/thing"),
            ("GET", "evil-crates.io", 443, true, "/"),
            ("GET", "crates.io.evil.example", 443, true, "/"),
            ("GET", "mirror.example", 8080, true, "/x"),
            ("POST", "forge.example", 443, true, "/org/repo.git/git-receive-pack"),
            ("get", "registry.npmjs.org", 443, true, "/@team/thing"),
        ] {
            assert!(!fetch(method, host, port, tls, path), "{method} {host}:{port} {path}");
        }
        for (host, port) in [("registry.npmjs.org", 443), ("crates.io", 22), ("mirror.example", 8080), ("1.1.1.1", 443)]
        {
            assert!(rules.tunnel(host, port).is_none(), "{host}:{port}");
        }
    }

    #[test]
    fn a_grant_that_is_none_says_why() {
        for text in ["1.2.3.4", "host:port", "ftp://host", "FETCH https://host", "host/path", "https://host/../x", "*"]
        {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
        assert_eq!(
            "1.2.3.4".parse::<Host>().unwrap_err().to_string(),
            "the grant \"1.2.3.4\": that is no host's name; write `host`, `host:port`, or `GET,HEAD https://host/below/this`"
        );
    }
}
