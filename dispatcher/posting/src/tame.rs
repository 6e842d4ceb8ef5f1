//! Untrusted text, made harmless: it can be read, and does nothing else.

use crate::clean::clean;
use crate::live::{Live, hush};

/// The text as literal text that does nothing, whatever reads it: for a chat's own markup, names, labels and titles, and
/// wherever Markdown is not wanted. [`clean()`], and then everything that acts gets a [`BREAK`](crate::clean::BREAK)
/// behind its first character: what is `live` on the chat, HTML, links, images, character references, and commands at
/// the start of a line (`/merge`). Nothing is added that is seen. Doing it again changes nothing.
pub fn flat(text: &str, live: &[Live]) -> String {
    hush(&clean(text), live)
}

/// The text as Markdown that can be read, and does nothing else.
///
/// [`clean()`]; and then, outside of code:
/// - images are links (`image: [alt](…)`), so that nothing is loaded by being shown;
/// - links show their host behind their label, as [`crate::link::label`] does; links that lead to no page of the web
///   ([`crate::link::Place::Nowhere`]) are text;
/// - HTML is text; what is `live` on the chat is text; character references are text but for `&amp;`, `&lt;`, `&gt;`,
///   `&quot;` and `&nbsp;`, since the others could spell what is live.
///
/// In code, which chats show letter by letter, nothing of that is touched, so that it can be copied. Everywhere, code
/// included, commands at the start of a line (`/merge`) are text, since programs read them there.
///
/// A code block that is left open is closed, so that what follows is not in it. If in the end anything still acts when
/// the result is read as Markdown, or doing it again would change it, the result is [`flat`] instead. So doing it again
/// changes nothing.
pub fn tame(text: &str, live: &[Live]) -> String {
    crate::markdown::tame(text, live)
}
