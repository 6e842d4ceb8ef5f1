//! Names that are written with one slip of the fingers: a letter too few, one too many, or two in the wrong order.
//!
//! Another letter in place of one is no slip that can be told from another word (`bulling`, `filling`), nor is anything
//! added at the end (`billings`, `searched`), so those are not taken for the name.

use std::ops::Range;

use crate::phrase::Words;

/// The fewest letters of a word in which a slip can be told from another word.
const TELLING: usize = 6;

/// Where a phrase stands with a slip in one of its longer words, each place it does.
pub(crate) fn find(phrase: &Words, words: &Words) -> impl Iterator<Item = Range<usize>> {
    let size = phrase.len();
    let last = if size == 0 { 0 } else { (words.len() + 1).saturating_sub(size) };
    (0..last).map(move |at| at..at + size).filter(move |at| {
        let mut slips = 0;
        at.clone().enumerate().all(|(place, it)| {
            let (wanted, written) = (phrase.at(place), words.at(it));
            if wanted == written {
                return true;
            }
            slips += 1;
            slipped(wanted, written)
        }) && slips == 1
    })
}

fn slipped(wanted: &str, written: &str) -> bool {
    let (wanted, written): (Vec<char>, Vec<char>) = (wanted.chars().collect(), written.chars().collect());
    if wanted.len() < TELLING || wanted.first() != written.first() {
        return false;
    }
    let alike = wanted.iter().zip(&written).take_while(|(a, b)| a == b).count();
    let (wanted, written) = (&wanted[alike..], &written[alike..]);
    match (wanted, written) {
        ([], _) => false,
        ([_, rest @ ..], _) if rest == written => true,
        (_, [_, rest @ ..]) if rest == wanted => true,
        ([a, b, rest @ ..], [c, d, more @ ..]) => a == d && b == c && rest == more,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_word() {
        for written in ["biling", "billling", "bililng", "billng", "billig"] {
            assert!(slipped("billing", written), "{written}");
        }
        for written in ["bulling", "filling", "billings", "bill", "billed", "belling", "sibling"] {
            assert!(!slipped("billing", written), "{written}");
        }
        assert!(!slipped("mail", "mial"), "too short to tell");
    }

    #[test]
    fn one_word_of_a_phrase_may_have_slipped() {
        let phrase = Words::of("design-system");
        assert_eq!(find(&phrase, &Words::of("the desing system is off")).next(), Some(1..3));
        assert_eq!(find(&phrase, &Words::of("the desing sytem is off")).count(), 0);
        assert_eq!(find(&phrase, &Words::of("x")).count(), 0);
    }
}
