//! Where a text is cut: part by part, piece by piece.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::clean::BREAK;
use crate::fence::{APART, Code, almost_fences, codes, stray_ticks};
use crate::markdown::{self, Layout};
use crate::split::{Budget, Left, MIN_SIZE, Split};
use crate::spot;

/// What is kept free of a piece for what a link that fills it must bring along, in any unit.
const MARGIN: usize = 32;

/// What a text consists of, in order, without gaps.
#[derive(Debug)]
enum Part {
    Text(Range<usize>),
    Code(Code),
    /// A link too long for a piece.
    Skipped(Range<usize>),
}

/// A place in the text: a part, and a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    part: usize,
    byte: usize,
}

struct Cutter<'a> {
    text: &'a str,
    budget: &'a Budget,
    layout: Layout,
    /// What is not cut, in order, none within another.
    atoms: Vec<Range<usize>>,
    parts: Vec<Part>,
}

/// A piece as it grows.
struct Piece<'a> {
    text: String,
    used: usize,
    room: usize,
    budget: &'a Budget,
}

pub(crate) fn pieces(text: &str, budget: &Budget, notice: &dyn Fn(&Left) -> String) -> Split {
    let layout = markdown::read(text);
    let fits = budget.pieces > 0 && budget.size >= MIN_SIZE && budget.unit.of(text) <= budget.size;
    if fits && layout.fences.iter().all(|fence| fence.closed(text)) {
        let whole = Some(text.trim_end().to_owned()).filter(|text| !text.is_empty());
        return Split { pieces: whole.into_iter().collect(), left: None, skipped: Vec::new() };
    }
    // What a cut, or what it moves, would make a fence or the end of code; see `almost_fences` and `stray_ticks`.
    let mut inserts: Vec<(usize, &str)> = almost_fences(text, &layout).into_iter().map(|at| (at, APART)).collect();
    inserts.extend(stray_ticks(text, &layout).into_iter().map(|at| (at, "\\")));
    inserts.sort_unstable();
    let mut kept = String::with_capacity(text.len() + inserts.len() * APART.len());
    let mut done = 0;
    for (at, what) in &inserts {
        kept.push_str(&text[done..*at]);
        kept.push_str(what);
        done = *at;
    }
    kept.push_str(&text[done..]);
    // Where a byte of what is cut is in the text.
    let before = |at: usize| {
        let mut more = 0;
        for (insert, what) in &inserts {
            if insert + more >= at {
                break;
            }
            more += what.len().min(at - insert - more);
        }
        at - more
    };
    let told = |left: &Left| Left { from: before(left.from), ..*left };
    let split = cut(&kept, budget, &|left| notice(&told(left)));
    let skipped = split.skipped.into_iter().map(|range| before(range.start)..before(range.end)).collect();
    Split { left: split.left.as_ref().map(told), skipped, ..split }
}

fn cut(text: &str, budget: &Budget, notice: &dyn Fn(&Left) -> String) -> Split {
    let mut split = Split { pieces: Vec::new(), left: None, skipped: Vec::new() };
    if budget.size < MIN_SIZE {
        split.left = left(text, 0, budget);
        return split;
    }
    let cutter = Cutter::new(text, budget);
    let mut at = At { part: 0, byte: 0 };
    while split.pieces.len() < budget.pieces {
        let Some(rest) = left(text, at.byte, budget) else { break };
        let (mut piece, mut next) = cutter.piece(at, budget.size);
        let last = split.pieces.len() + 1 == budget.pieces || next <= at;
        if last && left(text, next.byte, budget).is_some() {
            let words = |left: &Left| Some(notice(left)).filter(|it| budget.unit.of(it) <= budget.size / 2);
            let most = [words(&rest), Some(rest.words())].into_iter().flatten().map(|it| budget.unit.of(&it)).max();
            let most = most.unwrap_or_default();
            (piece, next) = cutter.piece(at, budget.size.saturating_sub(most + 2));
            let after = left(text, next.byte, budget).unwrap_or(rest);
            let said = words(&after).filter(|it| budget.unit.of(it) <= most).unwrap_or_else(|| after.words());
            piece = if piece.trim().is_empty() { said } else { format!("{}\n\n{said}", piece.trim_end()) };
        }
        split.skipped.extend(cutter.skipped(at, next));
        at = next;
        split.pieces.extend(Some(piece.trim_end().to_owned()).filter(|piece| !piece.trim().is_empty()));
        if last {
            break;
        }
    }
    split.left = left(text, at.byte, budget);
    split
}

/// What is left from `from` on, if it is more than white space.
fn left(text: &str, from: usize, budget: &Budget) -> Option<Left> {
    let rest = &text[from..];
    let lines = rest.trim().lines().count();
    (lines > 0).then(|| Left { from, size: budget.unit.of(rest), lines, unit: budget.unit })
}

impl<'a> Cutter<'a> {
    fn new(text: &'a str, budget: &'a Budget) -> Self {
        let layout = markdown::read(text);
        let long = |range: &Range<usize>| budget.unit.of(&text[range.clone()]) > budget.size - MARGIN;
        let codes = codes(text, &layout, budget);
        let links = layout.links.iter().map(|link| link.range.clone());
        let mut atoms: Vec<Range<usize>> = links.chain(layout.spans.iter().cloned()).collect();
        let ands = text.match_indices('&');
        atoms.extend(ands.filter_map(|(at, _)| Some(at..at + spot::reference(text, at)?.len() + 2)));
        // The outermost counts.
        atoms.sort_by_key(|atom| (atom.start, std::cmp::Reverse(atom.end)));
        let mut end = 0;
        atoms.retain(|atom| {
            let outermost = atom.start >= end;
            end = end.max(atom.end);
            outermost
        });
        let skipped = atoms.iter().filter(|atom| long(atom) && !layout.spans.contains(atom)).cloned();
        let mut found: Vec<(Range<usize>, Part)> = skipped.map(|atom| (atom.clone(), Part::Skipped(atom))).collect();
        found.extend(codes.into_iter().map(|code| (code.range.clone(), Part::Code(code))));
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut parts = Vec::new();
        let mut done = 0;
        for (range, part) in found {
            if range.start < done {
                continue;
            }
            parts.extend((range.start > done).then_some(Part::Text(done..range.start)));
            parts.push(part);
            done = range.end;
        }
        parts.extend((done < text.len()).then_some(Part::Text(done..text.len())));
        Self { text, budget, layout, atoms, parts }
    }

    /// The links that were skipped between two places.
    fn skipped(&self, from: At, to: At) -> Vec<Range<usize>> {
        let parts = self.parts.get(from.part..to.part).unwrap_or_default();
        let skipped = parts.iter().filter_map(|part| match part {
            Part::Skipped(range) => Some(range.clone()),
            Part::Text(_) | Part::Code(_) => None,
        });
        skipped.collect()
    }

    /// As much as goes into `room`, and where the next piece begins.
    fn piece(&self, from: At, room: usize) -> (String, At) {
        let mut piece = Piece { text: String::new(), used: 0, room, budget: self.budget };
        let mut at = from;
        let indent = self.indent(from.byte);
        while let Some(part) = self.parts.get(at.part) {
            let next = match part {
                Part::Text(range) => self.put(&mut piece, at.byte.max(range.start)..range.end, from, &indent),
                Part::Code(code) => {
                    let torn =
                        self.layout.items.iter().any(|item| {
                            item.start < from.byte && from.byte < item.end && item.contains(&code.range.start)
                        });
                    piece.code(self.text, code, at.byte, torn)
                }
                Part::Skipped(range) => {
                    let size = self.budget.unit.of(&self.text[range.clone()]);
                    let words = format!("(a link of {size} {} is left out here)", self.budget.unit.words(size));
                    if piece.push(&words) { range.end } else { range.start }
                }
            };
            let end = part.range().end;
            at = if next >= end { At { part: at.part + 1, byte: end } } else { At { byte: next, ..at } };
            if next < end {
                break;
            }
        }
        (piece.text, at)
    }

    /// Puts as much of the text as fits, and says up to where.
    fn put(&self, piece: &mut Piece<'_>, range: Range<usize>, from: At, indent: &(usize, usize)) -> usize {
        let mut start = range.start;
        let first = piece.text.is_empty() && from.byte > 0;
        if first || (piece.text.ends_with('\n') && !self.text[..start].ends_with('\n')) {
            // What a piece begins with was the middle of something: it begins no list, heading, command …
            let skipped = self.text[range.clone()].len() - self.text[range.clone()].trim_start().len();
            start += skipped;
            let begins_line = self.text[..start].trim_end_matches([' ', '\t']).ends_with('\n');
            let quoted = if begins_line { "" } else { quoted(self.text, start) };
            if !quoted.is_empty() {
                piece.push(quoted);
            }
            // A line may begin so and mean nothing by it, by standing far to the right in a paragraph.
            let line = self.text[..start].rfind('\n').map_or(0, |end| end + 1);
            let meant = begins_line && self.layout.starts.iter().any(|at| (line..=start).contains(at));
            if !meant && !self.text[..start].trim_end().is_empty() && structural(&self.text[start..range.end]) {
                piece.push(&BREAK.to_string());
            }
        }
        let end = start + self.budget.unit.end(&self.text[start..range.end], piece.left());
        let end = if end < range.end { self.best(start, end, piece, range.end) } else { end };
        let (until, width) = *indent;
        piece.push(&dedented(&self.text[start..end], self.text[..start].ends_with('\n'), start < until, width));
        // Nothing but white space was taken: it is worth no cut.
        if end == start && end < range.end { range.start } else { end }
    }

    /// The best place to cut behind `start` and not behind `end`, which is not the text's.
    fn best(&self, start: usize, end: usize, piece: &Piece<'_>, whole: usize) -> usize {
        let blank = piece.text.trim_matches(|c: char| c.is_whitespace() || c == BREAK || c == '>').is_empty();
        let half = piece.room / 2;
        let mut best: [Option<usize>; 7] = [None; 7];
        let mut late: [Option<usize>; 7] = [None; 7];
        let mut atoms = self.atoms.iter().skip_while(|atom| atom.end <= start).peekable();
        let mut used = piece.used;
        let mut at = start;
        // Looks at one grapheme more, since the cut may be right before it.
        for grapheme in self.text[start..whole].graphemes(true) {
            if at > end {
                break;
            }
            while atoms.peek().is_some_and(|atom| atom.end <= at) {
                atoms.next();
            }
            let within = atoms.peek().is_some_and(|atom| atom.start < at && at < atom.end);
            if (at > start || !blank)
                && !within
                && let Some(rank) = self.rank(start, at)
            {
                best[rank] = Some(at);
                if used >= half {
                    late[rank] = Some(at);
                }
            }
            used += self.budget.unit.of(grapheme);
            at += grapheme.len();
        }
        let whole_words = late[..5].iter().flatten().next().or_else(|| best[..5].iter().flatten().max());
        let any =
            whole_words.or_else(|| late[5..].iter().flatten().next()).or_else(|| best[5..].iter().flatten().next());
        match any {
            Some(at) => *at,
            // Nothing can be cut here: a new piece, or the end of the pieces, or else a grapheme longer than a piece.
            None if !blank || self.atoms.iter().any(|atom| atom.start == start) => start,
            None => end,
        }
    }

    /// How good a cut is before this byte, 0 the best; none, if nothing may be cut here.
    fn rank(&self, start: usize, at: usize) -> Option<usize> {
        let (before, after) = (&self.text[..at], &self.text[at..]);
        let last = before.chars().next_back().unwrap_or('\n');
        let first = after.chars().next().unwrap_or('\n');
        // `\[` would become `[`, what a break keeps harmless would be without it, and the end of an address would be the
        // name of a person.
        if last == '\\' || last == BREAK || (last.is_ascii_alphanumeric() && first == '@') {
            return None;
        }
        let table = self.layout.tables.iter().any(|table| table.start < at && at < table.end);
        if last == '\n' {
            let block = at > start && (before.ends_with("\n\n") || self.layout.blocks.binary_search(&at).is_ok());
            return Some(if table { 2 } else { usize::from(!block) });
        }
        let plain = !structural(after);
        match (last.is_whitespace() && !first.is_whitespace(), plain) {
            (true, true) => Some(3),
            (true, false) => Some(4),
            (false, true) => Some(5),
            (false, false) => Some(6),
        }
    }

    /// Up to where, and by how much, lines are moved left in a piece that begins within a list item.
    fn indent(&self, from: usize) -> (usize, usize) {
        let outer = self.layout.items.iter().find(|item| item.start < from && from < item.end);
        let Some(item) = outer else { return (0, 0) };
        let line = self.text[..item.start].rfind('\n').map_or(0, |end| end + 1);
        let line = self.text[line..item.end].lines().next().unwrap_or_default();
        let marked = line.trim_start_matches(' ').trim_start_matches(|c: char| c.is_ascii_digit());
        let words = marked.trim_start_matches(['-', '+', '*', '.', ')']);
        let spaces = words.len() - words.trim_start_matches(' ').len();
        // What is five spaces away from its marker is code one space away from it.
        (item.end, line.len() - words.len() + if spaces > 4 { 1 } else { spaces })
    }
}

impl Part {
    fn range(&self) -> &Range<usize> {
        match self {
            Self::Text(range) | Self::Skipped(range) => range,
            Self::Code(code) => &code.range,
        }
    }
}

impl Piece<'_> {
    fn left(&self) -> usize {
        self.room.saturating_sub(self.used)
    }

    /// Puts it in, if there is room.
    fn push(&mut self, text: &str) -> bool {
        let size = self.budget.unit.of(text);
        let fits = size <= self.left();
        if fits {
            self.text.push_str(text);
            self.used += size;
        }
        fits
    }

    /// Puts as much of the code as fits, from `from` on, and says up to where. `torn`: the list item it is in began in
    /// an earlier piece, so that it cannot be written as it was.
    fn code(&mut self, text: &str, code: &Code, from: usize, torn: bool) -> usize {
        let whole = from <= code.range.start;
        let begins_line = self.text.trim().is_empty() || self.text.ends_with('\n');
        let as_it_was = whole && code.closed && !torn && !code.indented && !(code.inline && begins_line);
        if as_it_was && self.push(&text[code.range.clone()]) {
            return code.range.end;
        }
        let unit = self.budget.unit;
        let blank = self.text.trim().is_empty();
        let break_before = if blank || self.text.ends_with('\n') { "" } else { "\n" };
        let (open, close) = (format!("{break_before}{}{}\n", code.run, code.info), format!("{}\n", code.run));
        let frame = unit.of(&open) + unit.of(&close) + 1;
        let content = code.content(text, from);
        let size: usize = content.iter().map(|(_, before, line)| unit.of(before) + unit.of(line)).sum();
        if size + frame > self.left() && !blank && self.used > self.room / 2 {
            return from;
        }
        let mut left = self.left().saturating_sub(frame);
        let mut body = String::new();
        let mut until = None;
        for (at, before, line) in &content {
            let size = unit.of(before) + unit.of(line);
            if size <= left {
                body.push_str(before);
                body.push_str(line);
                left -= size;
                continue;
            }
            let mut end = 0;
            if body.is_empty() && blank {
                // One line longer than a piece.
                let before = if line.trim_start().starts_with('/') { APART } else { before };
                body.push_str(before);
                left = left.saturating_sub(unit.of(before));
                for grapheme in line.graphemes(true) {
                    left = match left.checked_sub(unit.of(grapheme)) {
                        Some(left) => left,
                        None => break,
                    };
                    end += grapheme.len();
                }
                body.push_str(&line[..end]);
            }
            until = Some(at + end);
            break;
        }
        if body.is_empty() && until.is_some() {
            return from;
        }
        if !body.is_empty() && !body.ends_with('\n') {
            body.push('\n');
        }
        self.push(&format!("{open}{body}{close}"));
        until.unwrap_or(code.range.end)
    }
}

/// What a line is quoted by, to be said again if it is continued in another piece.
fn quoted(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
    let end = line.len() - line.trim_start_matches(['>', ' ']).len();
    let quoted = line[..end].trim_start();
    if quoted.contains('>') && quoted.len() <= 12 { quoted } else { "" }
}

/// Whether it would begin something else than a paragraph, if a line began with it.
fn structural(text: &str) -> bool {
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let listed = number.len() < text.len() && number.starts_with(['.', ')']);
    listed
        || text.starts_with([
            '#', '>', '-', '+', '*', '=', '|', '~', '`', '<', '!', '&', '/', '@', ':', '[', '\\', '_', '\t',
        ])
}

/// The text with its lines moved left by at most `width` spaces.
fn dedented(text: &str, begins_line: bool, wanted: bool, width: usize) -> String {
    if !wanted || width == 0 {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let spaces = (line.len() - line.trim_start_matches(' ').len()).min(width);
        out.push_str(if n > 0 || begins_line { &line[spaces..] } else { line });
    }
    out
}
