//! What is wrong with a file, where, and what to write instead.

use std::fmt;

/// The most characters of a line that a problem shows.
const MAX_EXCERPT: usize = 120;
/// The most characters of a message or of its help.
const MAX_MESSAGE: usize = 400;

/// Something wrong with a workflow, at its place in one of its files.
///
/// `Display` is for a terminal: the line and a caret under it. [`Problem::brief`] is one line, for a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the workflows folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line itself, or the part of it around the column.
    pub excerpt: String,
    /// The offending text, as it stands in the file. May be empty.
    pub offending: String,
    /// What is wrong and why.
    pub message: String,
    /// What to do.
    pub help: String,
    indent: usize,
}

impl Problem {
    /// All of it in one line, without the excerpt.
    pub fn brief(&self) -> String {
        let Self { file, line, column, message, help, .. } = self;
        if help.is_empty() {
            format!("{file}:{line}:{column}: {message}")
        } else {
            format!("{file}:{line}:{column}: {message} ({help})")
        }
    }

    /// The same problem, its file named from further out: `.signalbox/workflows`.
    #[must_use]
    pub fn under(mut self, folder: &str) -> Self {
        self.file = format!("{}/{}", folder.trim_end_matches('/'), self.file);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if !self.excerpt.is_empty() {
            let number = self.line.to_string();
            let margin = " ".repeat(number.len());
            let carets = "^".repeat(self.offending.chars().count().max(1));
            writeln!(f, " {margin} |")?;
            writeln!(f, " {number} | {}", self.excerpt)?;
            writeln!(f, " {margin} | {}{carets}", " ".repeat(self.indent))?;
        }
        if self.help.is_empty() { Ok(()) } else { write!(f, " = {}", self.help) }
    }
}

impl std::error::Error for Problem {}

/// A stretch of one line of a file. Lines and columns count from 1, columns and length in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) length: usize,
}

impl Place {
    /// The beginning of a file.
    pub(crate) const START: Self = Self { line: 1, column: 1, length: 1 };
}

/// A file's name and text, which places are places in.
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Source<'a> {
    /// The text's lines may end as on any system.
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
        Self { file, text, lines: lines.collect() }
    }

    /// The line of that number, from 1.
    pub(crate) fn line(&self, number: usize) -> &'a str {
        self.lines.get(number.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// A problem at that place.
    pub(crate) fn problem(&self, place: Place, message: impl Into<String>, help: impl Into<String>) -> Problem {
        let last = self.lines.len();
        // What is missing at the end of a file is missing at the end of its last line.
        let place = if place.line <= last {
            place
        } else {
            Place { line: last, column: self.line(last).chars().count() + 1, length: 1 }
        };
        let line = self.line(place.line);
        let before = place.column.saturating_sub(1);
        let from = before.saturating_sub(MAX_EXCERPT / 2);
        let excerpt: String = line.chars().skip(from).take(MAX_EXCERPT).map(printable).collect();
        let room = excerpt.chars().count().saturating_sub(before - from);
        Problem {
            file: self.file.to_owned(),
            line: place.line,
            column: place.column,
            offending: line.chars().skip(before).take(place.length.min(room)).map(printable).collect(),
            excerpt: excerpt.trim_end().to_owned(),
            message: shown(&message.into()),
            help: shown(&help.into()),
            indent: before - from,
        }
    }
}

/// A text of the file inside one of ours: in one line, and no longer than anybody reads.
fn shown(text: &str) -> String {
    let cut = text.chars().count() > MAX_MESSAGE;
    text.chars().take(MAX_MESSAGE).map(printable).chain(cut.then_some('\u{2026}')).collect()
}

/// The character, unless it would move or hide what stands around it.
fn printable(c: char) -> char {
    let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if c.is_control() || hides { ' ' } else { c }
}

/// Of `known`, what was probably meant by `written`.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&lower, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count().min(lower.chars().count()) / 4)
        .min()
        .map(|(_, name)| name)
}

/// ``did you mean `needs`?``, or the list of what there is.
pub(crate) fn suggest(written: &str, known: &[&str]) -> String {
    match (nearest(written, known.iter().copied()), known) {
        (Some(name), _) => format!("did you mean `{name}`?"),
        (None, []) => "there is none to name".into(),
        (None, [name]) => format!("write {name}"),
        (None, names) => format!("write one of {}", names.join(", ")),
    }
}
