//! Blocks into messages, within what a message takes: as few as possible, in order, and nothing left out unsaid.

use signalbox_domain::post::Span;
use slack_morphism::blocks::{
    SlackBlock, SlackBlockMarkDownText, SlackContextBlock, SlackContextBlockElement, SlackRichTextElement,
    SlackRichTextSection,
};

use super::text::{MEASURE, block, clip, escape, web};
use super::{About, Dialect, MAX_BLOCK, MAX_BLOCKS, MAX_MESSAGE, MAX_PIECES, Piece};

/// What stays together.
#[derive(Clone, Debug)]
pub(super) enum Unit {
    /// Rich text; may share its block with its neighbours.
    Rich { elements: Vec<SlackRichTextElement>, plain: String, size: usize },
    /// A block of its own.
    Block { block: Box<SlackBlock>, plain: String, size: usize },
}

/// Room that is kept for the words about what is left out.
const NOTICE: usize = 300;

/// The messages, and whether they leave something out that a file has to hold. The end and the footer are in the last
/// message, whatever is left out before them.
pub(super) fn pack(
    units: Vec<Unit>,
    mut tail: Vec<Unit>,
    footer: &[Span],
    about: &About<'_>,
    dialect: Dialect,
) -> (Vec<Piece>, bool) {
    tail.extend(small(footer, about.console));
    let reserved: usize = tail.iter().map(Unit::size).sum::<usize>() + NOTICE;
    let whole: usize = units.iter().map(Unit::size).sum();
    let mut pieces = vec![Draft::default()];
    let (mut left, mut missing) = (0, false);
    for unit in units {
        let last = pieces.len() == MAX_PIECES;
        let (size, blocks) = if last { (reserved, tail.len() + 1) } else { (0, 0) };
        let Some(piece) = pieces.last_mut() else { continue };
        if missing {
            left += unit.size();
        } else if piece.fits(&unit, size, blocks) {
            piece.push(unit);
        } else if last {
            missing = true;
            left += unit.size();
        } else {
            let mut piece = Draft::default();
            piece.push(unit);
            pieces.push(piece);
        }
    }
    if missing {
        let words = left_out(left, whole, about, dialect);
        let size = MEASURE.of(&words);
        let section = SlackRichTextElement::Section(SlackRichTextSection::new(vec![words.as_str().into()]));
        if let Some(piece) = pieces.last_mut() {
            piece.push(Unit::Rich { elements: vec![section], plain: words, size });
        }
    }
    let fits = pieces
        .last()
        .is_some_and(|piece| tail.iter().try_fold(piece.clone(), |piece, unit| piece.with(unit)).is_some());
    if !fits {
        pieces.push(Draft::default());
    }
    if let Some(piece) = pieces.last_mut() {
        tail.into_iter().for_each(|unit| piece.push(unit));
    }
    (pieces.into_iter().map(Draft::done).collect(), missing && dialect.files)
}

/// Blocks without a message's bound.
pub(super) fn blocks(units: Vec<Unit>) -> Vec<SlackBlock> {
    let mut draft = Draft::default();
    units.into_iter().for_each(|unit| draft.push(unit));
    draft.done().blocks
}

/// What is left out, and where it is.
fn left_out(left: usize, whole: usize, about: &About<'_>, dialect: Dialect) -> String {
    let place = match about.console {
        _ if dialect.files => "the whole text is the file in this thread".into(),
        Some(console) => format!("the whole text is at {console}"),
        None => "the whole text is in the run's history".into(),
    };
    format!("… {left} of {whole} characters are not shown here; {place}.")
}

/// The small print.
fn small(footer: &[Span], console: Option<&str>) -> Option<Unit> {
    const MAX_FOOTER: usize = 600;
    let (mut marked, mut plain) = (String::new(), String::new());
    for span in footer {
        match span {
            Span::Plain(text) | Span::Strong(text) | Span::Code(text) | Span::Untrusted(text) => {
                let text = signalbox_posting::clean::clean(text);
                marked.push_str(&text);
                plain.push_str(&text);
            }
            Span::Link { label, url } => {
                let words = signalbox_posting::clean::clean(label);
                let shown = match web(url, console) {
                    Some((url, _)) => format!("{words} ({url})"),
                    None => words,
                };
                marked.push_str(&shown);
                plain.push_str(&shown);
            }
        }
    }
    let marked = escape(&clip(&marked, MAX_FOOTER));
    if marked.is_empty() {
        return None;
    }
    let size = MEASURE.of(&marked);
    let text = SlackBlockMarkDownText::new(marked).with_verbatim(true);
    let block = SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(text)]);
    Some(Unit::Block { block: Box::new(block.into()), plain: clip(&plain, MAX_FOOTER), size })
}

impl Unit {
    fn size(&self) -> usize {
        let (Self::Rich { size, .. } | Self::Block { size, .. }) = self;
        *size
    }
}

/// A message as it grows.
#[derive(Clone, Default)]
struct Draft {
    blocks: Vec<SlackBlock>,
    /// Rich text that may still get neighbours.
    rich: Vec<SlackRichTextElement>,
    rich_size: usize,
    plain: String,
    size: usize,
}

impl Draft {
    fn fits(&self, unit: &Unit, reserved: usize, blocks: usize) -> bool {
        // Empty, it takes anything: no unit is larger than a message.
        let empty = self.size == 0 && self.blocks.is_empty() && reserved == 0;
        empty || (self.size + unit.size() + reserved <= MAX_MESSAGE && self.blocks.len() + 2 + blocks <= MAX_BLOCKS)
    }

    fn with(mut self, unit: &Unit) -> Option<Self> {
        self.fits(unit, 0, 0).then(|| {
            self.push(unit.clone());
            self
        })
    }

    fn push(&mut self, unit: Unit) {
        self.size += unit.size();
        let words = match unit {
            Unit::Rich { elements, plain, size } => {
                if self.rich_size + size > MAX_BLOCK {
                    self.close();
                }
                self.rich.extend(elements);
                self.rich_size += size;
                plain
            }
            Unit::Block { block, plain, .. } => {
                self.close();
                self.blocks.push(*block);
                plain
            }
        };
        if !self.plain.is_empty() && !words.is_empty() {
            self.plain.push('\n');
        }
        self.plain.push_str(&words);
    }

    fn close(&mut self) {
        self.rich_size = 0;
        if !self.rich.is_empty() {
            self.blocks.push(block(std::mem::take(&mut self.rich)));
        }
    }

    fn done(mut self) -> Piece {
        self.close();
        // Slack takes no message without words.
        let text = if self.plain.trim().is_empty() { "…".into() } else { escape(&self.plain) };
        Piece { text, blocks: self.blocks }
    }
}
