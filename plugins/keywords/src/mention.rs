//! Whether a text speaks of something as the place it is about, in passing, or only to say that it is not.

use std::ops::Range;

use crate::near;
use crate::phrase::Words;

/// How a name is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mention {
    /// As a place: "the website repo", "in billing", "on the website".
    SpokenOf,
    /// Somewhere: it may be an everyday word.
    Occurs,
    /// Only to say that it is not meant.
    TakenBack,
}

/// A name as it is mentioned.
pub(crate) struct Mentioned {
    pub(crate) how: Mention,
    /// As written.
    pub(crate) written: String,
    /// Whether it is spelled otherwise, and only one letter off.
    pub(crate) misspelled: bool,
    at: Range<usize>,
}

/// What makes of the word before it the name of a repository.
const NOUNS: [&str; 6] = ["repo", "repository", "project", "codebase", "app", "service"];
/// What stands before a place.
const BEFORE: [&str; 16] =
    ["in", "on", "for", "at", "into", "mean", "meant", "auf", "im", "bei", "dans", "sur", "au", "nel", "sul", "op"];
/// What stands between that and the name.
const ARTICLES: [&str; 16] =
    ["the", "teh", "our", "a", "der", "die", "das", "dem", "den", "le", "la", "el", "il", "de", "het", "new"];
/// What is done to something with "to" or "from" before the place it is done in: "add a button to the website".
const GIVEN: [&str; 15] = [
    "add", "put", "move", "copy", "port", "bring", "apply", "restore", "migrate", "back", "remove", "delete", "drop",
    "take", "hide",
];
/// What leads to a place that something else is about: "a link to the docs".
const LEADS: [&str; 7] = ["link", "links", "linking", "point", "points", "redirect", "redirects"];
/// What takes a mention back.
const NOT: [&str; 9] = ["not", "except", "without", "unlike", "never", "nothing", "leave", "avoid", "neither"];
/// What takes a mention back unless something is to be used in its place: then both are in play.
const OTHER: [&str; 2] = ["instead", "rather"];
/// Who does what follows: after them a name is a verb ("can you mail them").
const DOERS: [&str; 5] = ["you", "u", "we", "i", "they"];
/// To whom something is done: before them a name is a verb ("mail me the result").
const DONE_TO: [&str; 6] = ["me", "him", "her", "us", "them", "it"];
/// Names that look for something where "for" follows them.
const SEEKING: [&str; 4] = ["search", "look", "watch", "scan"];
/// Names that do something to what follows them: "search our wiki".
const VERBS: [&str; 8] = ["search", "scan", "watch", "mail", "test", "design", "document", "report"];
/// What that begins with.
const WHAT: [&str; 9] = ["our", "the", "all", "every", "my", "your", "their", "this", "these"];
/// What stands before a thing that is no repository of the team's: "my search history", "good docs".
const ONES_OWN: [&str; 5] = ["my", "your", "his", "her", "good"];
/// What may follow a name that stands for itself: after "an api" these show that any is meant, and not a part of ours.
const AFTER: [&str; 12] = ["", "is", "are", "that", "which", "who", "for", "in", "with", "and", "or", "like"];
/// What "but" takes something out of.
const ALL: [&str; 5] = ["anything", "everything", "anywhere", "everywhere", "all"];
/// What may stand between what takes a mention back and the name.
const FILL: [&str; 19] = [
    "about", "of", "with", "than", "to", "do", "touch", "touching", "change", "changing", "mind", "just", "break",
    "breaking", "any", "both", "from", "talking", "speaking",
];

/// How `name` (`owner/name`) is mentioned by its bare name. The clearest mention counts.
pub(crate) fn of(name: &str, words: &Words) -> Option<Mentioned> {
    let bare = Words::of(name.rsplit('/').next().unwrap_or_default());
    let exact = clearest(words.find(&bare).filter(|at| !everyday(at, words)), words, false);
    exact.or_else(|| clearest(near::find(&bare, words), words, true))
}

/// Takes "in the website, docs and api" for what it is: each of them is spoken of.
pub(crate) fn enumerate<T>(mentioned: &mut [(T, Mentioned)], words: &Words) {
    loop {
        let spoken = mentioned.iter().filter(|(_, it)| it.how == Mention::SpokenOf).map(|(_, it)| it.at.end);
        let ends: Vec<usize> = spoken.collect();
        let next = mentioned.iter_mut().find(|(_, it)| {
            let mut back = 1;
            while ARTICLES.contains(&words.before(it.at.start, back)) {
                back += 1;
            }
            let joins = |word: &str| word == "and" || word == "or";
            let end = words.at(it.at.end);
            let listed = words.before(it.at.start, back).is_empty() && (joins(end) || end.is_empty());
            let joined = joins(words.before(it.at.start, back)) || listed;
            it.how == Mention::Occurs && joined && ends.iter().any(|end| end + back == it.at.start)
        });
        match next {
            Some((_, it)) => it.how = Mention::SpokenOf,
            None => return,
        }
    }
}

/// Whether the name is an everyday word where it stands: a verb ("mail me", "can you search", "search for it"), one's own
/// ("my mail"), or any of its kind ("what is an api?").
fn everyday(at: &Range<usize>, words: &Words) -> bool {
    let (before, after) = (words.before(at.start, 1), words.at(at.end));
    if at.len() > 1 || NOUNS.contains(&after) {
        return false;
    }
    let begins = ["", "please", "pls", "to", "and"].contains(&before);
    DOERS.contains(&before)
        || (begins && DONE_TO.contains(&after))
        || (begins && after == "for" && SEEKING.contains(&words.at(at.start)))
        || (begins && WHAT.contains(&after) && VERBS.contains(&words.at(at.start)))
        || ONES_OWN.contains(&before)
        || (["a", "an"].contains(&before) && AFTER.contains(&after) && !BEFORE.contains(&words.before(at.start, 2)))
}

fn clearest(places: impl Iterator<Item = Range<usize>>, words: &Words, misspelled: bool) -> Option<Mentioned> {
    let mut best: Option<Mentioned> = None;
    for at in places {
        let (how, written) = mentioned(&at, words);
        let better = match (&best, how) {
            (None, _) => true,
            (Some(best), Mention::SpokenOf) => best.how != Mention::SpokenOf,
            (Some(best), Mention::Occurs) => best.how == Mention::TakenBack,
            (Some(_), Mention::TakenBack) => false,
        };
        if better {
            best = Some(Mentioned { how, written, misspelled, at });
        }
    }
    best
}

fn mentioned(at: &Range<usize>, words: &Words) -> (Mention, String) {
    let written = at.clone().map(|place| words.at(place)).collect::<Vec<_>>().join(" ");
    if taken_back(at, words) {
        return (Mention::TakenBack, written);
    }
    let noun = words.at(at.end);
    if NOUNS.contains(&noun) {
        return (Mention::SpokenOf, format!("{written} {noun}"));
    }
    let mut places = 1;
    while ARTICLES.contains(&words.before(at.start, places)) {
        places += 1;
    }
    let before = words.before(at.start, places);
    let place = match before {
        "of" => places > 1 && !OTHER.contains(&words.before(at.start, places + 1)),
        "to" | "from" => given(at, places, words),
        _ => BEFORE.contains(&before),
    };
    if place {
        let said: Vec<&str> = (at.start - places..at.end).map(|place| words.at(place)).collect();
        return (Mention::SpokenOf, said.join(" "));
    }
    (Mention::Occurs, written)
}

/// Whether something is given to the place: "add it to the website", not "a link to the website".
fn given(at: &Range<usize>, places: usize, words: &Words) -> bool {
    !LEADS.contains(&words.before(at.start, places + 1))
        && (1..=at.start)
            .map(|back| words.before(at.start, back))
            .take_while(|it| !it.is_empty())
            .any(|it| GIVEN.contains(&it))
}

/// Whether what stands there is only mentioned to say that it is not meant: "not in billing", "rather than the website",
/// "don't touch the docs", "leave search alone"; but not "isn't billing slow?", and not "not shown on the website".
pub(crate) fn taken_back(at: &Range<usize>, words: &Words) -> bool {
    let mut back = 1;
    while ARTICLES.contains(&words.before(at.start, back))
        || FILL.contains(&words.before(at.start, back))
        || BEFORE.contains(&words.before(at.start, back))
    {
        back += 1;
    }
    let word = words.before(at.start, back);
    if word == "t" {
        // "don't", "isn't": as a clause's first word the latter asks, and so does "don't we".
        let first = words.before(at.start, back + 2).is_empty();
        return words.before(at.start, back + 1) == "don" || !first;
    }
    let using = || (back..=at.start).any(|it| ["use", "using"].contains(&words.before(at.start, it)));
    let all_but = word == "but" && ALL.contains(&words.before(at.start, back + 1));
    all_but || NOT.contains(&word) || (OTHER.contains(&word) && !using())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(text: &str) -> Option<Mention> {
        of("acme/billing", &Words::of(text)).map(|it| it.how)
    }

    #[test]
    fn what_is_listed_is_spoken_of_like_the_first() {
        for (text, spoken) in [
            ("in website, docs and the api", 3),
            ("in website and docs", 2),
            ("in the docs, api is another matter", 1),
            ("in the docs: website", 2),
            ("website and docs", 0),
        ] {
            let words = Words::of(text);
            let mut mentioned: Vec<_> =
                ["a/website", "a/docs", "a/api"].into_iter().filter_map(|it| Some((it, of(it, &words)?))).collect();
            enumerate(&mut mentioned, &words);
            assert_eq!(mentioned.iter().filter(|it| it.1.how == Mention::SpokenOf).count(), spoken, "{text}");
        }
    }

    #[test]
    fn a_place_is_told_from_a_word_and_from_what_is_not_meant() {
        for (text, mention) in [
            ("fix it in billing", Mention::SpokenOf),
            ("the billing repo", Mention::SpokenOf),
            ("add a button to billing", Mention::SpokenOf),
            ("remove it from the billing", Mention::SpokenOf),
            ("the footer of the billing", Mention::SpokenOf),
            ("no, I meant billing", Mention::SpokenOf),
            ("a link to billing", Mention::Occurs),
            ("billing does not round", Mention::Occurs),
            ("isn't billing slow?", Mention::Occurs),
            ("it is not shown on the billing", Mention::SpokenOf),
            ("not in billing", Mention::TakenBack),
            ("anywhere except billing", Mention::TakenBack),
            ("without touching billing", Mention::TakenBack),
            ("don't touch billing", Mention::TakenBack),
            ("it isn't billing", Mention::TakenBack),
            ("rather than billing", Mention::TakenBack),
            ("this has nothing to do with billing", Mention::TakenBack),
            ("leave billing alone", Mention::TakenBack),
            ("anything but billing", Mention::TakenBack),
            ("I am not talking about billing", Mention::TakenBack),
            ("not the api but billing", Mention::Occurs),
            ("use mail instead of the billing", Mention::Occurs),
            ("select from billing", Mention::Occurs),
            ("not billing, in billing", Mention::SpokenOf),
            ("fix biling", Mention::Occurs),
            ("can we have a billing that rounds in a billing repo", Mention::SpokenOf),
        ] {
            assert_eq!(how(text), Some(mention), "{text}");
        }
        assert_eq!(how("the bulling and the billings of bill"), None);
    }

    #[test]
    fn an_everyday_word_is_no_name() {
        let how = |name: &str, text: &str| of(name, &Words::of(text)).map(|it| it.how);
        for (name, text) in [
            ("a/mail", "mail me the result"),
            ("a/mail", "can you mail finance?"),
            ("a/mail", "please mail them"),
            ("a/mail", "it is in my mail"),
            ("a/search", "search for it, please"),
            ("a/search", "please search our wiki"),
            ("a/search", "when we search, nothing happens"),
            ("a/api", "what is an API?"),
            ("a/api", "API-1234 is urgent"),
        ] {
            assert_eq!(how(name, text), None, "{text}");
        }
        for (name, text) in [
            ("a/mail", "mail is slow"),
            ("a/mail", "mail it sends is not read, in the mail repo"),
            ("a/search", "search results are old"),
            ("a/search", "will search be up again?"),
            ("a/docs", "docs for webhooks are missing"),
            ("a/api", "a api bug"),
            ("a/api", "fix it in an api"),
        ] {
            assert!(how(name, text).is_some(), "{text}");
        }
    }
}
