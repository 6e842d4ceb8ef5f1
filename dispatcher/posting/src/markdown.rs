//! Markdown as chats read it: what is code, what is a link, what is neither.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

/// Markdown, read.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Code between backticks, in order.
    pub(crate) spans: Vec<Range<usize>>,
    /// Fenced code, in order.
    pub(crate) fences: Vec<Fence>,
    /// Code by being indented, in order.
    pub(crate) indented: Vec<Fence>,
    /// Links and images, in order of where they end.
    pub(crate) links: Vec<Link>,
    /// Whether there is HTML.
    pub(crate) html: bool,
    /// What is read as text, decoded: a run for every piece that is not interrupted by anything. No code, and no
    /// address that is its own label.
    pub(crate) texts: Vec<String>,
    /// Where the blocks of the outermost level begin.
    pub(crate) blocks: Vec<usize>,
    /// Where anything begins that is more than a part of a line, in order.
    pub(crate) starts: Vec<usize>,
    /// Tables.
    pub(crate) tables: Vec<Range<usize>>,
    /// List items, the outer ones first.
    pub(crate) items: Vec<Range<usize>>,
}

/// Fenced code, or indented code.
#[derive(Debug)]
pub(crate) struct Fence {
    pub(crate) range: Range<usize>,
    /// Where its lines are, without what they are indented or quoted by.
    pub(crate) lines: Vec<Range<usize>>,
    /// Whether it is in a list or a quotation.
    pub(crate) inner: bool,
    /// Whether it is fenced. What is only indented is no code to every chat: its text counts as text.
    pub(crate) fenced: bool,
}

/// A link, or an image.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) range: Range<usize>,
    /// Where its label is, without brackets.
    pub(crate) label: Range<usize>,
    /// What its label says.
    pub(crate) says: String,
    /// Where it leads.
    pub(crate) to: String,
    pub(crate) kind: Kind,
    pub(crate) image: bool,
    /// Whether it is in the label of another.
    pub(crate) within: bool,
}

/// How a link is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `[label](address)`.
    Inline,
    /// `[label][name]`, `[name]`: the address is elsewhere.
    Reference,
    /// `<address>`.
    Bare,
}

/// Reads a text.
pub(crate) fn read(text: &str) -> Layout {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut layout = Layout::default();
    let mut open: Vec<Link> = Vec::new();
    let mut fence: Option<Fence> = None;
    let mut run = String::new();
    let mut depth = 0_usize;
    let mut code = 0_usize;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        if let Some(link) = open.last_mut().filter(|link| range != link.range) {
            link.label.end = link.label.end.max(range.end);
        }
        if !matches!(event, Event::Text(_)) && !run.is_empty() {
            layout.texts.push(std::mem::take(&mut run));
        }
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    layout.blocks.push(range.start);
                }
                depth += 1;
                layout.starts.push(range.start);
                if let Tag::CodeBlock(kind) = tag {
                    let fenced = matches!(kind, CodeBlockKind::Fenced(_));
                    fence = Some(Fence { range, lines: Vec::new(), inner: depth > 1, fenced });
                    code += usize::from(fenced);
                } else if let Tag::Link { link_type, dest_url, .. } = tag {
                    open.push(Link::new(range, link_type, &dest_url, false, !open.is_empty()));
                } else if let Tag::Image { link_type, dest_url, .. } = tag {
                    open.push(Link::new(range, link_type, &dest_url, true, !open.is_empty()));
                } else if let Tag::HtmlBlock = tag {
                    layout.html = true;
                } else if let Tag::Table(_) = tag {
                    layout.tables.push(range);
                } else if let Tag::Item = tag {
                    layout.items.push(range);
                }
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if let (TagEnd::CodeBlock, Some(fence)) = (end, fence.take_if(|_| end == TagEnd::CodeBlock)) {
                    code -= usize::from(fence.fenced);
                    if fence.fenced { layout.fences.push(fence) } else { layout.indented.push(fence) }
                } else if matches!(end, TagEnd::Link | TagEnd::Image) {
                    layout.links.extend(open.pop());
                }
            }
            Event::Text(words) => text_of(&words, &range, &mut open, &mut fence, (code == 0).then_some(&mut run)),
            Event::Code(words) => {
                layout.spans.push(range);
                open.iter_mut().for_each(|link| link.says.push_str(&words));
            }
            Event::Html(_) | Event::InlineHtml(_) => layout.html = true,
            Event::SoftBreak | Event::HardBreak => open.iter_mut().for_each(|link| link.says.push(' ')),
            Event::Rule => {
                layout.starts.push(range.start);
                if depth == 0 {
                    layout.blocks.push(range.start);
                }
            }
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }
    layout.texts.extend((!run.is_empty()).then_some(run));
    layout
}

fn text_of(
    words: &CowStr<'_>,
    range: &Range<usize>,
    open: &mut [Link],
    fence: &mut Option<Fence>,
    run: Option<&mut String>,
) {
    if let Some(fence) = fence {
        fence.lines.push(range.clone());
    }
    open.iter_mut().for_each(|link| link.says.push_str(words));
    let bare = open.last().is_some_and(|link| link.kind == Kind::Bare);
    if let Some(run) = run.filter(|_| !bare) {
        run.push_str(words);
    }
}

impl Layout {
    /// Whether the byte is in code.
    pub(crate) fn shielded(&self, at: usize) -> bool {
        self.spans.iter().any(|span| span.contains(&at)) || self.fences.iter().any(|fence| fence.range.contains(&at))
    }
}

impl Link {
    fn new(range: Range<usize>, kind: LinkType, to: &CowStr<'_>, image: bool, within: bool) -> Self {
        let start = range.start + if image { 2 } else { 1 };
        let kind = match kind {
            LinkType::Inline => Kind::Inline,
            LinkType::Autolink | LinkType::Email => Kind::Bare,
            LinkType::Reference
            | LinkType::ReferenceUnknown
            | LinkType::Collapsed
            | LinkType::CollapsedUnknown
            | LinkType::Shortcut
            | LinkType::ShortcutUnknown
            | LinkType::WikiLink { .. } => Kind::Reference,
        };
        Self { label: start..start, range, says: String::new(), to: to.to_string(), kind, image, within }
    }
}

impl Fence {
    /// The run of backticks or tildes it is opened with, if the line it begins on has one.
    pub(crate) fn run<'a>(&self, text: &'a str) -> Option<&'a str> {
        let line = text[self.range.clone()].lines().next()?;
        let at = line.find(['`', '~'])?;
        let c = line[at..].chars().next()?;
        let run = line[at..].len() - line[at..].trim_start_matches(c).len();
        Some(&line[at..at + run])
    }

    /// Whether it is closed by a line of its own.
    pub(crate) fn closed(&self, text: &str) -> bool {
        let Some(run) = self.run(text) else { return false };
        let body = text[self.range.clone()].trim_end_matches('\n');
        let Some((_, last)) = body.rsplit_once('\n') else { return false };
        // What it is quoted or indented by is no part of it.
        let marks: &[char] = if self.inner { &['>', ' ', '\t'] } else { &[' '] };
        let line = last.trim_start_matches(marks).trim_end();
        if !self.inner && last.len() - last.trim_start().len() > 3 {
            return false;
        }
        let c = run.chars().next().unwrap_or('`');
        line.len() >= run.len() && line.chars().all(|other| other == c)
    }
}
