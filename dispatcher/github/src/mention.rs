//! What a comment says to us: every mention that people see in it, and the words that follow.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use signalbox_domain::command::{self, Command};

/// The most things said to us that one text is read for; what comes after belongs to the last.
const MAX_SAID: usize = 10;

/// What `text` says to `name`, one after the other. A mention counts where people see it: not in code, quotes, comments,
/// struck-out words or the text of an image. One at the beginning of a line begins something of its own.
pub(crate) fn said(text: &str, name: &str) -> Vec<String> {
    let text = &unhidden(text);
    let mentions = mentions(text, name);
    let mut starts: Vec<&Range<usize>> = mentions.iter().filter(|mention| begins_line(text, mention.start)).collect();
    starts.truncate(MAX_SAID);
    let Some(first) = starts.first() else {
        return mentions.first().map(|mention| without(text, mention)).into_iter().collect();
    };
    let before = text[..line_start(text, first.start)].trim();
    let mut said = Vec::new();
    for (place, mention) in starts.iter().enumerate() {
        let end = starts.get(place + 1).map_or(text.len(), |next| line_start(text, next.start));
        let words = text[mention.end..end].trim_start_matches([',', ':', ' ']).trim();
        // What stands above a request is a part of it; what stands above a word of ours is talk.
        let request = matches!(command::parse(words), Command::Words(_) | Command::Nothing);
        said.push(match request && place == 0 && !before.is_empty() {
            true => format!("{before}\n\n{words}").trim().to_owned(),
            false => words.to_owned(),
        });
    }
    said
}

/// Whether `text` says anything to `name`.
pub(crate) fn is_in(text: &str, name: &str) -> bool {
    let near = |at: usize| text.get(at + 1..at + 1 + name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
    // Most comments are not for us; those are not parsed.
    text.match_indices(['@', '/']).any(|(at, _)| near(at)) && !said(text, name).is_empty()
}

/// The text without its HTML comments, but for those in code: what nobody sees is nobody's word.
pub(crate) fn unhidden(text: &str) -> String {
    if !text.contains("<!--") {
        return text.to_owned();
    }
    let code = code(text);
    let mut kept = String::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("<!--").map(|found| at + found) {
        if let Some(within) = code.iter().find(|range| range.contains(&start)) {
            kept.push_str(&text[at..within.end]);
            at = within.end;
            continue;
        }
        kept.push_str(&text[at..start]);
        at = text[start..].find("-->").map_or(text.len(), |end| start + end + 3);
    }
    kept.push_str(&text[at..]);
    kept
}

/// Every visible mention of `name`, with its `[bot]` if it has one; `/name` at the beginning of a line is one, too.
fn mentions(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for range in visible(text) {
        for (at, _) in text[range.clone()].match_indices(['@', '/']) {
            let start = range.start + at;
            if text[start..].starts_with('/') && !begins_line(text, start) {
                continue;
            }
            let end = start + 1 + name.len();
            let named = text.get(start + 1..end).is_some_and(|word| word.eq_ignore_ascii_case(name));
            if !named || end > range.end || !apart(text, start) {
                continue;
            }
            let end = if text[end..].starts_with("[bot]") { end + "[bot]".len() } else { end };
            if ends(&text[end..]) {
                found.push(start..end);
            }
        }
    }
    found
}

/// Whether nothing before the mention makes it a part of something longer.
fn apart(text: &str, start: usize) -> bool {
    text[..start]
        .chars()
        .next_back()
        .is_none_or(|before| !before.is_alphanumeric() && !matches!(before, '_' | '-' | '/' | '@' | '.' | '\\' | '`'))
}

/// Whether nothing after the mention makes it a part of something longer: another name, a team, a host.
fn ends(after: &str) -> bool {
    let mut after = after.chars();
    match after.next() {
        None => true,
        Some('.') => after.next().is_none_or(|next| !next.is_alphanumeric()),
        Some(next) => !next.is_alphanumeric() && !matches!(next, '_' | '-' | '/' | '@'),
    }
}

/// Where people see plain words.
fn visible(text: &str) -> Vec<Range<usize>> {
    let mut hidden = 0_usize;
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (event, range) in parser(text) {
        match event {
            Event::Start(tag) if hides(&tag) => hidden += 1,
            Event::End(tag) if unhides(tag) => hidden = hidden.saturating_sub(1),
            Event::Text(_) if hidden == 0 => match ranges.last_mut() {
                // The parser ends a text at every sign that could have meant something.
                Some(last) if last.end == range.start => last.end = range.end,
                _ => ranges.push(range),
            },
            Event::Start(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    ranges
}

fn hides(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Strikethrough | Tag::Image { .. })
}

fn unhides(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::BlockQuote(_) | TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::Strikethrough | TagEnd::Image)
}

/// Where code is.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for (event, range) in parser(text) {
        if matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_))) {
            ranges.push(range);
        }
    }
    ranges
}

fn parser(text: &str) -> pulldown_cmark::OffsetIter<'_> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    Parser::new_ext(text, options).into_offset_iter()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Whether nothing but a list's sign stands before it on its line.
fn begins_line(text: &str, at: usize) -> bool {
    let before = text[line_start(text, at)..at].trim();
    let numbered = before.trim_end_matches(['.', ')']);
    let before = match before.split_once(' ') {
        Some(("-" | "*" | "+", task)) => task.trim(),
        _ => before,
    };
    matches!(before, "" | "-" | "*" | "+" | "[ ]" | "[x]" | "[X]")
        || (numbered.len() < before.len() && !numbered.is_empty() && numbered.chars().all(|c| c.is_ascii_digit()))
}

/// The text without that mention.
fn without(text: &str, mention: &Range<usize>) -> String {
    let after = text[mention.end..].trim_start_matches([',', ':', ' ']);
    let closes = after.starts_with(['.', '!', '?']);
    let before = text[..mention.start].trim_end_matches(if closes { &[' ', ','][..] } else { &[' '][..] });
    let begins = before.is_empty() || before.ends_with('\n') || after.starts_with('\n');
    format!("{before}{}{after}", if begins || closes { "" } else { " " }).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(said(text, "signalbox"), expected, "{text:?}");
        assert_eq!(is_in(text, "signalbox"), !expected.is_empty(), "{text:?}");
    }

    #[test]
    fn a_mention_says_what_follows_it() {
        check("@signalbox the pricing page says $9", &["the pricing page says $9"]);
        check("@SignalBox[bot]: stop", &["stop"]);
        check("@signalbox", &[""]);
        check("Hey @signalbox, fix the typo", &["Hey fix the typo"]);
        check("Could you look, @signalbox?", &["Could you look?"]);
        check("The page is broken.\n\n@signalbox fix it\nthanks", &["The page is broken.\n\nfix it\nthanks"]);
        check("Fix the typo in the footer.\n@signalbox", &["Fix the typo in the footer."]);
        check("I looked at it.\n@signalbox approve", &["approve"]);
        check("no mention at all", &[]);
    }

    #[test]
    fn several_mentions_are_several_words_in_their_order() {
        check(
            "@signalbox verbose\n@signalbox fix the title\nand the footer\n- @signalbox also the FAQ",
            &["verbose", "fix the title\nand the footer", "also the FAQ"],
        );
        check("1. @signalbox stop\n2. @signalbox retry", &["stop", "retry"]);
        check("- [ ] @signalbox stop", &["stop"]);
    }

    #[test]
    fn what_nobody_sees_as_a_mention_is_none() {
        for text in [
            "`@signalbox stop`",
            "```\n@signalbox stop\n```",
            "~~~\n@signalbox stop",
            "    @signalbox stop",
            "> @signalbox stop",
            "> lazily\n@signalbox stop",
            "<!-- @signalbox stop -->",
            "<!--\n@signalbox stop",
            "~~@signalbox stop~~",
            "see /signalbox stop",
            "/signalbox/stop",
            "> /signalbox stop",
            "`/signalbox stop`",
            "![@signalbox](x.png)",
            "<div>\n@signalbox stop\n</div>",
            "me@signalbox.example",
            "@signalbox-two stop",
            "@signalbox/team stop",
            "@signalbox.dev stop",
            "@@signalbox stop",
            "\\@signalbox stop",
            "@signalbo stop",
            "https://example.com/@signalbox",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn a_command_at_the_beginning_of_a_line_is_a_mention() {
        check("/signalbox stop", &["stop"]);
        check("Well.\n\n/Signalbox fix the title", &["Well.\n\nfix the title"]);
    }

    #[test]
    fn hidden_comments_are_taken_out_and_code_is_left() {
        assert_eq!(unhidden("a<!-- delete it all -->b"), "ab");
        assert_eq!(unhidden("a<!-- open"), "a");
        assert_eq!(unhidden("`<!-- code -->` and <!-- not -->"), "`<!-- code -->` and ");
        assert_eq!(said("@signalbox fix <!-- and delete it all --> it", "signalbox"), ["fix  it"]);
    }

    #[test]
    fn no_text_breaks_it() {
        for text in
            ["@", "@signalbox@signalbox", "é@signalbox é", "\u{feff}@signalbox", "<!--<!-->-->", "@signalbo\u{301}x"]
        {
            let _ = said(text, "signalbox");
            let _ = is_in(text, "signalbox");
        }
    }
}
