//! Knows words: those the team has set for a repository or a workflow, and the names of repositories.
//!
//! What the team has set, and a repository that is clearly spoken of ("the website repo", "in billing"), outweighs the
//! room's default. A name that merely occurs ("a new website section") does not: it may be an everyday word.

#[cfg(target_family = "wasm")]
mod component;

mod intent;
mod mention;
mod near;
mod phrase;

use std::collections::BTreeMap;

use serde::Deserialize;
use signalbox_plugin::router::{Candidate, Claim, Outcome, Place, Question};
use signalbox_plugin::{Event, PluginError, text};

use crate::intent::Intent;
use crate::mention::Mention;
use crate::phrase::Words;

/// The team's words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Phrases that mean a repository.
    #[serde(default)]
    pub repositories: BTreeMap<String, String>,
    /// Phrases that mean a workflow.
    #[serde(default)]
    pub workflows: BTreeMap<String, String>,
    /// The workflow that answers questions.
    #[serde(default = "answer")]
    pub answer: String,
    /// The workflow that makes changes.
    #[serde(default = "change")]
    pub change: String,
}

/// A phrase that the team has set.
const PHRASE: u16 = 800;
/// A repository that is clearly spoken of.
const SPOKEN_OF: u16 = 780;
/// The name of a repository, which may also be an everyday word: less than the conversation's and the room's default,
/// more than the person's.
const OCCURS: u16 = 550;
/// How much less a name counts with a slip of the fingers in it.
const SLIP: u16 = 5;
/// What kind of request it is, without a place.
const KIND: u16 = 300;
/// There is only one repository.
const ONLY: u16 = 200;
/// Nothing says which repository.
const ASK: u16 = 100;
/// The person says which one it is not: more than the room's default, which may be just that.
const NOT_THERE: u16 = 650;
/// They say so of the one that this conversation is about.
const NOT_HERE: u16 = 790;
/// How many repositories a person is offered.
const OFFERED: usize = 5;

/// Claims by the words of the request; asks where they leave several repositories.
pub fn route(event: &Event, config: &Config) -> Result<Outcome, PluginError> {
    let said = text::said(&event.text);
    let words = Words::of(&said);
    if words.is_empty() {
        return Ok(Outcome::Pass("the request has no words".to_string()));
    }
    let kind = kind(event, config, &words)?;
    // What is quoted is somebody's words more often than the name of a place: it counts where nothing else does.
    let mut places = places(event, config, &Words::of(&unquoted(&said)))?;
    if places.found.is_empty() {
        places = self::places(event, config, &words)?;
    }
    // Asked of things in general: a name that merely occurs is the word for such a thing.
    if kind.question && intent::in_general(&event.text) {
        places.found.retain(|place| place.score > OCCURS);
    }
    match places.found.as_slice() {
        [] if !places.taken_back.is_empty() => Ok(Outcome::Ask(elsewhere(event, &words, &kind, &places.taken_back))),
        [] => Ok(without_a_place(event, &words, kind)),
        [place] => Ok(Outcome::Claim(Claim {
            workflow: kind.workflow,
            place: Place::Repository(place.repository.clone()),
            branch: None,
            inputs: Vec::new(),
            // A phrase for the workflow says nothing of the place.
            score: place.score,
            reason: place.reason.clone(),
            rule: place.rule.to_string(),
            matched: [place.matched.clone(), kind.matched].concat(),
        })),
        several => Ok(Outcome::Ask(Question {
            text: "The request speaks of several repositories. Which one is it for?".to_string(),
            candidates: several
                .iter()
                .take(OFFERED)
                .map(|place| Candidate {
                    workflow: kind.workflow.clone(),
                    place: Place::Repository(place.repository.clone()),
                    reason: place.reason.clone(),
                })
                .collect(),
            score: several[0].score,
        })),
    }
}

/// What kind of request it is.
struct Kind {
    workflow: Option<String>,
    matched: Vec<String>,
    reason: String,
    rule: &'static str,
    /// Whether the team has set it.
    set: bool,
    question: bool,
}

fn kind(event: &Event, config: &Config, words: &Words) -> Result<Kind, PluginError> {
    let known = |name: &str| event.workflows.iter().any(|it| it.name == name);
    if let Some((phrase, workflow)) = phrase::longest(&config.workflows, words) {
        if !known(workflow) {
            return Err(PluginError::Config(format!(
                "`workflows` says that \"{phrase}\" means {workflow}, and there is no such workflow; change or remove it"
            )));
        }
        return Ok(Kind {
            workflow: Some(workflow.to_string()),
            matched: vec![phrase.to_string()],
            reason: format!("\"{phrase}\" means the workflow {workflow} in this team"),
            rule: "workflow-phrase",
            set: true,
            question: false,
        });
    }
    let (intent, word) = intent::of(&event.text);
    let (name, reason, rule) = match intent {
        Intent::Question => (&config.answer, "it is a question", "question"),
        Intent::Change => (&config.change, "it asks for a change", "change"),
    };
    Ok(Kind {
        workflow: known(name).then(|| name.clone()),
        matched: word.into_iter().collect(),
        reason: reason.to_string(),
        rule,
        set: false,
        question: intent == Intent::Question,
    })
}

/// A repository that the request speaks of.
struct Found {
    repository: String,
    matched: Vec<String>,
    reason: String,
    rule: &'static str,
    score: u16,
}

/// The repositories that a request speaks of.
#[derive(Default)]
struct Places {
    /// Those of the strongest kind of word in it.
    found: Vec<Found>,
    /// Those it says it is not about.
    taken_back: Vec<String>,
}

fn places(event: &Event, config: &Config, words: &Words) -> Result<Places, PluginError> {
    let Places { mut found, mut taken_back } = Places::default();
    let meant = |at: &std::ops::Range<usize>| !mention::taken_back(at, words);
    for (phrase, name) in phrase::all(&config.repositories, words, meant) {
        let known = event.repositories.iter().find(|it| it.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            PluginError::Config(format!(
                "`repositories` says that \"{phrase}\" means {name}, and that is not a repository I know; change or remove it"
            ))
        })?;
        add(&mut found, &known.name, phrase, PHRASE, "phrase", format!("\"{phrase}\" means {name} in this team"));
    }
    if found.is_empty() {
        for (phrase, name) in &config.repositories {
            let places: Vec<_> = near::find(&Words::of(phrase), words).filter(meant).collect();
            let known = event.repositories.iter().find(|it| it.name.eq_ignore_ascii_case(name));
            if let (Some(at), Some(known)) = (places.first(), known) {
                let written = at.clone().map(|place| words.at(place)).collect::<Vec<_>>().join(" ");
                let reason = format!("\"{written}\" is nearly \"{phrase}\", which means {name} in this team");
                add(&mut found, &known.name, &written, PHRASE - SLIP, "phrase-misspelled", reason);
            }
        }
    }
    let mut mentioned: Vec<_> =
        event.repositories.iter().filter_map(|it| Some((&it.name, mention::of(&it.name, words)?))).collect();
    mention::enumerate(&mut mentioned, words);
    let phrased = !found.is_empty();
    for wanted in [Mention::SpokenOf, Mention::Occurs] {
        // A place that is spoken of beside a phrase of the team's is in play, too; a name that merely occurs is not.
        let beside = phrased && wanted == Mention::SpokenOf;
        if !found.is_empty() && !beside {
            break;
        }
        let all =
            mentioned.iter().filter(|(_, mentioned)| mentioned.how == wanted && !(phrased && mentioned.misspelled));
        for (name, mentioned) in all {
            let written = &mentioned.written;
            let (score, rule) = match (wanted, mentioned.misspelled) {
                (Mention::SpokenOf, false) => (SPOKEN_OF, "repository-spoken-of"),
                (Mention::SpokenOf, true) => (SPOKEN_OF - SLIP, "repository-spoken-of-misspelled"),
                (Mention::Occurs | Mention::TakenBack, false) => (OCCURS, "repository-name"),
                (Mention::Occurs | Mention::TakenBack, true) => (OCCURS - SLIP, "repository-name-misspelled"),
            };
            let is = if mentioned.misspelled { "nearly " } else { "" };
            add(&mut found, name, written, score, rule, format!("\"{written}\" is {is}the name of {name}"));
        }
    }
    let not = mentioned.iter().filter(|(_, mentioned)| mentioned.how == Mention::TakenBack);
    taken_back.extend(not.map(|(name, _)| (*name).clone()));
    Ok(Places { found, taken_back })
}

/// What is said outside of double quotes, as far as more than one word is in them.
fn unquoted(said: &str) -> String {
    let plain = said.replace(['“', '”', '„'], "\"");
    let mut parts = plain.split('"').enumerate().peekable();
    let mut kept = String::with_capacity(plain.len());
    while let Some((number, part)) = parts.next() {
        // The last part, if it is inside, was never closed.
        let quoted = number % 2 == 1 && parts.peek().is_some() && part.trim().contains(char::is_whitespace);
        kept.push_str(if quoted { " , " } else { part });
    }
    kept
}

/// What to ask who says only where it is not.
fn elsewhere(event: &Event, words: &Words, kind: &Kind, taken_back: &[String]) -> Question {
    let here = |name: &String| event.memory.as_ref().is_some_and(|memory| memory.repository.as_ref() == Some(name));
    let mut candidates = offers(event, words, kind);
    candidates.retain(|it| !matches!(&it.place, Place::Repository(name) if taken_back.contains(name)));
    Question {
        text: format!("Which repository is it about, if not {}?", taken_back.join(" or ")),
        candidates,
        score: if taken_back.iter().any(here) { NOT_HERE } else { NOT_THERE },
    }
}

fn add(found: &mut Vec<Found>, repository: &str, matched: &str, score: u16, rule: &'static str, reason: String) {
    match found.iter_mut().find(|it| it.repository == repository) {
        Some(known) => known.matched.push(matched.to_string()),
        None => {
            let matched = vec![matched.to_string()];
            found.push(Found { repository: repository.to_string(), matched, reason, rule, score });
        }
    }
}

/// No word says where. The only repository there is may still be it; otherwise a change has to be asked about, while a
/// question may do without a repository.
fn without_a_place(event: &Event, words: &Words, kind: Kind) -> Outcome {
    let claim = |place, score, reason: String, rule: &str| {
        let workflow = kind.workflow.clone();
        let (rule, matched) = (rule.to_string(), kind.matched.clone());
        Outcome::Claim(Claim { workflow, place, branch: None, inputs: Vec::new(), score, reason, rule, matched })
    };
    match event.repositories.as_slice() {
        [only] if !kind.set => {
            let reason = "there is no other repository here".to_string();
            claim(Place::Repository(only.name.clone()), ONLY, reason, "only-repository")
        }
        [_, _, ..] if !kind.set && !kind.question => Outcome::Ask(Question {
            text: "Which repository is this about?".to_string(),
            candidates: offers(event, words, &kind),
            score: ASK,
        }),
        _ => claim(Place::Open, if kind.set { PHRASE } else { KIND }, kind.reason.clone(), kind.rule),
    }
}

/// The repositories whose description shares most words with the request, then the others as they come.
fn offers(event: &Event, words: &Words, kind: &Kind) -> Vec<Candidate> {
    let mut scored: Vec<_> = event
        .repositories
        .iter()
        .map(|it| {
            let described = Words::of(&it.description);
            (described.shared(words), it)
        })
        .collect();
    scored.sort_by_key(|(shared, _)| std::cmp::Reverse(shared.len()));
    scored
        .into_iter()
        .take(OFFERED)
        .map(|(shared, it)| Candidate {
            workflow: kind.workflow.clone(),
            place: Place::Repository(it.name.clone()),
            reason: match (shared.as_slice(), it.description.as_str()) {
                ([], "") => "a repository I know".to_string(),
                ([], description) => description.to_string(),
                (shared, _) => format!("its description speaks of {}", shared.join(", ")),
            },
        })
        .collect()
}

fn answer() -> String {
    "answer".to_string()
}

fn change() -> String {
    "build".to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_router("cases", super::route);
    }

    #[test]
    fn no_text_is_too_odd() {
        let config = signalbox_plugin::config::read("{}").unwrap();
        signalbox_plugin::testing::check_odd_texts("cases", |event| {
            super::route(event, &config).unwrap();
        });
    }
}
