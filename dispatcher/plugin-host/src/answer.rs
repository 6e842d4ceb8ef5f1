//! How much a router may say: an answer is kept with the decision and read by people.

use crate::bindings::routing::{Candidate, Claim, Outcome, Place, Question};
use crate::bindings::types::Attr;
use crate::limits::{ANSWERS, WORDS};

/// Whether an answer is short enough; an error says what of it is not.
pub(crate) fn check(outcome: &Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Pass(reason) => text("reason", reason),
        Outcome::Claim(Claim { workflow, place, branch, inputs, score: _, reason, rule, matched }) => {
            list("inputs", inputs)?;
            list("matched words", matched)?;
            text("workflow", workflow.as_deref().unwrap_or_default())?;
            text("branch", branch.as_deref().unwrap_or_default())?;
            text("place", named(place))?;
            text("reason", reason)?;
            text("rule", rule)?;
            matched.iter().try_for_each(|word| text("matched word", word))?;
            inputs.iter().try_for_each(|Attr { key, value }| text("input", key).and_then(|()| text("input", value)))
        }
        Outcome::Ask(Question { text: question, candidates, score: _ }) => {
            list("candidates", candidates)?;
            text("question", question)?;
            candidates.iter().try_for_each(|Candidate { workflow, place, reason }| {
                text("workflow", workflow.as_deref().unwrap_or_default())?;
                text("place", named(place))?;
                text("reason", reason)
            })
        }
    }
}

fn named(place: &Place) -> &str {
    match place {
        Place::Repository(name) => name,
        Place::Nowhere | Place::Open => "",
    }
}

fn list<T>(what: &str, list: &[T]) -> Result<(), String> {
    match list.len() > ANSWERS {
        true => Err(format!("it gave {} {what}; {ANSWERS} is the most", list.len())),
        false => Ok(()),
    }
}

fn text(what: &str, text: &str) -> Result<(), String> {
    match text.len() > WORDS {
        true => Err(format!("its {what} has {} bytes; {WORDS} is the most", text.len())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(matched: usize, reason: usize) -> Outcome {
        Outcome::Claim(Claim {
            workflow: None,
            place: Place::Open,
            branch: None,
            inputs: Vec::new(),
            score: 1,
            reason: "x".repeat(reason),
            rule: String::new(),
            matched: vec![String::new(); matched],
        })
    }

    #[test]
    fn an_answer_is_as_long_as_its_limits_and_no_longer() {
        assert_eq!(check(&claim(ANSWERS, WORDS)), Ok(()));
        assert_eq!(check(&claim(ANSWERS + 1, 0)).unwrap_err(), "it gave 33 matched words; 32 is the most");
        assert_eq!(check(&claim(0, WORDS + 1)).unwrap_err(), "its reason has 4097 bytes; 4096 is the most");
        assert_eq!(check(&Outcome::Pass("x".repeat(WORDS))), Ok(()));
        assert!(check(&Outcome::Pass("x".repeat(WORDS + 1))).is_err());
    }
}
