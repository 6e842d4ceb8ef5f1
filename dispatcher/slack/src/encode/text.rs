//! Lines and quotes as rich text: letters stay letters, and what is marked up is structure.

use signalbox_domain::post::{Post, Span};
use signalbox_posting::clean::clean;
use signalbox_posting::link::{Place, label, place};
use signalbox_posting::rich::{Block, Look, Run, rich};
use signalbox_posting::split::{Budget, split};
use signalbox_posting::unit::Unit as Measure;
use slack_morphism::blocks::{
    SlackBlock, SlackRichTextBlock, SlackRichTextElement, SlackRichTextInlineElement, SlackRichTextLink,
    SlackRichTextList, SlackRichTextListStyle, SlackRichTextPreformatted, SlackRichTextQuote, SlackRichTextSection,
    SlackRichTextStyle, SlackRichTextText,
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
/// The deepest that Slack indents a list.
const MAX_DEPTH: usize = 8;

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

/// Somebody's words, as a block: what they marked up looks so, and does nothing.
pub(super) fn quote(text: &str, units: &mut Vec<Unit>) {
    let budget = Budget { unit: MEASURE, size: MAX_QUOTE, pieces: MAX_QUOTES };
    let split = split(&clean(text), &budget);
    for piece in split.pieces {
        let mut elements = Vec::new();
        for block in rich(&piece) {
            push(block, &mut elements);
        }
        let rows: Vec<String> = piece.lines().map(|row| format!("> {row}")).collect();
        if !elements.is_empty() {
            units.push(Unit::Rich { elements, plain: rows.join("\n"), size: MEASURE.of(&piece) });
        }
    }
}

/// A part of somebody's words. All of it has a border, so that it does not look like ours.
fn push(block: Block, elements: &mut Vec<SlackRichTextElement>) {
    match block {
        Block::Words(words) => match elements.last_mut() {
            Some(SlackRichTextElement::Quote(quote)) if quote.border.is_none() => {
                quote.elements.push("\n\n".into());
                quote.elements.extend(runs(words));
            }
            Some(_) | None => elements.push(SlackRichTextElement::Quote(SlackRichTextQuote::new(runs(words)))),
        },
        Block::Quote(words) => {
            elements.push(SlackRichTextElement::Quote(SlackRichTextQuote::new(runs(words)).with_border(1)));
        }
        Block::List { first, depth, items } => {
            let style = if first.is_some() { SlackRichTextListStyle::Ordered } else { SlackRichTextListStyle::Bullet };
            // Slack takes no item without words.
            let some = |item: Vec<Run>| if item.is_empty() { vec![" ".into()] } else { runs(item) };
            let items = items.into_iter().map(|item| SlackRichTextSection::new(some(item)).into()).collect();
            let list = SlackRichTextList::new(style, items).with_border(1).with_indent(depth.min(MAX_DEPTH) as u64);
            let offset = first.map(|first| first.saturating_sub(1)).filter(|offset| *offset > 0);
            elements.push(SlackRichTextElement::List(list.opt_offset(offset)));
        }
        Block::Code(code) if code.is_empty() => {}
        Block::Code(code) => {
            let code = SlackRichTextPreformatted::new(vec![code.as_str().into()]).with_border(1);
            elements.push(SlackRichTextElement::Preformatted(code));
        }
    }
}

fn runs(runs: Vec<Run>) -> Vec<SlackRichTextInlineElement> {
    let runs = runs.into_iter().filter(|run| !run.text.is_empty());
    runs.map(|Run { text, look, link }| {
        let style = (look != Look::default()).then(|| {
            let on = |on: bool| on.then_some(true);
            SlackRichTextStyle::new()
                .opt_bold(on(look.bold))
                .opt_italic(on(look.italic))
                .opt_strike(on(look.struck))
                .opt_code(on(look.code))
        });
        match link.map(|link| (web(&link, None), link)) {
            Some((Some((url, _)), _)) => {
                SlackRichTextLink::new(SlackRelaxedUrl(url)).with_text(text).opt_style(style).into()
            }
            Some((None, link)) => SlackRichTextText::new(format!("{text} ({link})")).opt_style(style).into(),
            None => SlackRichTextText::new(text).opt_style(style).into(),
        }
    })
    .collect()
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
