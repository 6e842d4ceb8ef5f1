//! Markdown as chats read it: what is code, what is a link, what is neither.

use crate::clean::clean;
use crate::live::{Live, hush};
use crate::split::{Budget, Left, Split};

pub(crate) fn tame(text: &str, live: &[Live]) -> String {
    hush(&clean(text), live)
}

pub(crate) fn pieces(text: &str, budget: &Budget, _notice: &dyn Fn(&Left) -> String) -> Split {
    let end = budget.unit.end(text, budget.size);
    let pieces = (!text.trim().is_empty()).then(|| text[..end].to_owned());
    Split { pieces: pieces.into_iter().collect(), left: None }
}
