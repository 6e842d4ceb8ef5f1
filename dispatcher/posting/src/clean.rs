//! The part that is common to all chats: characters that are not seen, or make text look like what it is not.

use unicode_segmentation::UnicodeSegmentation;

/// Keeps two characters from meaning something together, and is not seen: the zero-width space. [`clean()`] takes it out
/// wherever somebody else put it, which is why making a text harmless twice makes it harmless once.
pub const BREAK: char = '\u{200B}';

/// What is shown where a deceptive character was.
pub const SHOWN: char = '\u{FFFD}';

/// The most code points of one visible character; the rest are marks heaped up to paint over other lines.
const MAX_CLUSTER: usize = 24;

/// The text as it is seen: this is done first, whatever the chat and whatever its own escaping, in names, labels and
/// code as in prose. It knows nothing of Markdown; [`crate::tame`] does.
///
/// - `\r\n`, `\r` and Unicode's other line ends become `\n`; tabs stay;
/// - what is not seen and says nothing goes: zero-width spaces, soft hyphens, direction marks, invisible operators and
///   fillers, and joiners and variation selectors where they join and vary nothing (they stay in emoji, and where
///   Arabic and Indic letters need them);
/// - what deceives is shown as one [`SHOWN`] per run: NUL and other controls, direction overrides and isolates, the tag
///   block U+E0000–U+E0FFF, the variation selectors that carry hidden text, annotations, non-characters, and marks
///   heaped upon one character;
/// - an HTML comment becomes text that is seen: `<!--` gets a [`BREAK`] behind its `<`. So no text can hide words from a
///   reader, or forge the hidden marker of a message of ours.
///
/// Doing it again changes nothing.
pub fn clean(text: &str) -> String {
    // Nearly every text is seen as it is.
    if text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~')) && !text.contains("<!--") {
        return text.into();
    }
    let mut seen = String::from(text);
    // A cluster that lost a character may join its neighbour; it settles in a round, nearly always.
    for _ in 0..8 {
        let again = once(&seen);
        let settled = again == seen;
        seen = again;
        if settled {
            break;
        }
    }
    seen.replace("<!--", &format!("<{BREAK}!--"))
}

/// What becomes of a character.
enum Fate {
    Keep,
    /// It is not seen, and says nothing.
    Drop,
    /// It deceives.
    Show,
    Line,
}

fn once(text: &str) -> String {
    let text: String = text.replace("\r\n", "\n").chars().filter(|c| *c != BREAK).collect();
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match fate(c, &out, chars.peek().copied()) {
            Fate::Keep => out.push(c),
            Fate::Drop => {}
            Fate::Line => out.push('\n'),
            Fate::Show if out.ends_with(SHOWN) => {}
            Fate::Show => out.push(SHOWN),
        }
    }
    if heaped(&out) { out.graphemes(true).map(short).collect() } else { out }
}

fn fate(c: char, before: &str, next: Option<char>) -> Fate {
    match c {
        '\n' | '\t' => Fate::Keep,
        '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Line,
        c if c.is_control() => Fate::Show,
        c if c.is_ascii() => Fate::Keep,
        // Spaces, joints and fillers of no width, and marks of direction that only hint.
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' => Fate::Drop,
        '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}'..='\u{2065}' => Fate::Drop,
        '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' => Fate::Drop,
        '\u{200C}' if between_joining_letters(before, next) => Fate::Keep,
        '\u{200D}' if between_joining_letters(before, next) || one_emoji(before, next) => Fate::Keep,
        '\u{200C}' | '\u{200D}' => Fate::Drop,
        '\u{FE0E}' | '\u{FE0F}' if varies(before, next) => Fate::Keep,
        '\u{FE0E}' | '\u{FE0F}' => Fate::Drop,
        // Overrides and isolates, letters of no shape, annotations, music's invisible marks.
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0D}' => Fate::Show,
        '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' => Fate::Show,
        '\u{E0000}'..='\u{E0FFF}' | '\u{FDD0}'..='\u{FDEF}' => Fate::Show,
        c if u32::from(c) & 0xFFFE == 0xFFFE => Fate::Show,
        _ => Fate::Keep,
    }
}

/// Whether a joiner stands between two letters of a script that is written joined: Arabic to Sinhala.
fn between_joining_letters(before: &str, next: Option<char>) -> bool {
    let joining = |c: char| matches!(c, '\u{620}'..='\u{DFF}');
    before.chars().next_back().is_some_and(joining) && next.is_some_and(joining)
}

/// Whether a joiner makes one emoji of two, as Unicode defines it.
fn one_emoji(before: &str, next: Option<char>) -> bool {
    let Some(next) = next.filter(|next| !next.is_ascii()) else { return false };
    let tail = before.char_indices().rev().nth(3).map_or(before, |(at, _)| &before[at..]);
    let joined = format!("{tail}\u{200D}{next}");
    let last = joined.graphemes(true).next_back().unwrap_or_default();
    last.contains('\u{200D}') && last.chars().count() > 2 && format!("a{next}").graphemes(true).count() == 2
}

/// Whether a variation selector has something to vary: a sign that can be an emoji, once.
fn varies(before: &str, next: Option<char>) -> bool {
    match before.chars().next_back() {
        Some('0'..='9' | '#' | '*') => next == Some('\u{20E3}'),
        Some('\u{FE0E}' | '\u{FE0F}' | '\u{200D}' | SHOWN) | None => false,
        Some(c) => !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace(),
    }
}

/// Whether there can be a character with too many marks: they are not ASCII.
fn heaped(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        run = if c.is_ascii() { 0 } else { run + 1 };
        run >= MAX_CLUSTER
    })
}

/// A visible character without the marks heaped upon it.
fn short(cluster: &str) -> String {
    match cluster.char_indices().nth(MAX_CLUSTER) {
        Some((end, _)) => format!("{}{SHOWN}", &cluster[..end]),
        None => cluster.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, seen: &str) {
        assert_eq!(clean(text), seen, "{text:?}");
        assert_eq!(clean(seen), seen, "{text:?}, again");
    }

    #[test]
    fn what_is_seen_stays_as_it_is() {
        for text in ["", "plain\n\ttext", "é ü 漢字 עברית", "👩‍👩‍👧 👩🏽‍🚀 ❤️ 1️⃣ 🇩🇪", "می‌خواهم", "क्‍ष", "¹½ ™️ ↔️"]
        {
            check(text, text);
        }
    }

    #[test]
    fn what_is_not_seen_and_says_nothing_goes() {
        check("pass\u{200B}word\u{FEFF} a\u{AD}b x\u{200D}y z\u{FE0F}\u{2060}", "password ab xy z");
        check("❤\u{FE0F}\u{FE0F}\u{FE0E}", "❤\u{FE0F}");
    }

    #[test]
    fn what_deceives_is_shown_once_for_each_run() {
        check("pay\u{202E}load\u{0}\u{1B}[31m", "pay�load�[31m");
        check("🏴\u{E0067}\u{E0062}\u{E007F} hidden:\u{E0101}\u{E0102}", "🏴� hidden:�");
        check(&format!("a{}b", "\u{301}".repeat(500)), &format!("a{}�b", "\u{301}".repeat(MAX_CLUSTER - 1)));
    }

    #[test]
    fn every_line_end_is_a_line_end() {
        check("a\r\nb\rc\u{2028}d\u{85}e", "a\nb\nc\nd\ne");
    }

    #[test]
    fn a_comment_is_seen_and_forges_no_marker() {
        let seen = clean("<!-- marker:01J --> <!-\u{200B}- two -->");
        assert!(!seen.contains("<!--"), "{seen:?}");
        check("<!-- a -->", "<\u{200B}!-- a -->");
    }
}
