//! Where a link leads, and a label that says so.

use url::Url;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A page of the web.
    Web {
        /// The address as a browser reads it, on one line, without spaces.
        url: String,
        /// Its host (and port, if it is not the usual one), in the letters a browser resolves: letters that only look
        /// like others are written out (`xn--…`).
        host: String,
    },
    /// Within the page it stands on: `#anchor`, `docs/page`.
    Here,
    /// Nowhere a person should be led: another scheme than `http(s)`, somebody's name or password in the address, or no
    /// address at all.
    Nowhere,
}

/// Where an address leads.
pub fn place(address: &str) -> Place {
    // A base that nobody has tells an address with a host of its own from one within the page.
    let Ok(base) = Url::parse("https://here.invalid/") else { return Place::Nowhere };
    let Ok(url) = base.join(address) else { return Place::Nowhere };
    let named = !url.username().is_empty() || url.password().is_some();
    if named || !matches!(url.scheme(), "http" | "https") {
        return Place::Nowhere;
    }
    match url.host_str() {
        Some("here.invalid") => Place::Here,
        Some(host) => {
            let host = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
            Place::Web { url: url.to_string(), host }
        }
        None => Place::Nowhere,
    }
}

/// The label with the host behind it, `label (host)`, unless it shows it already: by ending so, or by being an address
/// of that host.
pub fn label(label: &str, host: &str) -> String {
    if shows(label, host) { label.into() } else { format!("{} ({host})", label.trim_end()).trim_start().into() }
}

/// Whether the label says where it leads.
pub(crate) fn shows(label: &str, host: &str) -> bool {
    let label = label.trim();
    let same = |address: &str| matches!(place(address), Place::Web { host: shown, .. } if shown == host);
    label.ends_with(&format!("({host})")) || label == host || (!label.contains(char::is_whitespace) && same(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_shows_its_host() {
        assert_eq!(label("the docs", "example.com"), "the docs (example.com)");
        assert_eq!(label("the docs (example.com)", "example.com"), "the docs (example.com)");
        assert_eq!(label("https://example.com/a", "example.com"), "https://example.com/a");
        assert_eq!(label("https://example.com", "evil.example"), "https://example.com (evil.example)");
        assert_eq!(label("", "evil.example"), "(evil.example)");
    }

    #[test]
    fn an_address_leads_where_a_browser_would_go() {
        let host = |address: &str| match place(address) {
            Place::Web { host, .. } => host,
            Place::Here => "here".into(),
            Place::Nowhere => "nowhere".into(),
        };
        for (address, at) in [
            ("https://example.com/a?b", "example.com"),
            ("//evil.example/", "evil.example"),
            ("/\\\\evil.example", "evil.example"),
            ("https:\\\\evil.example", "evil.example"),
            ("http://127.0.0.1:7878/", "127.0.0.1:7878"),
            ("https://gооgle.com/", "xn--ggle-55da.com"),
            ("#anchor", "here"),
            ("docs/page.md", "here"),
            ("https://example.com@evil.example/", "nowhere"),
            ("javascript:alert(1)", "nowhere"),
            ("data:text/html,x", "nowhere"),
            ("mailto:a@b.example", "nowhere"),
        ] {
            assert_eq!(host(address), at, "{address}");
        }
    }
}
