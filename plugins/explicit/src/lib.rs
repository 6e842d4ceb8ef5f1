//! Follows what a person names outright: a repository, a branch, a model, a workflow, a link.
//!
//! What is named but not known is asked about, with the nearest names; everything else that merely looks like a name
//! (`and/or`, `TCP/IP`, `10/12`, `example.com/docs`) is not one, because no repository is called that.

#[cfg(target_family = "wasm")]
mod component;

mod grammar;
mod nearest;

use serde::Deserialize;
use signalbox_plugin::router::{Candidate, Claim, Outcome, Place, Question};
use signalbox_plugin::{Attr, Event, PluginError, Workflow};

use crate::grammar::{Key, Terms};

/// No settings: what a person writes means the same in every team.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// The person's own explicit words.
const EXPLICIT: u16 = 1000;
/// A link into a repository.
const LINK: u16 = 950;
/// The full name of a repository in the middle of a sentence.
const NAME: u16 = 900;
/// `#123`, where it is clear whose number that is: a little surer than the conversation alone.
const NUMBER: u16 = 720;

/// Claims what is named outright, asks about what is named but unknown or ambiguous, and passes on everything else.
pub fn route(event: &Event, _: &Config) -> Result<Outcome, PluginError> {
    let terms = grammar::read(&event.text);
    if let Some(question) = unknown_repository(event, &terms) {
        return Ok(Outcome::Ask(question));
    }
    let found = match find(event, &terms) {
        Ok(found) => found,
        Err(question) => return Ok(Outcome::Ask(question)),
    };
    if let Some(question) = unknown_workflow(event, &terms, found.as_ref()) {
        return Ok(Outcome::Ask(question));
    }
    let found = found.or_else(|| only_place(event, &terms));
    let settings: Vec<_> = terms.settings.iter().filter(|term| !matches!(term.key, Key::Repository)).collect();
    if found.is_none() && settings.is_empty() {
        return Ok(Outcome::Pass("the request names no repository, branch, model or workflow outright".to_string()));
    }

    let mut claim = Claim {
        workflow: None,
        place: Place::Open,
        branch: None,
        inputs: Vec::new(),
        score: EXPLICIT,
        reason: String::new(),
        rule: "setting".to_string(),
        matched: Vec::new(),
    };
    let mut written = Vec::new();
    if let Some(found) = found {
        claim.place = Place::Repository(found.name);
        claim.rule = found.rule.to_string();
        claim.score = if settings.is_empty() { found.score } else { EXPLICIT };
        claim.reason = found.reason;
        written.push(found.written);
    }
    written.retain(|it| settings.iter().all(|setting| setting.written != *it));
    for setting in settings {
        let value = setting.value.clone();
        match &setting.key {
            Key::Branch => claim.branch = Some(value),
            Key::Workflow => claim.workflow = known_workflow(event, &value),
            Key::Model => claim.inputs.push(Attr { key: "model".to_string(), value }),
            Key::Other(key) => claim.inputs.push(Attr { key: key.clone(), value }),
            Key::Repository => {}
        }
        written.push(setting.written.clone());
    }
    if claim.rule == "setting" {
        claim.reason = format!("you wrote {}", list(written.iter().map(String::as_str)));
    }
    claim.matched = written;
    Ok(Outcome::Claim(claim))
}

/// A repository that the request names.
struct Found {
    name: String,
    written: String,
    reason: String,
    rule: &'static str,
    score: u16,
}

/// The repository of the strongest kind of name in the request; the question to ask if that kind names several.
fn find(event: &Event, terms: &Terms) -> Result<Option<Found>, Question> {
    let set = terms.repositories().filter_map(|term| Some((known(event, &term.value)?, term.written.clone())));
    let links = terms.links.iter().filter_map(|link| Some((known(event, &link.repository)?, link.written.clone())));
    let names = terms.names.iter().filter_map(|name| Some((full_name(event, name)?, name.clone())));
    let number = terms.numbers.iter().filter_map(|number| Some((here(event)?, number.clone())));
    let workflow = workflow_of(event, terms);
    if let Some(found) = one(&workflow, EXPLICIT, "setting", set, |written, _| format!("you wrote {written}"))? {
        return Ok(Some(found));
    }
    if let Some(found) = one(&workflow, LINK, "link", links, |_, name| format!("you linked to {name}"))? {
        return Ok(Some(found));
    }
    if let Some(found) = one(&workflow, NAME, "name", names, |_, name| format!("you named {name}"))? {
        return Ok(Some(found));
    }
    one(&workflow, NUMBER, "number", number, |written, name| {
        format!("{written} is one of {name}, which is worked on here")
    })
}

/// The one repository among those named; the question to ask if there are several.
fn one(
    workflow: &Option<String>,
    score: u16,
    rule: &'static str,
    named: impl Iterator<Item = (String, String)>,
    reason: impl Fn(&str, &str) -> String,
) -> Result<Option<Found>, Question> {
    let mut named: Vec<(String, String)> = named.collect();
    let mut seen = Vec::new();
    named.retain(|(name, _)| {
        let new = !seen.contains(name);
        seen.push(name.clone());
        new
    });
    match named.as_slice() {
        [] => Ok(None),
        [(name, written)] => {
            Ok(Some(Found { reason: reason(written, name), name: name.clone(), written: written.clone(), rule, score }))
        }
        several => Err(Question {
            text: format!("You named {}. Which one is this for?", list(several.iter().map(|(name, _)| name.as_str()))),
            candidates: several
                .iter()
                .map(|(name, written)| Candidate {
                    workflow: workflow.clone(),
                    place: Place::Repository(name.clone()),
                    reason: reason(written, name),
                })
                .collect(),
            score,
        }),
    }
}

/// The question to ask if `repo:` names a repository that is not known, or a bare name that several have.
fn unknown_repository(event: &Event, terms: &Terms) -> Option<Question> {
    let term = terms.repositories().find(|term| known(event, &term.value).is_none())?;
    let offer = |name: &str, reason: String| Candidate {
        workflow: workflow_of(event, terms),
        place: Place::Repository(name.to_string()),
        reason,
    };
    let called: Vec<_> = called(event, &term.value).map(|name| offer(name, "it is called so".to_string())).collect();
    if !called.is_empty() {
        let text = format!("Several repositories are called {}. Which one is this for?", term.value);
        return Some(Question { text, candidates: called, score: EXPLICIT });
    }
    let near = nearest::to(&term.value, event.repositories.iter().map(|it| it.name.as_str()));
    let text = match near.is_empty() {
        true => format!("{} is not a repository I know, and I know no other.", term.value),
        false => format!("{} is not a repository I know. Did you mean one of these?", term.value),
    };
    let near = near.into_iter().map(|near| {
        offer(
            near.name,
            if near.close { format!("its name is close to {}", term.value) } else { "I know it".to_string() },
        )
    });
    Some(Question { text, candidates: near.collect(), score: EXPLICIT })
}

/// The question to ask if `workflow:` names a workflow that is not known.
fn unknown_workflow(event: &Event, terms: &Terms, found: Option<&Found>) -> Option<Question> {
    let term = terms.settings.iter().find(|term| matches!(term.key, Key::Workflow))?;
    let mut called = event.workflows.iter().filter(|it| it.name.eq_ignore_ascii_case(&term.value));
    if called.any(|it| there(it, found)) {
        return None;
    }
    let here = event.workflows.iter().filter(|it| there(it, found));
    let near = nearest::to(&term.value, here.map(|it| it.name.as_str()));
    let place = match found {
        Some(found) if known_workflow(event, &term.value).is_some() => format!(" for {}", found.name),
        Some(_) | None => String::new(),
    };
    Some(Question {
        text: format!("There is no workflow {}{place}. Did you mean one of these?", term.value),
        candidates: near
            .into_iter()
            .map(|near| Candidate {
                workflow: Some(near.name.to_string()),
                place: found.map_or(Place::Open, |found| Place::Repository(found.name.clone())),
                reason: describe(event, near.name),
            })
            .collect(),
        score: EXPLICIT,
    })
}

/// The one repository that the workflow named in the request is there for.
fn only_place(event: &Event, terms: &Terms) -> Option<Found> {
    let term = terms.settings.iter().find(|term| matches!(term.key, Key::Workflow))?;
    let mut places = event.workflows.iter().filter(|it| it.name.eq_ignore_ascii_case(&term.value));
    let (Some(workflow), None) = (places.next(), places.next()) else { return None };
    let name = workflow.repository.clone()?;
    Some(Found {
        reason: format!("the workflow {} is there only", workflow.name),
        name,
        written: term.written.clone(),
        rule: "workflow",
        score: EXPLICIT,
    })
}

/// Whether a workflow is there for what the request names.
fn there(workflow: &Workflow, found: Option<&Found>) -> bool {
    match (&workflow.repository, found) {
        (Some(only), Some(found)) => *only == found.name,
        (Some(_) | None, _) => true,
    }
}

/// The workflow that the request names, if it is known.
fn workflow_of(event: &Event, terms: &Terms) -> Option<String> {
    let term = terms.settings.iter().find(|term| matches!(term.key, Key::Workflow))?;
    known_workflow(event, &term.value)
}

fn known_workflow(event: &Event, name: &str) -> Option<String> {
    event.workflows.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.name.clone())
}

fn describe(event: &Event, workflow: &str) -> String {
    event.workflows.iter().find(|it| it.name == workflow).map(|it| it.description.clone()).unwrap_or_default()
}

/// The repository of that full name, or of that bare name if only one is called so, in the forge's spelling.
fn known(event: &Event, name: &str) -> Option<String> {
    if let Some(full) = full_name(event, name) {
        return Some(full);
    }
    let mut called = called(event, name);
    match (called.next(), called.next()) {
        (Some(only), None) => Some(only.to_string()),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

/// The repositories of that bare name.
fn called<'a>(event: &'a Event, name: &str) -> impl Iterator<Item = &'a str> {
    let names = event.repositories.iter().map(|it| it.name.as_str());
    names.filter(move |it| it.split_once('/').is_some_and(|(_owner, bare)| bare.eq_ignore_ascii_case(name)))
}

fn full_name(event: &Event, name: &str) -> Option<String> {
    event.repositories.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.name.clone())
}

/// The repository worked on here: the conversation's, or the one in the room's topic.
fn here(event: &Event) -> Option<String> {
    let remembered = event.memory.as_ref().and_then(|memory| memory.repository.clone());
    remembered.and_then(|name| full_name(event, &name)).or_else(|| {
        let topic = grammar::read(&event.thread.room_topic);
        topic.repositories().find_map(|term| known(event, &term.value))
    })
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_router("cases", super::route);
    }

    #[test]
    fn no_text_is_too_odd() {
        signalbox_plugin::testing::check_odd_texts("cases", |event| {
            super::route(event, &super::Config::default()).unwrap();
        });
    }
}
