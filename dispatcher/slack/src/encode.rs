//! Posts as Slack's blocks: structure, never markup. No words are given to Slack in a field it reads markup from unless
//! they are escaped, so nobody is called, nothing is linked and nothing is loaded by what somebody else wrote.

mod button;
mod pack;
mod phases;
mod press;
mod text;

use signalbox_domain::id::RunId;
use signalbox_domain::post::{Line, Post, Span};
use signalbox_domain::talk::ThreadId;
use slack_morphism::blocks::SlackBlock;

pub(crate) use button::{SEARCH, words};
pub(crate) use press::Press;
pub(crate) use text::{flat, web};

/// The most characters of all blocks of a message. Slack refuses somewhere above 9,597.
pub(crate) const MAX_MESSAGE: usize = 9_000;
/// The most characters of one block.
pub(crate) const MAX_BLOCK: usize = 3_000;
/// The most blocks of a message.
pub(crate) const MAX_BLOCKS: usize = 50;
/// The most messages that one post may become; what is left is a file.
pub(crate) const MAX_PIECES: usize = 4;

/// What a post is about: what its buttons have to know when they come back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// The run that speaks.
    pub(crate) run: &'a RunId,
    /// The slot, by its key.
    pub(crate) slot: &'a str,
    /// The thread of the run, wherever this is posted.
    pub(crate) thread: &'a ThreadId,
    /// Where people reach the console, if they can.
    pub(crate) console: Option<&'a str>,
}

/// What a workspace takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Whether it knows plans with task cards.
    pub(crate) plans: bool,
    /// Whether files can be put into threads.
    pub(crate) files: bool,
}

/// A post, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Encoded {
    /// One message after the other. Never none.
    pub(crate) pieces: Vec<Piece>,
    /// What the buttons stand for that is too long for a button: to be noted under these keys before it is sent.
    pub(crate) kept: Vec<(String, String)>,
    /// The whole text, if the messages do not hold it: to be put into the thread as a file.
    pub(crate) file: Option<String>,
    /// Whether there is a plan in it.
    pub(crate) planned: bool,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// For notifications, searches and whoever shows no blocks. Escaped.
    pub(crate) text: String,
    /// What is seen.
    pub(crate) blocks: Vec<SlackBlock>,
}

/// A post in the words of Slack.
pub(crate) fn encode(post: &Post, about: &About<'_>, dialect: Dialect) -> Encoded {
    let mut units = Vec::new();
    let mut lines = post.lines.iter().peekable();
    let mut planned = false;
    while let Some(line) = lines.next() {
        match line {
            Line::Text { spans } => text::spans(spans, about.console, &mut units),
            Line::Quote { text } => text::quote(text, &mut units),
            Line::Phase { .. } => {
                let mut rows = vec![line];
                while let Some(row @ Line::Phase { .. }) = lines.peek().copied() {
                    rows.push(row);
                    lines.next();
                }
                // A message takes one plan.
                let plan = if dialect.plans && !planned { phases::plan(&rows) } else { None };
                planned |= plan.is_some();
                match plan {
                    Some(plan) => units.push(plan),
                    None => phases::lines(&rows, about.console, &mut units),
                }
            }
        }
    }
    let tail = button::tail(post, about);
    let (pieces, file) = pack::pack(units, tail.units, &post.footer, about, dialect);
    Encoded { pieces, kept: tail.kept, file: file.then(|| text::plain(post)), planned }
}

/// Lines as blocks of rich text: for pages, which have room for them.
pub(crate) fn lines(lines: &[Vec<Span>], console: Option<&str>) -> Vec<SlackBlock> {
    let mut units = Vec::new();
    for line in lines {
        text::spans(line, console, &mut units);
    }
    pack::blocks(units)
}

#[cfg(test)]
mod tests;
