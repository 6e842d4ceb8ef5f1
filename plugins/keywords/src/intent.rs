//! Whether a request is a question or asks for a change, by how its sentences begin.
//!
//! One sentence that asks for a change makes the request one: "Why is it $9? Please make it $12."

use signalbox_plugin::text;

mod lists;

use lists::{
    ASK, ASK_ANYWHERE, DO, FIGURE, HAVE, IN_GENERAL, POLITE, PRONOUNS, SOMEBODY, TELL, TELL_ANYWHERE, TROUBLE, WOULD,
    WOULD_LAST, WOULD_SOMEBODY, WOULD_YOU,
};

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To know something.
    Question,
    /// Something to be different.
    Change,
}

/// What ends a sentence, where a space follows: `cart.total` is one word.
const ENDS: [char; 8] = ['.', '?', '!', ';', '。', '？', '！', '\n'];

/// The most words of a guess at the cause that follows what is wrong.
const GUESS: usize = 3;
/// What makes a question of a statement: "it is broken, right?"
const TAGS: [&str; 6] = ["right", "correct", "true", "or", "yes", "no"];

/// What a request wants, and the word that says so.
pub(crate) fn of(written: &str) -> (Intent, Option<String>) {
    let mut question = None;
    for sentence in sentences(&text::said(&named(written))) {
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

/// Whether a question is about things in general, and not about those of the team.
pub(crate) fn in_general(written: &str) -> bool {
    let said = text::said(written).to_lowercase();
    IN_GENERAL.into_iter().any(|it| said.contains(it))
}

/// The text with a word in place of code: in "`a.b` is wrong" something is wrong, it is not asked whether; and what goes on
/// in a small letter after a block goes on with the sentence before it.
fn named(written: &str) -> String {
    let mut kept = String::with_capacity(written.len());
    let parts: Vec<&str> = written.split("```").collect();
    let closed = parts.len() % 2 == 1;
    for (number, part) in parts.into_iter().enumerate() {
        if number % 2 == 1 {
            if closed {
                kept.push_str("code ");
            } else {
                kept.push_str("```");
                kept.push_str(part);
            }
            continue;
        }
        let trimmed = part.trim_start();
        let goes_on = number > 0 && trimmed.starts_with(char::is_lowercase);
        let part = if goes_on { trimmed } else { part };
        if part.matches('`').count() % 2 == 1 {
            kept.push_str(part);
        } else {
            kept.extend(part.split('`').enumerate().map(|(place, it)| if place % 2 == 1 { "code" } else { it }));
        }
    }
    kept
}

fn sentences(said: &str) -> impl Iterator<Item = &str> {
    let mut rest = said;
    std::iter::from_fn(move || {
        let end = rest.char_indices().find_map(|(at, c)| {
            let after = at + c.len_utf8();
            let over = rest[after..].chars().next().is_none_or(|next| next.is_whitespace() || !next.is_ascii());
            (ENDS.contains(&c) && (over || c == '\n' || !c.is_ascii())).then_some(after)
        });
        let (sentence, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// What a sentence says it wants by how it begins; `None` for a statement.
fn begins(sentence: &str) -> Option<(Intent, String)> {
    let asks = sentence.trim_end().ends_with(['?', '？']);
    let words = words(sentence);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let is = |list: &[&str], at: usize| list.contains(&word(at));
    let (first, second) = (word(0), word(1));
    let question = |word: &str| Some((Intent::Question, word.to_string()));
    let change = |word: &str| Some((Intent::Change, word.to_string()));

    let last = words.last().map_or("", String::as_str);
    let can = |at: usize| is(&WOULD_SOMEBODY, at) || is(&WOULD_YOU, at) || is(&WOULD, at);
    let somebody = (is(&WOULD_SOMEBODY, 0) && is(&SOMEBODY, 1)) || (is(&SOMEBODY, 0) && can(1));
    let us = ["we", "i"].contains(&second);
    let would = is(&WOULD, 0) && (us || is(&SOMEBODY, 1) || ["you", "u", "ya"].contains(&second));
    if would || somebody || is(&WOULD_YOU, 0) || WOULD_LAST.contains(&last) {
        let verb = match (would, word(2)) {
            (false, _) => second,
            (true, "please" | "mind") => word(3),
            // "Have a look" looks.
            (true, "have" | "take") if word(3) == "a" && TELL.contains(&word(4)) => word(4),
            (true, verb) => verb,
        };
        let verb = stem(verb);
        // "Can we have …?" is a wish, "can I delete it?" is not an order; somebody else is asked to do it.
        let wished = HAVE.contains(&verb) || (second == "we" && verb == "do");
        let other = would && us && !DO.contains(&verb) && !wished;
        let told = TELL.contains(&verb) || verb == "see" || words.iter().any(|it| TELL_ANYWHERE.contains(&it.as_str()));
        let own = second == "i" && !HAVE.contains(&verb);
        return if told || other || own { question(verb) } else { change(verb) };
    }
    // "Could the app remember it?" wishes, "could the app be it?" asks.
    if first == "could" && ["the", "our", "this"].contains(&second) && !words.iter().any(|it| it == "be") {
        return change(first);
    }
    // "Would be nice to have it" wishes, "who can do it?" looks for somebody to do it.
    if is(&WOULD, 0) && second == "be" && !asks {
        return None;
    }
    if first == "who" && is(&WOULD, 1) && (is(&DO, 2) || is(&["do", "take", "help"], 2)) {
        return change(word(2));
    }
    // "If so, stop that": what counts is what follows.
    let clauses = || sentence.split([',', ':']).skip(1).map(self::words);
    let ordered = |clause: &Vec<String>| clause.first().is_some_and(|it| DO.contains(&it.as_str()) || it == "do");
    if !asks && let Some(clause) = clauses().find(ordered) {
        return change(clause.first().map_or("", String::as_str));
    }
    // "Why don't we …", "how about …": a suggestion, not a question.
    let suggests = (first == "why" && second == "don") || (first == "how" && second == "about");
    // "Do it", but "do people see it?"
    let done = first == "do" && !asks && !PRONOUNS.contains(&second);
    if is(&DO, 0) || suggests || done {
        return change(first);
    }
    // "Look into it, the total is wrong": what is wrong is to be mended, whatever is looked at first; and a guess at its
    // cause ("…, the cache again?") does not make a question of it.
    let troubled = |clause: &Vec<String>| clause.iter().any(|it| TROUBLE.contains(&it.as_str()));
    let asked = |clause: &Vec<String>| clause.first().is_some_and(|it| ASK.contains(&it.as_str()));
    let all: Vec<Vec<String>> = sentence.split(',').map(self::words).collect();
    if let [looked, faults @ ..] = all.as_slice()
        && first == "look"
        && !looked.iter().any(|it| ASK.contains(&it.as_str()))
        && !asks
        && faults.iter().any(|it| troubled(it) && !asked(it))
    {
        return None;
    }
    if let [stated @ .., guess] = all.as_slice()
        && asks
        && (1..=GUESS).contains(&guess.len())
        && !asked(guess)
        && !TAGS.contains(&guess.first().map_or("", String::as_str))
        && stated.iter().any(|it| troubled(it) && !asked(it))
    {
        return None;
    }
    let figure = is(&FIGURE, 0)
        && ["out", "into", "if", "whether", "why", "how", "what", "which", "who", "where"].contains(&second);
    let wonder = first == "i" && (second == "wonder" || (second == "don" && word(3) == "understand"));
    let denied = first == "don" && PRONOUNS.contains(&word(2));
    let idea = ["any", "no"].contains(&first) && second == "idea";
    if is(&TELL, 0) || is(&ASK, 0) || figure || wonder || idea || denied {
        return question(first);
    }
    if let Some(meant) = ["why", "how", "what", "where", "when", "which"].into_iter().find(|it| slipped(it, first)) {
        return question(meant);
    }
    if let Some(found) = ASK_ANYWHERE.into_iter().find(|it| sentence.contains(it)) {
        return question(found);
    }
    (asks && !words.is_empty()).then(|| (Intent::Question, "?".to_string()))
}

/// The words of a sentence from the first that says something, in lower case and without what follows an apostrophe.
fn words(sentence: &str) -> Vec<String> {
    let inverted = |c: char| c == '¿' || c == '¡';
    text::words(sentence)
        .flat_map(|word| word.trim_start_matches(inverted).split('-'))
        .flat_map(|word| {
            let mut parts = word.split(['\'', '’']).map(str::to_lowercase);
            let head = parts.next();
            // "don't understand" is three words here.
            head.into_iter().chain(parts.next().filter(|it| it == "t"))
        })
        .filter(|word| !word.is_empty())
        .skip_while(|word| POLITE.contains(&word.as_str()))
        .collect()
}

/// "mind fixing" asks to fix.
fn stem(verb: &str) -> &str {
    let bare = verb.strip_suffix("ing").unwrap_or(verb);
    DO.into_iter().chain(TELL).find(|it| *it == bare || it.strip_suffix('e') == Some(bare)).unwrap_or(verb)
}

/// Whether a word is another with its letters in the wrong order, or with one missing from a long one.
fn slipped(meant: &str, written: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let missing =
        || meant.len() > 4 && (0..meant.len()).any(|at| format!("{}{}", &meant[..at], &meant[at + 1..]) == written);
    meant != written && (sorted(meant) == sorted(written) || missing())
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
            ("can I delete a plan?", Intent::Question),
            ("can someone see why it is slow?", Intent::Question),
            ("I don't understand how it works", Intent::Question),
            ("waht is it", Intent::Question),
            ("wher is it", Intent::Question),
            ("wieso ist das so", Intent::Question),
            ("könntest du erklären, wie das geht", Intent::Question),
            ("なぜ遅いのですか", Intent::Question),
            ("the pricing page says $9, it should say $12", Intent::Change),
            ("could you fix the login?", Intent::Change),
            ("would you mind fixing the login?", Intent::Change),
            ("can we have a dark mode?", Intent::Change),
            ("can I get a dark mode?", Intent::Change),
            ("Why is it $9? Please make it $12.", Intent::Change),
            ("does it log that? If so, stop it", Intent::Change),
            ("is it wrong? I think so, please do it", Intent::Change),
            ("why don't we remove it", Intent::Change),
            ("`a.b` is wrong", Intent::Change),
            ("a.b is wrong. What is c.d", Intent::Question),
            ("do #41 as well", Intent::Change),
            ("would be nice to have it", Intent::Change),
            ("It is at the top. Who can do that?", Intent::Change),
            ("also the FAQ", Intent::Change),
            ("kannst du das reparieren?", Intent::Change),
            ("could somebody give it a bigger button?", Intent::Change),
            ("can you have a look at why it is slow", Intent::Question),
            ("can u chnage teh title", Intent::Change),
            ("kann jemand das umstellen?", Intent::Change),
            ("kan du lägga till en knapp?", Intent::Change),
            ("düğme çalışmıyor, düzeltir misin?", Intent::Change),
            ("nasıl çalıştığını açıklar mısın?", Intent::Question),
            ("can we do the first two this week?", Intent::Change),
            ("can I do that myself?", Intent::Question),
            ("the numbers are off by a day, timezone again?", Intent::Change),
            ("it is broken, right?", Intent::Question),
            ("look into limits.rs, the window is never reset", Intent::Change),
            ("look into why it fails, it is never the same", Intent::Question),
            ("```\nx 0\n```\nis what I see", Intent::Change),
            ("a customer asks whether it takes three days", Intent::Question),
            ("remind me what the limit is", Intent::Question),
            ("could the app remember the last tab?", Intent::Change),
            ("could the app be the cause?", Intent::Question),
            ("quelqu'un peut corriger le logo ?", Intent::Change),
            ("peut-on changer le logo ?", Intent::Change),
            ("kunnen we de resultaten cachen?", Intent::Change),
            ("¿puedes arreglarlo?", Intent::Change),
        ] {
            assert_eq!(of(text).0, intent, "{text}");
        }
    }
}
