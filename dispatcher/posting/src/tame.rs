//! Untrusted text, made harmless: it can be read, and does nothing else.

use std::ops::Range;

use crate::clean::{BREAK, clean};
use crate::link::{self, Place};
use crate::live::{self, Live};
use crate::markdown::{self, Kind, Layout, Link};
use crate::spot::{self, References};

/// The text as literal text that does nothing, whatever reads it: for a chat's own markup, names, labels and titles, and
/// wherever Markdown is not wanted. [`clean()`], and then everything that acts gets a [`BREAK`] behind its first
/// character: what is `live` on the chat, HTML, links, images, character references, fences, addresses that hide their
/// host behind a name, and words behind a `/` at the start of a line (`/merge`, `/usr`). Nothing is added that is seen. Doing it again
/// changes nothing.
pub fn flat(text: &str, live: &[Live]) -> String {
    flatten(&clean(text), live)
}

/// The text as Markdown that can be read, and does nothing else.
///
/// [`clean()`]; and then, outside of code:
/// - images are links (`image: [alt](…)`), so that nothing is loaded by being shown;
/// - links show their host behind their label, as [`crate::link::label`] does, and carry their address with them; links
///   that lead to no page of the web ([`crate::link::Place::Nowhere`]) are text;
/// - HTML is text; what is `live` on the chat is text; character references are text but for `&amp;`, `&lt;`, `&gt;`,
///   `&quot;` and `&nbsp;`, since the others could spell what is live; words behind a `/` at the start of a line
///   (`/merge`) are text.
///
/// In fenced code and between backticks, which chats show letter by letter, nothing of that is touched, so that it can
/// be copied; but for commands that are a line's first word (`/merge`, not `/usr/bin`), since programs look for them in
/// code as well.
///
/// A code block that is left open is closed, so that what follows is not in it. If in the end anything still acts when
/// the result is read as Markdown, or doing it again would change it, the result is [`flat`] instead. So doing it again
/// changes nothing.
pub fn tame(text: &str, live: &[Live]) -> String {
    // Why doing it again changes nothing. `shown` is clean and is its own `show`, or is not used. What is put in behind
    // it is BREAKs, which `clean` takes out again: the second time begins with `shown`, or else with `text`.
    let text = clean(text);
    let shown = show(&text);
    if clean(&shown) != shown || show(&shown) != shown {
        return flatten(&text, live);
    }
    let harmless = hush(&shown, live);
    if acts(&harmless, live) { flatten(&text, live) } else { harmless }
}

/// Whether anything in the text does something but be read, when it is read as Markdown on a chat where this is `live`.
/// Never true of what [`tame`] gives.
pub fn acts(text: &str, live: &[Live]) -> bool {
    let layout = markdown::read(text);
    let disguised = |link: &Link| match link::place(&link.to) {
        Place::Web { host, .. } => link.kind != Kind::Bare && !link::shows(&link.says, &host),
        Place::Here => false,
        Place::Nowhere => true,
    };
    layout.html
        || layout.links.iter().any(|link| link.image || disguised(link))
        || layout.texts.iter().any(|run| !live::find(run, live).is_empty())
        || spot::commands(text).next().is_some()
        || layout.fences.last().is_some_and(|fence| open(fence, text))
}

/// Everything is text.
fn flatten(text: &str, live: &[Live]) -> String {
    broken(text, |at| live.iter().any(|one| one.begins(text, at)) || spot::acts(text, at, References::None))
}

/// What is hidden is shown: hosts, images, addresses elsewhere, the end of a code block.
fn show(text: &str) -> String {
    let layout = markdown::read(text);
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for link in &layout.links {
        edits.extend(edit(link, text, &layout));
    }
    for at in spot::names_in_addresses(text) {
        let free = !layout.shielded(at) && !layout.links.iter().any(|link| link.range.contains(&at));
        edits.extend(free.then(|| (at..at + 1, "%40".into())));
    }
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for (range, with) in edits {
        // What is within something that was replaced as a whole went with it.
        if range.start >= done {
            out.push_str(&text[done..range.start]);
            out.push_str(&with);
            done = range.end;
        }
    }
    out.push_str(&text[done..]);
    if let Some(fence) = layout.fences.last().filter(|fence| open(fence, text)) {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(fence.run(text).unwrap_or("```"));
    }
    out
}

/// What is to be written in place of parts of a link.
fn edit(link: &Link, text: &str, layout: &Layout) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    if link.image && link.within {
        let alt = text.get(link.label.clone()).unwrap_or_default();
        return Vec::from([(link.range.clone(), format!("image: {alt}"))]);
    }
    if link.image {
        edits.push((link.range.start..link.range.start + 1, "image: ".into()));
    }
    if link.kind == Kind::Bare || !text[link.label.end..].starts_with(']') {
        return edits;
    }
    if let Place::Web { url, host } = link::place(&link.to) {
        // A label that only shows its host because of an image in it does not show it.
        let nested = layout.links.iter().any(|other| other.within && link.label.contains(&other.range.start));
        let says = if link::shows(&link.says, &host) && !nested { String::new() } else { format!(" ({host})") };
        match link.kind {
            Kind::Reference => edits.push((link.label.end..link.range.end, format!("{says}](<{url}>)"))),
            Kind::Inline if !says.is_empty() => edits.push((link.label.end..link.label.end, says)),
            Kind::Inline | Kind::Bare => {}
        }
    }
    edits
}

/// What acts is text, but for links to the web, and code.
fn hush(text: &str, live: &[Live]) -> String {
    let layout = markdown::read(text);
    let unfolds = live.iter().any(|one| one.opens == live::ADDRESSES.opens);
    let mut shields: Vec<Range<usize>> = layout.spans.clone();
    shields.extend(layout.fences.iter().map(|fence| fence.range.clone()));
    for link in layout.links.iter().filter(|link| !link.image) {
        match (link::place(&link.to), link.kind) {
            (Place::Nowhere, _) | (_, Kind::Reference) => {}
            (Place::Web { .. } | Place::Here, Kind::Inline) => shields.push(link.label.end..link.range.end),
            (Place::Web { .. } | Place::Here, Kind::Bare) => {
                let plain = !unfolds && !link.to.contains('|');
                shields.extend(plain.then(|| link.range.clone()));
            }
        }
    }
    shields.sort_by_key(|range| range.start);
    let mut next = 0;
    let acts = |at: usize| {
        while shields.get(next).is_some_and(|shield| shield.end <= at) {
            next += 1;
        }
        if shields.get(next).is_some_and(|shield| shield.contains(&at)) {
            return spot::command(text, at);
        }
        live.iter().any(|one| one.begins(text, at)) || spot::acts(text, at, References::Plain)
    };
    broken(text, acts)
}

/// The text with a [`BREAK`] behind every ASCII character at which it acts.
fn broken(text: &str, mut acts: impl FnMut(usize) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte.is_ascii() && acts(at) {
            out.push_str(&text[done..=at]);
            out.push(BREAK);
            done = at + 1;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// Whether the code block is the text's end and has none of its own.
fn open(fence: &markdown::Fence, text: &str) -> bool {
    !fence.inner && text[fence.range.end..].trim().is_empty() && !fence.closed(text)
}
