//! What a person types, turned into what Slack keeps: mentions resolved, marks escaped, links found, blocks built.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Names a person may type after `@` and `#`, and whom or what they mean.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) users: BTreeMap<String, String>,
    pub(crate) channels: BTreeMap<String, String>,
}

/// A typed text as Slack keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Composed {
    /// With mentions as `<@U…>` and `& < >` escaped.
    pub(crate) text: String,
    /// The same as a `rich_text` block.
    pub(crate) block: Value,
}

/// A piece of what was typed.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Code(String),
    User(String),
    Channel(String, String),
    Link(String),
    Broadcast(String),
}

/// Turns what a person typed into what Slack keeps. `<@U…>` and `<#C…>` may be typed as they are kept.
pub(crate) fn compose(typed: &str, names: &Names, block_id: &str) -> Composed {
    let mut text = String::new();
    let mut elements = Vec::new();
    for (n, part) in typed.split("```").enumerate() {
        if n % 2 == 1 {
            text.push_str(&format!("```{}```", escape(part)));
            let inner = json!({ "type": "text", "text": part.trim_matches('\n') });
            elements.push(json!({ "type": "rich_text_preformatted", "elements": [inner], "border": 0 }));
        } else if !part.is_empty() {
            let pieces = split(part, names);
            text.extend(pieces.iter().map(Piece::kept));
            let inner: Vec<Value> = pieces.iter().map(Piece::element).collect();
            elements.push(json!({ "type": "rich_text_section", "elements": inner }));
        }
    }
    Composed { text, block: json!({ "type": "rich_text", "block_id": block_id, "elements": elements }) }
}

/// Escapes the three characters that mean something to Slack.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Piece {
    fn kept(&self) -> String {
        match self {
            Self::Text(text) => escape(text),
            Self::Code(code) => format!("`{}`", escape(code)),
            Self::User(id) => format!("<@{id}>"),
            Self::Channel(id, name) => format!("<#{id}|{name}>"),
            Self::Link(url) => format!("<{}>", escape(url)),
            Self::Broadcast(range) => format!("<!{range}>"),
        }
    }

    fn element(&self) -> Value {
        match self {
            Self::Text(text) => json!({ "type": "text", "text": text }),
            Self::Code(code) => json!({ "type": "text", "text": code, "style": { "code": true } }),
            Self::User(id) => json!({ "type": "user", "user_id": id }),
            Self::Channel(id, _) => json!({ "type": "channel", "channel_id": id }),
            Self::Link(url) => json!({ "type": "link", "url": url }),
            Self::Broadcast(range) => json!({ "type": "broadcast", "range": range }),
        }
    }
}

fn split(typed: &str, names: &Names) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = typed;
    while let Some(first) = rest.chars().next() {
        let fresh = plain.chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        let found = match first {
            '<' => kept_token(rest, names),
            '`' => code(rest),
            '@' if fresh => mention(rest, names),
            '#' if fresh => channel(rest, names),
            'h' if fresh => link(rest),
            _ => None,
        };
        if let Some((piece, length)) = found {
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(piece);
            rest = &rest[length..];
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

fn kept_token(rest: &str, names: &Names) -> Option<(Piece, usize)> {
    let end = rest.find('>')?;
    let inner = &rest[1..end];
    let piece = if let Some(user) = inner.strip_prefix('@') {
        Piece::User(user.split('|').next()?.to_owned())
    } else if let Some(channel) = inner.strip_prefix('#') {
        let id = channel.split('|').next()?;
        let name = names.channels.iter().find(|(_, known)| known.as_str() == id).map(|(name, _)| name.clone());
        Piece::Channel(id.to_owned(), name.unwrap_or_default())
    } else {
        return None;
    };
    let id = match &piece {
        Piece::User(id) | Piece::Channel(id, _) => id,
        Piece::Text(_) | Piece::Code(_) | Piece::Link(_) | Piece::Broadcast(_) => return None,
    };
    let is_id = id.len() > 2 && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    is_id.then_some((piece, end + 1))
}

fn code(rest: &str) -> Option<(Piece, usize)> {
    let inner = &rest[1..];
    let end = inner.find('`').filter(|end| *end > 0)?;
    let inner = &inner[..end];
    (!inner.contains('\n')).then(|| (Piece::Code(inner.to_owned()), end + 2))
}

fn mention(rest: &str, names: &Names) -> Option<(Piece, usize)> {
    let name = word(&rest[1..]);
    for range in ["here", "channel", "everyone"] {
        if name == range {
            return Some((Piece::Broadcast(range.to_owned()), 1 + name.len()));
        }
    }
    // `@ana.` at the end of a sentence is still Ana.
    let mut name = name;
    loop {
        if let Some(id) = names.users.get(&name.to_lowercase()) {
            return Some((Piece::User(id.clone()), 1 + name.len()));
        }
        name = name.strip_suffix(['.', '-', '_'])?;
    }
}

fn channel(rest: &str, names: &Names) -> Option<(Piece, usize)> {
    let name = word(&rest[1..]);
    let id = names.channels.get(name)?;
    Some((Piece::Channel(id.clone(), name.to_owned()), 1 + name.len()))
}

fn link(rest: &str) -> Option<(Piece, usize)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme))?;
    let end = rest.find(|c: char| c.is_whitespace() || "<>\"`".contains(c)).unwrap_or(rest.len());
    let url = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
    (url.len() > scheme.len()).then(|| (Piece::Link(url.to_owned()), url.len()))
}

fn word(rest: &str) -> &str {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(typed: &str) -> String {
        let names = Names {
            users: [("signalbox".to_owned(), "U1".to_owned() + "AB")].into(),
            channels: [("web".to_owned(), "C1AB".to_owned())].into(),
        };
        compose(typed, &names, "b").text
    }

    #[test]
    fn names_become_mentions_and_marks_are_escaped() {
        assert_eq!(kept("@signalbox a < b & c"), "<@U1AB> a &lt; b &amp; c");
        assert_eq!(kept("mail me@signalbox, or see #web"), "mail me@signalbox, or see <#C1AB|web>");
        assert_eq!(kept("ask @signalbox."), "ask <@U1AB>.");
        assert_eq!(kept("@nobody <b> @here"), "@nobody &lt;b&gt; <!here>");
    }

    #[test]
    fn links_are_found_and_code_is_left_alone() {
        assert_eq!(kept("see https://example.com/a?b&c."), "see <https://example.com/a?b&amp;c>.");
        assert_eq!(
            kept("`@signalbox <x>` and ```\nlet a = @signalbox;\n```"),
            "`@signalbox &lt;x&gt;` and ```\nlet a = @signalbox;\n```"
        );
        assert_eq!(kept("<@U1AB> as kept"), "<@U1AB> as kept");
    }
}
