//! Lines and quotes as rich text: letters stay letters, whatever they look like.

use signalbox_domain::post::{Post, Span};
use signalbox_posting::clean::clean;
use signalbox_posting::link::{Place, label, place};
use signalbox_posting::split::{Budget, split};
use signalbox_posting::unit::Unit as Measure;
use slack_morphism::blocks::{
    SlackBlock, SlackRichTextBlock, SlackRichTextElement, SlackRichTextInlineElement, SlackRichTextLink,
    SlackRichTextPreformatted, SlackRichTextQuote, SlackRichTextSection, SlackRichTextText,
};

use slack_morphism::SlackRelaxedUrl;

use super::MAX_BLOCK;
use super::pack::Unit;

/// What is counted of Slack's limits: as JavaScript counts, which is never less than code points.
pub(super) const MEASURE: Measure = Measure::Utf16;
/// The longest part of a line; longer words of somebody else become a quote of their own.
const MAX_SPAN: usize = 600;
/// The longest address that is linked.
const MAX_URL: usize = 1_000;
/// The longest piece of a quote: room is left for what surrounds it.
const MAX_QUOTE: usize = MAX_BLOCK - 200;
/// More pieces of one quote than any message has room for.
const MAX_QUOTES: usize = 400;

/// A line. Somebody else's words that are too long for a line follow it as a quote.
pub(super) fn spans(spans: &[Span], console: Option<&str>, units: &mut Vec<Unit>) {
    let mut line = Inline::default();
    for span in spans {
        match span {
            Span::Untrusted(text) if MEASURE.of(text) > MAX_SPAN => {
                line.flush(units);
                quote(text, units);
            }
            Span::Plain(_) | Span::Strong(_) | Span::Code(_) | Span::Untrusted(_) | Span::Link { .. } => {
                if line.size > MAX_BLOCK - 2 * MAX_SPAN - MAX_URL {
                    line.flush(units);
                }
                line.push(span, console);
            }
        }
    }
    line.flush(units);
}

/// A line as it grows.
#[derive(Default)]
pub(super) struct Inline {
    elements: Vec<SlackRichTextInlineElement>,
    plain: String,
    size: usize,
}

impl Inline {
    pub(super) fn push(&mut self, span: &Span, console: Option<&str>) {
        match span {
            Span::Plain(text) | Span::Untrusted(text) => self.text(text, |run| run),
            Span::Strong(text) => self.text(text, SlackRichTextText::bold),
            Span::Code(text) => self.text(text, SlackRichTextText::code),
            Span::Link { label, url } => self.link(label, url, console),
        }
    }

    pub(super) fn text(&mut self, text: &str, style: impl Fn(SlackRichTextText) -> SlackRichTextText) {
        let text = clip(&clean(text), MAX_SPAN);
        if text.is_empty() {
            return;
        }
        self.size += MEASURE.of(&text);
        self.plain.push_str(&text);
        self.elements.push(style(SlackRichTextText::new(text)).into());
    }

    fn link(&mut self, words: &str, address: &str, console: Option<&str>) {
        let Some((url, host)) = web(address, console) else {
            return self.text(&format!("{words} ({address})"), |run| run);
        };
        let words = label(&clip(&clean(words), MAX_SPAN), &host);
        self.size += MEASURE.of(&words) + MEASURE.of(&url);
        self.plain.push_str(&format!("{words} <{url}>"));
        self.elements.push(SlackRichTextLink::new(SlackRelaxedUrl(url)).with_text(words).into());
    }

    pub(super) fn elements(self) -> Vec<SlackRichTextInlineElement> {
        self.elements
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn words(&self) -> &str {
        &self.plain
    }

    /// What there is so far becomes a line of its own.
    fn flush(&mut self, units: &mut Vec<Unit>) {
        let line = std::mem::take(self);
        if line.elements.is_empty() {
            return;
        }
        let (plain, size) = (line.plain, line.size);
        let section = SlackRichTextElement::Section(SlackRichTextSection::new(line.elements));
        units.push(Unit::Rich { elements: vec![section], plain, size });
    }
}

/// Somebody's words, as a block; code that is fenced stays code.
pub(super) fn quote(text: &str, units: &mut Vec<Unit>) {
    let budget = Budget { unit: MEASURE, size: MAX_QUOTE, pieces: MAX_QUOTES };
    let split = split(&clean(text), &budget);
    for piece in split.pieces {
        let mut elements = Vec::new();
        let mut plain = String::new();
        for part in parts(&piece) {
            let (Part::Words(words) | Part::Code(words)) = &part;
            if words.is_empty() {
                continue;
            }
            for row in words.lines() {
                if !plain.is_empty() {
                    plain.push('\n');
                }
                plain.push_str("> ");
                plain.push_str(row);
            }
            let run = vec![words.as_str().into()];
            elements.push(match part {
                Part::Words(_) => SlackRichTextElement::Quote(SlackRichTextQuote::new(run)),
                Part::Code(_) => SlackRichTextElement::Preformatted(SlackRichTextPreformatted::new(run).with_border(1)),
            });
        }
        let size = MEASURE.of(&piece);
        if !elements.is_empty() {
            units.push(Unit::Rich { elements, plain, size });
        }
    }
}

enum Part {
    Words(String),
    Code(String),
}

/// Words and fenced code, in turn. A fence is three or more of its mark at the start of a line, closed by as many.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut rows, mut fence): (Vec<&str>, Option<&str>) = (Vec::new(), None);
    for row in text.lines() {
        let mark = fence_of(row);
        match (fence, mark) {
            (None, Some(mark)) => {
                parts.push(Part::Words(rows.join("\n")));
                rows.clear();
                fence = Some(mark);
            }
            (Some(open), Some(mark)) if mark.starts_with(open) && row.trim() == mark => {
                parts.push(Part::Code(rows.join("\n")));
                rows.clear();
                fence = None;
            }
            (None, None) | (Some(_), Some(_) | None) => rows.push(row),
        }
    }
    let rest = rows.join("\n");
    parts.push(if fence.is_some() { Part::Code(rest) } else { Part::Words(rest) });
    parts
}

fn fence_of(row: &str) -> Option<&str> {
    let trimmed = row.trim_start_matches(' ');
    let mark = trimmed.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = trimmed.len() - trimmed.trim_start_matches(mark).len();
    let info = &trimmed[length..];
    let fence = row.len() - trimmed.len() <= 3 && length >= 3 && !(mark == '`' && info.contains('`'));
    fence.then(|| &trimmed[..length])
}

/// An address that may be offered, whole, and its host. One without a host is the console's.
pub(crate) fn web(address: &str, console: Option<&str>) -> Option<(String, String)> {
    let (url, host) = match place(address) {
        Place::Web { url, host } => (url, host),
        Place::Here if address.starts_with('/') => match place(&format!("{}{address}", console?)) {
            Place::Web { url, host } => (url, host),
            Place::Here | Place::Nowhere => return None,
        },
        Place::Here | Place::Nowhere => return None,
    };
    (MEASURE.of(&url) <= MAX_URL).then_some((url, host))
}

/// At most so much of a text, cut between what is seen as characters; what is cut is said.
pub(super) fn clip(text: &str, most: usize) -> String {
    let size = MEASURE.of(text);
    if size <= most {
        return text.into();
    }
    let notice = format!(" … ({size} characters in all)");
    let end = MEASURE.end(text, most.saturating_sub(MEASURE.of(&notice)));
    format!("{}{notice}", text[..end].trim_end_matches('\u{200D}'))
}

/// A text as one field of plain text, on one line.
pub(crate) fn flat(text: &str, most: usize) -> String {
    let text = clean(text);
    clip(&text.split_whitespace().collect::<Vec<_>>().join(" "), most)
}

/// As Slack wants text that it reads markup from: exactly these three.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A post as text, without anything that cannot be seen.
pub(super) fn plain(post: &Post) -> String {
    clean(&post.plain())
}

/// One block of rich text.
pub(super) fn block(elements: Vec<SlackRichTextElement>) -> SlackBlock {
    SlackRichTextBlock::new(elements).into()
}
