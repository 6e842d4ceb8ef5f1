//! Whether a request is a question or asks for a change, by how its sentences begin.
//!
//! One sentence that asks for a change makes the request one: "Why is it $9? Please make it $12."

use signalbox_plugin::text;

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To know something.
    Question,
    /// Something to be different.
    Change,
}

/// What a sentence may begin with before it says anything.
const POLITE: [&str; 12] = ["hi", "hey", "hello", "please", "ok", "so", "and", "but", "also", "then", "thanks", "now"];
/// What asks somebody to do something: "can you …".
const WOULD_YOU: [&str; 5] = ["can", "could", "would", "will", "might"];
/// What asks to be told.
const TELL: [&str; 12] = [
    "explain",
    "tell",
    "describe",
    "summarise",
    "summarize",
    "show",
    "list",
    "compare",
    "clarify",
    "find",
    "look",
    "check",
];
/// What a question begins with.
const ASK: [&str; 27] = [
    "why", "how", "what", "whats", "where", "when", "who", "whose", "which", "is", "are", "isn", "aren", "do", "does",
    "did", "doesn", "was", "were", "has", "have", "should", "shouldn", "can", "could", "would", "will",
];
/// What a request for a change begins with.
const DO: [&str; 44] = [
    "add",
    "adjust",
    "allow",
    "build",
    "bump",
    "change",
    "clean",
    "convert",
    "correct",
    "create",
    "decrease",
    "delete",
    "disable",
    "document",
    "drop",
    "enable",
    "extend",
    "fix",
    "hide",
    "implement",
    "improve",
    "increase",
    "make",
    "migrate",
    "move",
    "port",
    "put",
    "raise",
    "refactor",
    "remove",
    "rename",
    "replace",
    "revert",
    "rewrite",
    "set",
    "simplify",
    "support",
    "swap",
    "test",
    "translate",
    "turn",
    "update",
    "upgrade",
    "use",
];

/// What a request wants, and the word that says so.
pub(crate) fn of(said: &str) -> (Intent, Option<String>) {
    let mut question = None;
    for sentence in said.split_inclusive(['.', '?', '!', '\n', ';']) {
        match begins(sentence) {
            Some((Intent::Change, word)) => return (Intent::Change, Some(word)),
            Some((Intent::Question, word)) => question = question.or(Some(word)),
            None => {}
        }
    }
    match question {
        Some(word) => (Intent::Question, Some(word)),
        // "The title is wrong" is said to have it changed.
        None => (Intent::Change, None),
    }
}

/// What a sentence says it wants by how it begins; `None` for a statement.
fn begins(sentence: &str) -> Option<(Intent, String)> {
    let asks = sentence.trim_end().ends_with('?');
    let words: Vec<String> = text::words(sentence)
        .flat_map(|word| word.split(['\'', '’']).next().map(str::to_lowercase))
        .skip_while(|word| POLITE.contains(&word.as_str()))
        .collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let first = word(0);
    if WOULD_YOU.contains(&first) && word(1) == "you" {
        let verb = if word(2) == "please" { word(3) } else { word(2) };
        let intent = if TELL.contains(&verb) { Intent::Question } else { Intent::Change };
        return Some((intent, verb.to_string()));
    }
    // "Why don't we …", "how about …": a suggestion, not a question.
    let suggests = (first == "why" && word(1) == "don") || (first == "how" && word(1) == "about");
    if DO.contains(&first) || suggests {
        return Some((Intent::Change, first.to_string()));
    }
    if TELL.contains(&first) || ASK.contains(&first) {
        return Some((Intent::Question, first.to_string()));
    }
    (asks && !words.is_empty()).then(|| (Intent::Question, "?".to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_changes() {
        for (text, intent) in [
            ("why is the price $9?", Intent::Question),
            ("Hi! What does the FAQ say about refunds", Intent::Question),
            ("could you please explain the login", Intent::Question),
            ("the price is $9, right?", Intent::Question),
            ("where's the FAQ", Intent::Question),
            ("the pricing page says $9, it should say $12", Intent::Change),
            ("could you fix the login?", Intent::Change),
            ("Why is it $9? Please make it $12.", Intent::Change),
            ("why don't we remove it", Intent::Change),
            ("also the FAQ", Intent::Change),
        ] {
            assert_eq!(of(text).0, intent, "{text}");
        }
    }
}
