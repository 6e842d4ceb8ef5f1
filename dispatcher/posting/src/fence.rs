//! Code that may have to be written in several pieces: closed, and opened again.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::markdown::{Fence, Kind, Layout};
use crate::split::Budget;
use crate::spot;

/// The longest run of backticks or tildes code is fenced with when it is written anew.
const MAX_RUN: usize = 20;
/// The longest info string that is said again, in any unit.
const MAX_INFO: usize = 24;
/// What keeps bits of code apart: [`crate::clean::BREAK`].
pub(crate) const APART: &str = "\u{200B}";

/// A fenced code block; or code between backticks too long to be left whole.
#[derive(Debug)]
pub(crate) struct Code {
    /// All of it, whole lines where it can be.
    pub(crate) range: Range<usize>,
    /// Its lines, without what they are indented or quoted by.
    lines: Vec<Range<usize>>,
    /// What it is fenced with when it is written anew.
    pub(crate) run: String,
    /// Its info string, if it is short.
    pub(crate) info: String,
    /// Whether it can be written as it is.
    pub(crate) closed: bool,
    /// Whether it is code only by being indented: what is put before it may make it none.
    pub(crate) indented: bool,
    /// Whether it stands between so many backticks that it would be a fence, if a line began with it.
    pub(crate) inline: bool,
    /// Whether it holds longer runs of both than a fence should have: its lines are bits, kept apart.
    apart: bool,
}

/// The code of a text that may have to be cut.
pub(crate) fn codes(text: &str, layout: &Layout, budget: &Budget) -> Vec<Code> {
    let fences = layout.fences.iter().chain(&layout.indented).map(|fence| Code::of(fence, text));
    // What is in a link stays in it.
    let long = |span: &&Range<usize>| {
        budget.unit.of(&text[(*span).clone()]) > budget.size / 2
            && !layout.links.iter().any(|link| link.range.contains(&span.start))
    };
    let spans = layout.spans.iter().filter(long).map(|span| Code::spanning(span, text));
    fences.chain(spans).collect()
}

impl Code {
    fn of(fence: &Fence, text: &str) -> Self {
        let line = text[..fence.range.start].rfind('\n').map_or(0, |end| end + 1);
        let first = text[line..fence.range.start].chars().all(|c| matches!(c, ' ' | '>' | '\t'));
        let start = if first { line } else { fence.range.start };
        let end = fence.range.end + usize::from(text[fence.range.end..].starts_with('\n'));
        let mut lines: Vec<Range<usize>> = Vec::new();
        for line in &fence.lines {
            match lines.last_mut() {
                Some(last) if last.end == line.start && !text[last.clone()].ends_with('\n') => last.end = line.end,
                Some(_) | None => lines.push(line.clone()),
            }
        }
        lines = lines.into_iter().flat_map(|range| single(text, range)).collect();
        // As it is written, not as it is read: `&#64;` stays what it is.
        let run = fence.run(text).filter(|_| fence.fenced).unwrap_or_default();
        let words = fence.range.start + text[fence.range.clone()].find(run).unwrap_or_default() + run.len();
        let end_of_line = text[words..].find('\n').map_or(text.len(), |end| words + end + 1);
        let mut info = if fence.fenced { text[words..end_of_line].trim() } else { "" };
        if info.len() > MAX_INFO || info.contains(['`', '~']) {
            // Too long to be said again and again: it is the first line instead.
            lines.insert(0, words..end_of_line);
            info = "";
        }
        let closed = !fence.fenced || fence.closed(text);
        let code = Self::fenced(text, start..end, lines, info.into(), closed);
        Self { indented: !fence.fenced, ..code }
    }

    fn spanning(span: &Range<usize>, text: &str) -> Self {
        let ticks = text[span.clone()].len() - text[span.clone()].trim_start_matches('`').len();
        let inner = span.start + ticks..span.end - ticks;
        let code = Self::fenced(text, span.clone(), Vec::from([inner]), String::new(), true);
        Self { inline: ticks > 2, ..code }
    }

    fn fenced(text: &str, range: Range<usize>, lines: Vec<Range<usize>>, info: String, closed: bool) -> Self {
        let (fence, most) = run(text, &lines);
        let apart = most >= MAX_RUN;
        let run = fence.repeat((most + 1).clamp(3, MAX_RUN));
        let lines = if apart { lines.into_iter().flat_map(|line| bits(text, line)).collect() } else { lines };
        Self { range, lines, run, info, closed, apart, indented: false, inline: false }
    }

    /// Its lines from a byte on, each with where it is and what is put before it. None of them closes a fence of ours,
    /// whichever way it is cut.
    pub(crate) fn content<'a>(&self, text: &'a str, from: usize) -> Vec<(usize, &'static str, &'a str)> {
        let lines = self.lines.iter().filter(|line| line.end > from);
        let lines = lines.map(|line| {
            let start = line.start.max(from);
            // What was within a line does not begin one: it is no command.
            let torn = start > line.start && text[start..].starts_with('/');
            let torn = torn || spot::commands(&text[start..line.end]).next().is_some();
            (start, if self.apart || torn { APART } else { "" }, &text[start..line.end])
        });
        lines.collect()
    }
}

/// Where lines begin with what would be a fence if they stood a little differently, and is none: by being indented, or
/// by a backtick further on.
pub(crate) fn almost_fences(text: &str, layout: &Layout) -> Vec<usize> {
    let marks = |c: char| matches!(c, ' ' | '\t' | '>' | '-' | '*' | '+' | '.' | ')') || c.is_ascii_digit();
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start + line.len() - line.trim_start_matches(marks).len();
        if text[at..].starts_with("```") || text[at..].starts_with("~~~") {
            let code = layout.fences.iter().chain(&layout.indented).any(|fence| fence.range.contains(&at));
            found.extend((!code).then_some(at));
        }
        start += line.len();
    }
    found
}

/// Backticks that begin and end nothing, and are not written as such: in a piece they might.
pub(crate) fn stray_ticks(text: &str, layout: &Layout) -> Vec<usize> {
    let fences = layout.fences.iter().chain(&layout.indented).map(|fence| &fence.range);
    let mut code: Vec<&Range<usize>> = layout.spans.iter().chain(fences).collect();
    code.extend(layout.links.iter().filter(|link| link.kind == Kind::Bare).map(|link| &link.range));
    code.sort_by_key(|range| range.start);
    let mut code = code.into_iter().peekable();
    let mut found = Vec::new();
    for (at, _) in text.match_indices('`') {
        while code.next_if(|range| range.end <= at).is_some() {}
        let within = code.peek().is_some_and(|range| range.contains(&at));
        let slashes = text[..at].len() - text[..at].trim_end_matches('\\').len();
        found.extend((!within && slashes.is_multiple_of(2)).then_some(at));
    }
    found
}

/// What to fence these lines with, and the longest run of it in them.
fn run(text: &str, lines: &[Range<usize>]) -> (&'static str, usize) {
    let longest = |fence: char| {
        let mut most = 0;
        let mut count = 0;
        for c in lines.iter().flat_map(|line| text[line.clone()].chars()) {
            count = if c == fence { count + 1 } else { 0 };
            most = most.max(count);
        }
        most
    };
    let (ticks, tildes) = (longest('`'), longest('~'));
    if ticks <= tildes { ("`", ticks) } else { ("~", tildes) }
}

/// Several lines, each by itself.
fn single(text: &str, lines: Range<usize>) -> Vec<Range<usize>> {
    let mut start = lines.start;
    let each = text[lines].split_inclusive('\n').map(|line| {
        let range = start..start + line.len();
        start = range.end;
        range
    });
    each.collect()
}

/// A line in bits that are shorter than any fence.
fn bits(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = text[line.clone()].grapheme_indices(true).map(|(at, _)| line.start + at).collect();
    starts.push(line.end);
    starts.dedup();
    let starts: Vec<usize> = starts.iter().copied().step_by(MAX_RUN / 2).chain([line.end]).collect();
    starts.windows(2).filter(|ends| ends[0] < ends[1]).map(|ends| ends[0]..ends[1]).collect()
}
