//! How many tokens a text has, as the models count them: about, for each counts in its own way.
//!
//! The words a tokeniser knows are part of this program. Reading them takes some fifty milliseconds and is put off until
//! something has to be counted: what is smaller in bytes than its budget in tokens never has to be.

use std::sync::OnceLock;

use tiktoken_rs::CoreBPE;

/// The most bytes counted at once: a tokeniser's work grows with the square of a word, and words of strangers are long.
const CHUNK: usize = 4 * 1024;

static WORDS: OnceLock<Option<CoreBPE>> = OnceLock::new();

/// How many tokens a text has. The same text has the same number everywhere.
pub(crate) fn count(text: &str) -> u64 {
    let words = WORDS.get_or_init(|| tiktoken_rs::cl100k_base().ok());
    let mut rest = text;
    let mut count = 0;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.floor_char_boundary(CHUNK));
        // No token is shorter than a byte.
        count += words.as_ref().map_or(chunk.len(), |words| words.encode_ordinary(chunk).len());
        rest = after;
    }
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_as_models_count_them() {
        assert_eq!(count(""), 0);
        assert_eq!(count("The price should say $12."), 7);
        let long = "a".repeat(1 << 16);
        assert!(count(&long) < 12_000 && count(&long) == count(&long));
    }
}
