//! Which headers pass. Everything else is left out: a credential nobody gave this box, and whatever else has no business
//! on the way.

use http::header::{CONTENT_ENCODING, HeaderMap, HeaderName};

/// Of a call of a model.
const CALL: [&str; 12] = [
    "accept",
    "content-type",
    "user-agent",
    "anthropic-version",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
    "openai-beta",
    "originator",
    "session-id",
    "thread-id",
    "x-app",
    "x-client-request-id",
];
/// Of a call of a model, by their beginnings: what the agents and their libraries say about themselves.
const CALL_BEGINS: [&str; 5] =
    ["x-stainless-", "x-claude-code-", "x-codex-", "x-openai-internal-codex-", "x-goog-api-client"];
/// Of a request to a granted host.
const FETCH: [&str; 13] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "user-agent",
    "content-type",
    "content-encoding",
    "range",
    "if-none-match",
    "if-modified-since",
    "if-range",
    "cache-control",
    "git-protocol",
    "npm-command",
];
/// Of answers, what never passes: what belongs to the connection, and what would be kept.
const ANSWER_NOT: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "set-cookie",
    "alt-svc",
];
/// The names of what in a query is a credential.
const KEYS: [&str; 12] = [
    "key",
    "api_key",
    "api-key",
    "apikey",
    "access_token",
    "token",
    "auth",
    "authorization",
    "password",
    "secret",
    "signature",
    "sig",
];
/// Of a query of a call of a model, what passes.
const CALL_QUERY: [&str; 4] = ["beta", "alt", "limit", "client_version"];

/// The headers of a call of a model that pass.
pub(crate) fn call(headers: &HeaderMap) -> HeaderMap {
    only(headers, |name| CALL.contains(&name) || CALL_BEGINS.iter().any(|begin| name.starts_with(begin)))
}

/// The headers of a request to a granted host that pass.
pub(crate) fn fetch(headers: &HeaderMap) -> HeaderMap {
    only(headers, |name| FETCH.contains(&name))
}

/// The headers of an answer that pass.
pub(crate) fn answer(headers: &HeaderMap) -> HeaderMap {
    only(headers, |name| !ANSWER_NOT.contains(&name))
}

/// Whether a body is written in a way that is not read here.
pub(crate) fn encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity")
}

/// What of a call's query passes.
pub(crate) fn call_query(query: Option<&str>) -> String {
    kept(query, |name| CALL_QUERY.contains(&name))
}

/// What of the query of a request to a granted host passes.
pub(crate) fn fetch_query(query: Option<&str>) -> String {
    kept(query, |name| {
        let name = name.to_ascii_lowercase();
        !KEYS.contains(&name.as_str()) && !name.starts_with("x-amz-") && !name.starts_with("x-goog-")
    })
}

fn kept(query: Option<&str>, keep: impl Fn(&str) -> bool) -> String {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let name = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
    };
    let pairs: Vec<&str> = pairs.filter(|pair| keep(&name(pair))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn only(headers: &HeaderMap, keep: impl Fn(&str) -> bool) -> HeaderMap {
    // What `connection` names belongs to the connection, whatever it is.
    let named = headers.get_all("connection").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> = named.flat_map(|value| value.split(',')).map(|name| name.trim().to_lowercase()).collect();
    let passes = |name: &HeaderName| keep(name.as_str()) && !named.iter().any(|known| known == name.as_str());
    headers.iter().filter(|(name, _)| passes(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_in_a_query_does_not_pass() {
        assert_eq!(call_query(Some("beta=true&key=s3cret&alt=sse")), "?beta=true&alt=sse");
        assert_eq!(call_query(Some("%6bey=s3cret")), "");
        assert_eq!(
            fetch_query(Some("q=1&Access_Token=x&X-Amz-Signature=y&service=git-upload-pack")),
            "?q=1&service=git-upload-pack"
        );
        assert_eq!(fetch_query(None), "");
    }
}
