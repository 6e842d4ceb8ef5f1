//! Markdown in pieces that fit, with nothing cut in half and nothing cut silently.

use std::ops::Range;

use crate::unit::Unit;

/// What a text must fit into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What is counted.
    pub unit: Unit,
    /// The most in one piece. Under [`MIN_SIZE`] there is room for nothing, not even for the notice.
    pub size: usize,
    /// The most pieces.
    pub pieces: usize,
}

/// The least size of a piece that anything is put into.
pub const MIN_SIZE: usize = 100;

/// A text in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The pieces, in order: at most as many and as long as the budget says. None is empty; a text of nothing but white
    /// space has none.
    pub pieces: Vec<String>,
    /// What is not in them. The last piece ends with a notice that says so, if there is a piece.
    pub left: Option<Left>,
    /// Links too long for any piece, where they were in the text, in bytes. In their place the pieces say so.
    pub skipped: Vec<Range<usize>>,
}

/// What was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it begins in the text that was split, in bytes. Everything from there on was left out.
    pub from: usize,
    /// How much that is, in the budget's unit.
    pub size: usize,
    /// How many lines of text that is, in whole or in part.
    pub lines: usize,
    /// The budget's unit.
    pub unit: Unit,
}

impl Left {
    /// The notice, as an italic line: `… 12,345 more characters (210 lines) are not shown here`.
    pub fn words(&self) -> String {
        let (size, unit) = (thousands(self.size), self.unit.words(self.size));
        let are = if self.size == 1 { "is" } else { "are" };
        match self.lines {
            0 | 1 => format!("_… {size} more {unit} {are} not shown here_"),
            lines => format!("_… {size} more {unit} ({} lines) {are} not shown here_", thousands(lines)),
        }
    }
}

/// Splits a text of Markdown. See [`split_saying`]; the notice is [`Left::words`].
pub fn split(text: &str, budget: &Budget) -> Split {
    split_saying(text, budget, &Left::words)
}

/// Splits a text of Markdown into at most as many pieces as the budget says, none longer than it says.
///
/// - The cuts are, best first: between blocks, between lines, behind a word, within a word. Never within a code point, a
///   grapheme (an emoji of several code points), a link, an entity (`&lt;`) or a code span.
/// - A fenced code block that is cut is closed, and opened again with its info string in the next piece. One that the
///   text leaves open is closed.
/// - A text that fits is left as it is. In one that is cut, backticks that begin no code are written `\``, and what
///   begins a line by being cut is kept from meaning something there by a [`BREAK`](crate::clean::BREAK).
/// - A link too long for any piece is left out, and the piece says so in its place.
/// - Whatever is not in the pieces is in [`Split::left`], and the last piece ends with `notice` of it, on a line of its
///   own. A notice too long for a fourth of a piece is replaced by [`Left::words`].
pub fn split_saying(text: &str, budget: &Budget, notice: &dyn Fn(&Left) -> String) -> Split {
    crate::cut::pieces(text, budget, notice)
}

/// A number for people: `12,345`.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
