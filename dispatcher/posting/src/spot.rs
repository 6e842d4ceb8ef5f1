//! Where something begins that acts on every chat: seen in the text as it is written, whatever Markdown makes of it.

use crate::clean::BREAK;

/// Which character references may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum References {
    /// None.
    None,
    /// Those that spell nothing live.
    Plain,
}

/// The longest name of a character reference that is looked for, in bytes.
const MAX_NAME: usize = 40;

/// Whether something begins at this byte that acts: HTML, an image, the middle of a link, a character reference, a
/// fence, an address that hides its host, a command.
pub(crate) fn acts(text: &str, at: usize, references: References) -> bool {
    let bytes = text.as_bytes();
    let next = bytes.get(at + 1).copied().unwrap_or(b' ');
    match bytes[at] {
        b'<' => next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?' | b'@' | b'#'),
        b'!' => next == b'[',
        b']' => matches!(next, b'(' | b'[' | b':'),
        b'&' => reference(text, at).is_some_and(|name| match references {
            References::None => true,
            References::Plain => !matches!(name, "amp" | "lt" | "gt" | "quot" | "nbsp"),
        }),
        // Within Markdown, a fence is code, or else was read as none.
        b'`' | b'~' => {
            references == References::None && text[at..].starts_with(if bytes[at] == b'`' { "```" } else { "~~~" })
        }
        b':' => hides_its_host(&text[at..]),
        b'/' => begins_line(text, at) && next.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The name of the character reference that begins at this byte: `amp`, `#64`, `#x40`.
pub(crate) fn reference(text: &str, at: usize) -> Option<&str> {
    let rest = text[at..].strip_prefix('&')?;
    let end = rest.bytes().take(MAX_NAME).position(|byte| !byte.is_ascii_alphanumeric() && byte != b'#')?;
    (end > 0 && rest[end..].starts_with(';')).then(|| &rest[..end])
}

/// Whether a command begins at this byte: `/`, first on its line, and a word.
pub(crate) fn command(text: &str, at: usize) -> bool {
    let Some(rest) = text[at..].strip_prefix('/') else { return false };
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let word = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'));
    begins_line(text, at) && (word.is_empty() || word.starts_with(char::is_whitespace))
}

fn begins_line(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(|c: char| c == BREAK || (c.is_whitespace() && c != '\n'));
    before.is_empty() || before.ends_with('\n')
}

/// Where the commands of a text begin.
pub(crate) fn commands(text: &str) -> impl Iterator<Item = usize> {
    text.bytes().enumerate().filter(|(at, byte)| *byte == b'/' && command(text, *at)).map(|(at, _)| at)
}

/// Where an `@` stands in the path of an address: `https://example.com/@name`, written `%40` as well.
pub(crate) fn names_in_addresses(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let web = text[..at].to_ascii_lowercase();
        if !web.ends_with("http") && !web.ends_with("https") {
            continue;
        }
        let rest = &text[at + 3..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '`')).unwrap_or(rest.len());
        let path = rest[..end].find('/').unwrap_or(end);
        found.extend(rest[path..end].match_indices('@').map(|(name, _)| at + 3 + path + name));
    }
    found
}

/// Whether `://` begins here and a name or password stands before the host: `://good.example@evil.example`.
fn hides_its_host(rest: &str) -> bool {
    rest.strip_prefix("://").is_some_and(|rest| {
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '<' | '>')).unwrap_or(rest.len());
        rest[..end].contains(['@', '\\'])
    })
}
