//! The work that everybody here does: which repository does a request speak of? Counts the words of the request, adds
//! up what each repository's name and description find among them, and takes the best.

use std::collections::BTreeMap;

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// The place of the best repository.
    pub best: usize,
    /// 300, and 10 for every point, at most 900.
    pub score: u16,
    /// The words that were found, sorted.
    pub matched: Vec<String>,
}

/// Finds the best of the repositories, given by name and description. ASCII only: so are the events here.
pub fn find<'a>(text: &str, repositories: impl Iterator<Item = (&'a str, &'a str)>) -> Found {
    let text = text.to_ascii_lowercase();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for word in words(&text) {
        *counts.entry(word).or_default() += 1;
    }
    let mut found = Found { best: 0, score: 0, matched: Vec::new() };
    let mut most = 0;
    for (place, (name, description)) in repositories.enumerate() {
        let (name, description) = (name.to_ascii_lowercase(), description.to_ascii_lowercase());
        let mut points = 0;
        let mut matched = Vec::new();
        for (from, weight) in [(&name, 10), (&description, 1)] {
            for word in words(from) {
                if let Some(count) = counts.get(word) {
                    points += weight * count;
                    matched.push(word.to_string());
                }
            }
        }
        if points > most {
            most = points;
            matched.sort();
            matched.dedup();
            found = Found { best: place, score: (300 + 10 * points).min(900) as u16, matched };
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 2)
}
