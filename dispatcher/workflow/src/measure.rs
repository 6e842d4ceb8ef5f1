//! Lengths of time, money and hosts, as people write them.

use signalbox_domain::time::Span;

use crate::bounds::{MAX_NAME, MAX_SPAN};

/// Millionths in a dollar.
const MICRO: u64 = 1_000_000;
/// The most dollars a file may name.
const MAX_USD: u64 = 10_000;

/// Reads `90m`: a whole number and one of s, m, h, d.
pub(crate) fn span(text: &str) -> Result<Span, String> {
    let wrong = || "write a whole number and a unit: 30s, 90m, 24h or 7d".to_owned();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let factor = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    if digits.is_empty() {
        return Err(wrong());
    }
    match digits.parse::<u64>().ok().and_then(|count| count.checked_mul(factor)) {
        Some(0) => Err("it must be more than nothing".into()),
        Some(millis) if millis <= MAX_SPAN.0 => Ok(Span(millis)),
        Some(_) | None => Err(format!("it may be {} at most", MAX_SPAN.words())),
    }
}

/// Reads dollars to the millionth.
pub(crate) fn money(text: &str) -> Result<u64, String> {
    let wrong = || "write dollars as a plain number: 8 or 0.50".to_owned();
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(rest) {
        return Err(wrong());
    }
    if rest.len() > 6 {
        return Err("a millionth of a dollar is the least there is".into());
    }
    let micro = format!("{rest:0<6}").parse::<u64>().map_err(|_| wrong())?;
    match whole.parse::<u64>().ok().and_then(|dollars| dollars.checked_mul(MICRO)?.checked_add(micro)) {
        Some(0) => Err("it must be more than nothing".into()),
        Some(total) if total <= MAX_USD * MICRO => Ok(total),
        Some(_) | None => Err(format!("it may be {MAX_USD} dollars at most")),
    }
}

/// Checks a name that phases and inputs may have: one that a condition can say.
pub(crate) fn name(text: &str) -> Result<(), String> {
    let mut letters = text.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_lowercase());
    if !begins || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Err("a name begins with a small letter and goes on with small letters, digits and `_`".into());
    }
    if text.len() > MAX_NAME {
        return Err(format!("a name has at most {MAX_NAME} letters"));
    }
    if RESERVED.contains(&text) {
        return Err("this word means something else in a condition: take another name".into());
    }
    Ok(())
}

/// Words that conditions keep for themselves.
const RESERVED: [&str; 21] = [
    "inputs",
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "while",
];

/// Checks the name of a handoff file: no folder, and not a word that means something else.
pub(crate) fn handoff(text: &str) -> Result<(), String> {
    if ["diff", "head"].contains(&text) {
        return Err(format!("`{text}` means something else: take another name"));
    }
    let fits = !text.is_empty()
        && text.len() <= MAX_NAME
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    if fits {
        Ok(())
    } else {
        Err("write a plain file name, as plan.md: letters, digits, `.`, `-` and `_`, no folder".into())
    }
}

/// Checks `host:port`. A wildcard would let in hosts nobody has named, an address hosts nobody can name: neither is
/// allowed.
pub(crate) fn host(text: &str) -> Result<(), String> {
    if text.contains('*') {
        return Err("name each host: a wildcard would let in hosts nobody has named".into());
    }
    if text.contains('/') {
        return Err("write host:port only, without a scheme or a path: registry.npmjs.org:443".into());
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(format!("add the port: {text}:443"));
    };
    if !port.bytes().all(|byte| byte.is_ascii_digit()) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err("the port is a number from 1 to 65535".into());
    }
    if host.bytes().all(|byte| byte.is_ascii_digit() || b".:[]".contains(&byte)) || host.contains(':') {
        return Err("name the host: an address may belong to anyone tomorrow".into());
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if host.len() > 253 || !host.contains('.') || !host.split('.').all(label) {
        return Err("write the host's full name in small letters: registry.npmjs.org:443".into());
    }
    Ok(())
}

/// Checks the path of a prompt or schema beside the workflow file.
pub(crate) fn path(text: &str, extension: &str) -> Result<(), String> {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
    };
    if text.len() > 200 || !text.split('/').all(part) {
        return Err(
            "write a path below the workflow's folder: letters, digits, `.`, `-`, `_` and `/`, nothing hidden, no `..`"
                .into(),
        );
    }
    if !text.ends_with(extension) {
        return Err(format!("the file must end in {extension}"));
    }
    Ok(())
}
