//! Whether a text speaks of a repository by its bare name.

use crate::phrase::Words;

/// How a name is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mention {
    /// As a place: "the website repo", "in billing", "on the website".
    SpokenOf,
    /// Somewhere: it may be an everyday word.
    Occurs,
}

/// What makes of the word before it the name of a repository.
const NOUNS: [&str; 6] = ["repo", "repository", "project", "codebase", "app", "service"];
/// What stands before a place.
const BEFORE: [&str; 4] = ["in", "on", "for", "at"];
/// What takes a mention back.
const NOT: [&str; 4] = ["not", "except", "without", "unlike"];

/// How `name` (`owner/name`) is mentioned by its bare name, with the words as written. The clearest mention counts.
pub(crate) fn of(name: &str, words: &Words) -> Option<(Mention, String)> {
    let bare = Words::of(name.rsplit('/').next().unwrap_or_default());
    let mut found = None;
    for at in words.find(&bare) {
        let the = words.before(at.start, 1) == "the";
        let before = words.before(at.start, if the { 2 } else { 1 });
        if NOT.contains(&before) {
            continue;
        }
        let written = at.clone().map(|place| words.at(place)).collect::<Vec<_>>().join(" ");
        let noun = words.at(at.end);
        if NOUNS.contains(&noun) {
            return Some((Mention::SpokenOf, format!("{written} {noun}")));
        }
        if BEFORE.contains(&before) {
            let article = if the { " the" } else { "" };
            return Some((Mention::SpokenOf, format!("{before}{article} {written}")));
        }
        found = found.or(Some((Mention::Occurs, written)));
    }
    found
}
