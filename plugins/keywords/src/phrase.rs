//! Phrases in a text: whole words, in any case, within one clause.

use std::collections::BTreeMap;
use std::ops::Range;

/// Words too common to say anything about what two texts share. Shorter ones never do.
const COMMON: [&str; 14] = [
    "that", "this", "with", "from", "have", "should", "when", "where", "what", "they", "there", "please", "which",
    "into",
];
/// The fewest letters of a word that says something.
const TELLING: usize = 4;
/// What ends a clause.
const ENDS: [char; 20] =
    [',', '.', ';', ':', '!', '?', '(', ')', '[', ']', '…', '—', '–', '、', '。', '，', '！', '？', '：', '；'];

/// The words of a text, in order and in lower case; nothing (an empty one) where a clause ends. Addresses and
/// everything with a slash are left out, and so are the names of rooms and people (`#room`, `@name`) and of tickets
/// (`API-12`): what is in them is not spoken.
pub(crate) struct Words(Vec<String>);

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        let mut words = Self(Vec::new());
        for chunk in text.split_whitespace() {
            let spoken = !chunk.contains('/') && !chunk.starts_with(['#', '@']) && !ticket(chunk);
            if !spoken || !chunk.contains(char::is_alphanumeric) {
                words.pause();
                continue;
            }
            if chunk.starts_with(ENDS) {
                words.pause();
            }
            // A single letter and what follows it are one word: an e-mail is no mail.
            let one = |letter: &str| letter.chars().count() == 1 && letter.chars().all(char::is_alphabetic);
            let joined = chunk.split_once('-').filter(|(letter, _)| one(letter)).map(|(a, b)| format!("{a}{b}"));
            let chunk = joined.as_deref().unwrap_or(chunk);
            for part in chunk.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
                words.0.extend(scripts(part).map(str::to_lowercase));
            }
            if chunk.trim_end_matches(['"', '\'', '”', '*', '_']).ends_with(ENDS) {
                words.pause();
            }
        }
        words
    }

    fn pause(&mut self) {
        if self.0.last().is_some_and(|last| !last.is_empty()) {
            self.0.push(String::new());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(String::is_empty)
    }

    /// How many there are, with the ends of clauses.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Where a phrase stands, each place it does.
    pub(crate) fn find<'a>(&'a self, phrase: &'a Words) -> impl Iterator<Item = Range<usize>> + 'a {
        let size = phrase.0.len();
        let windows = self.0.windows(size.max(1)).enumerate();
        let same = move |window: &[String]| size > 0 && window == &phrase.0[..];
        windows.filter(move |(_, window)| same(window)).map(move |(at, _)| at..at + size)
    }

    /// The word that many places before a position.
    pub(crate) fn before(&self, at: usize, places: usize) -> &str {
        at.checked_sub(places).and_then(|at| self.0.get(at)).map_or("", String::as_str)
    }

    /// The word at a position.
    pub(crate) fn at(&self, at: usize) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }

    /// The telling words of this text that the other has too, each once.
    pub(crate) fn shared(&self, other: &Words) -> Vec<String> {
        let mut shared: Vec<String> = Vec::new();
        for word in &self.0 {
            let telling = word.chars().count() >= TELLING && !COMMON.contains(&word.as_str());
            if telling && other.0.contains(word) && !shared.contains(word) {
                shared.push(word.clone());
            }
        }
        shared
    }
}

/// A word cut where the script changes: "billingの" is a name and a particle, though no space is between them.
fn scripts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|c: char| c.is_ascii() != first.is_ascii() && (ideographic(c) || ideographic(first)));
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(part)
    })
}

/// Whether it is the name of a ticket in somebody's tracker: capitals, a hyphen, a number.
fn ticket(chunk: &str) -> bool {
    let bare = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    bare.split_once('-').is_some_and(|(project, number)| {
        let digits = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        project.len() > 1 && project.bytes().all(|it| it.is_ascii_uppercase()) && digits
    })
}

fn ideographic(c: char) -> bool {
    c >= '\u{2e80}'
}

/// The phrases that `counts` says are meant where they stand, without those that only occur within a longer one.
pub(crate) fn all<'a>(
    phrases: &'a BTreeMap<String, String>,
    words: &Words,
    counts: impl Fn(&Range<usize>) -> bool,
) -> Vec<(&'a str, &'a str)> {
    let mut found: Vec<(Range<usize>, &str, &str)> = Vec::new();
    for (phrase, meaning) in phrases {
        found.extend(words.find(&Words::of(phrase)).map(|at| (at, phrase.as_str(), meaning.as_str())));
    }
    found.retain(|(at, _, _)| counts(at));
    let within = |it: &Range<usize>| {
        found.iter().any(|(other, _, _)| other.len() > it.len() && other.start <= it.start && it.end <= other.end)
    };
    let mut kept: Vec<(&str, &str)> = Vec::new();
    for (at, phrase, meaning) in &found {
        if !within(at) && !kept.contains(&(phrase, meaning)) {
            kept.push((phrase, meaning));
        }
    }
    kept
}

/// The phrase of the most words that occurs; of several, the first by the alphabet.
pub(crate) fn longest<'a>(phrases: &'a BTreeMap<String, String>, words: &Words) -> Option<(&'a str, &'a str)> {
    let mut found = all(phrases, words, |_| true);
    found.sort_by_key(|(phrase, _)| std::cmp::Reverse(Words::of(phrase).0.len()));
    found.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str) -> Vec<String> {
        let phrases = phrases.iter().map(|it| ((*it).to_string(), String::new())).collect();
        all(&phrases, &Words::of(text), |_| true).into_iter().map(|(phrase, _)| phrase.to_string()).collect()
    }

    #[test]
    fn a_phrase_is_whole_words_in_any_case() {
        assert_eq!(found(&["pricing page"], "The Pricing-Page's title"), ["pricing page"]);
        assert_eq!(found(&["pricing page"], "repricing pages"), [""; 0]);
        assert_eq!(found(&["docs"], "see example.com/docs and and/or"), [""; 0]);
        assert_eq!(found(&["docs"], "#docs and @docs are not spoken of"), [""; 0]);
        assert_eq!(found(&["pricing page"], "the pricing, page two"), [""; 0], "a clause ends between them");
        assert_eq!(found(&["pricing page"], "the pricing pageを直す"), ["pricing page"]);
        assert_eq!(found(&["mail", "email"], "an e-mail"), ["email"]);
    }

    #[test]
    fn a_longer_phrase_hides_a_shorter_one_within_it() {
        assert_eq!(found(&["page", "pricing page"], "the pricing page"), ["pricing page"]);
        assert_eq!(found(&["page", "pricing page"], "the pricing page and another page"), ["page", "pricing page"]);
    }
}
