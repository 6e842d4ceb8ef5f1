//! What a page says: text as it is, HTML as its text, nothing else.

use http::{HeaderMap, header};
use signalbox_ports::web::Refused;

use crate::read::upstream;

/// How wide the lines of a page are.
const WIDTH: usize = 100;
/// The most tags of a page: a reader's work grows with them.
const TAGS: usize = 50_000;
/// The deepest that tags may lie in each other.
const DEPTH: usize = 256;
/// Tags that nothing closes, or need not.
const OPEN: [&str; 24] = [
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "param", "source", "tbody", "td", "th", "thead", "tr", "track", "wbr",
];
/// What stands where a page was cut.
const CUT: &str = "\n(the page goes on)";

/// What an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Html,
}

/// What an answer says it holds.
pub(crate) fn kind(headers: &HeaderMap) -> Result<Kind, Refused> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "text/html" | "application/xhtml+xml" => Ok(Kind::Html),
        "application/json"
        | "application/xml"
        | "application/yaml"
        | "application/x-yaml"
        | "application/toml"
        | "application/x-ndjson" => Ok(Kind::Plain),
        other if other.starts_with("text/") || other.ends_with("+json") || other.ends_with("+xml") => Ok(Kind::Plain),
        other => Err(Refused::Upstream(format!("it is no text but {other:?}"))),
    }
}

/// The text, cut at `limit` bytes and saying so.
pub(crate) async fn of(bytes: Vec<u8>, kind: Kind, limit: usize) -> Result<String, Refused> {
    let text = match kind {
        Kind::Plain => String::from_utf8_lossy(&bytes).into_owned(),
        // It takes some milliseconds of nothing but work.
        Kind::Html => tokio::task::spawn_blocking(move || html(&bytes)).await.map_err(upstream)??,
    };
    if text.contains('\0') {
        return Err(Refused::Upstream("it is no text, whatever it says".into()));
    }
    Ok(cut(text, limit))
}

fn html(bytes: &[u8]) -> Result<String, Refused> {
    if intricate(bytes) {
        return Err(Refused::TooLarge);
    }
    html2text::config::plain_no_decorate()
        .allow_width_overflow()
        .string_from_read(bytes, WIDTH)
        .map_err(|error| Refused::Upstream(format!("it cannot be read: {error}")))
}

/// Whether a page has more tags, or deeper ones, than any that people read. Counted without understanding: tags that
/// are often left open do not count as deep.
fn intricate(bytes: &[u8]) -> bool {
    let (mut tags, mut depth) = (0_usize, 0_usize);
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'<') {
        let rest = &bytes[at + 1..];
        let closing = rest.first() == Some(&b'/');
        let name = rest.iter().skip(usize::from(closing)).take(12).take_while(|byte| byte.is_ascii_alphanumeric());
        let name: Vec<u8> = name.map(u8::to_ascii_lowercase).collect();
        if name.is_empty() || OPEN.iter().any(|open| open.as_bytes() == name) {
            continue;
        }
        tags += 1;
        depth = if closing { depth.saturating_sub(1) } else { depth + 1 };
        if tags > TAGS || depth > DEPTH {
            return true;
        }
    }
    false
}

fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit.saturating_sub(CUT.len())));
        text.push_str(CUT);
    }
    text
}
