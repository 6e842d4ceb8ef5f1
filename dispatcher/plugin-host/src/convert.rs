//! Between the host's own values and those of the contract. Total in both directions; what does not fit is bounded here.

use signalbox_domain::context::Trust;
use signalbox_domain::route::{Claim, Offer, Place, Said};
use signalbox_domain::talk::{Person, Role};
use signalbox_ports::plugins::{Event, Fetch, Fetched, Scope};

use crate::bindings::{fetching, routing, types};
use crate::limits::{ITEM, OWNERS, REPOSITORIES, TEXT, WORKFLOWS};

/// The event, bounded.
pub(crate) fn event(event: &Event) -> types::Event {
    types::Event {
        id: event.id.clone(),
        received_at_ms: event.received_at.0,
        seed: event.seed,
        text: bounded(&event.text, TEXT),
        author: person(&event.author),
        thread: types::Thread {
            chat: event.thread.chat.clone(),
            room: event.thread.room.clone(),
            room_name: event.room_name.clone(),
            room_topic: event.room_topic.clone(),
            root: event.thread.root.clone(),
        },
        memory: event.memory.as_ref().map(|target| types::Memory {
            workflow: target.workflow.clone(),
            repository: target.repository.as_ref().map(|name| name.0.clone()),
        }),
        repositories: event
            .repositories
            .iter()
            .take(REPOSITORIES)
            .map(|known| types::Repository {
                name: known.name.0.clone(),
                description: known.description.clone(),
                default_branch: known.default_branch.clone(),
                owners: known.owners.as_ref().map(|owners| bounded(owners, OWNERS)),
            })
            .collect(),
        workflows: event
            .workflows
            .iter()
            .take(WORKFLOWS)
            .map(|known| types::Workflow {
                name: known.name.clone(),
                description: known.description.clone(),
                needs_repository: known.repository,
                repository: known.only.as_ref().map(|only| only.0.clone()),
            })
            .collect(),
        attrs: event
            .usual
            .iter()
            .map(|repository| types::Attr { key: "author.repository".into(), value: repository.clone() })
            .chain(event.attrs.iter().map(|(key, value)| types::Attr { key: key.clone(), value: value.clone() }))
            .collect(),
        payload: "null".to_string(),
    }
}

fn bounded(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_string()
}

fn person(person: &Person) -> types::Person {
    types::Person {
        id: person.id.clone(),
        name: person.name.clone(),
        role: match person.role {
            Role::Outsider => types::Role::Outsider,
            Role::Viewer => types::Role::Viewer,
            Role::Member => types::Role::Member,
            Role::Maintainer => types::Role::Maintainer,
            Role::Admin => types::Role::Admin,
        },
    }
}

/// What a router said; an error says what of it breaks the contract.
pub(crate) fn said(outcome: routing::Outcome, event: &types::Event) -> Result<Said, String> {
    Ok(match outcome {
        routing::Outcome::Pass(reason) => Said::Pass { reason },
        routing::Outcome::Claim(claim) => {
            score(claim.score)?;
            workflow(claim.workflow.as_deref(), event)?;
            Said::Claim(Claim {
                workflow: claim.workflow,
                place: place(claim.place, event)?,
                branch: claim.branch,
                inputs: claim.inputs.into_iter().map(|attr| (attr.key, attr.value)).collect(),
                score: claim.score,
                reason: claim.reason,
                rule: claim.rule,
                matched: claim.matched,
            })
        }
        routing::Outcome::Ask(question) => {
            score(question.score)?;
            let offers = question.candidates.into_iter().map(|it| {
                workflow(it.workflow.as_deref(), event)?;
                Ok(Offer { workflow: it.workflow, place: place(it.place, event)?, reason: it.reason })
            });
            Said::Ask { offers: offers.collect::<Result<_, String>>()?, question: question.text, score: question.score }
        }
    })
}

fn score(score: u16) -> Result<(), String> {
    match score <= signalbox_domain::route::EXPLICIT {
        true => Ok(()),
        false => Err(format!("it gave a score of {score}; 1000 is the most")),
    }
}

fn workflow(name: Option<&str>, event: &types::Event) -> Result<(), String> {
    match name {
        Some(name) if event.workflows.iter().all(|it| it.name != name) => {
            Err(format!("it named the workflow {name}, which is not one of the event's"))
        }
        Some(_) | None => Ok(()),
    }
}

fn place(place: routing::Place, event: &types::Event) -> Result<Place, String> {
    match place {
        routing::Place::Open => Ok(Place::Open),
        routing::Place::Nowhere => Ok(Place::Nowhere),
        routing::Place::Repository(name) if event.repositories.iter().any(|it| it.name == name) => {
            Ok(Place::Repository(name.into()))
        }
        routing::Place::Repository(name) => {
            Err(format!("it named {name}, which is not one of the event's repositories"))
        }
    }
}

/// The place a request goes.
pub(crate) fn route(scope: &Scope) -> fetching::Route {
    fetching::Route {
        workflow: scope.target.workflow.clone(),
        repository: scope.target.repository.as_ref().map(|name| name.0.clone()),
        branch: scope.target.branch.clone(),
    }
}

/// A request, as the engine performs it.
pub(crate) fn fetch(request: &fetching::Request) -> Fetch {
    match request {
        fetching::Request::Thread(limit) => Fetch::Thread { limit: *limit },
        fetching::Request::File(file) => {
            Fetch::File { repository: file.repository.as_str().into(), path: file.path.clone() }
        }
        fetching::Request::Folder(file) => {
            Fetch::List { repository: file.repository.as_str().into(), folder: file.path.clone() }
        }
        fetching::Request::Change(change) => {
            Fetch::Change { repository: change.repository.as_str().into(), number: change.number }
        }
        fetching::Request::Http(url) => Fetch::Http { url: url.clone() },
        fetching::Request::Issue(issue) => {
            Fetch::Issue { repository: issue.repository.as_str().into(), number: issue.number }
        }
        fetching::Request::Remarks(change) => {
            Fetch::Remarks { repository: change.repository.as_str().into(), number: change.number }
        }
        fetching::Request::Checks(at) => Fetch::Checks { repository: at.repository.as_str().into(), change: at.change },
        fetching::Request::Search(search) => {
            Fetch::Search { repository: search.repository.as_str().into(), words: search.words.clone() }
        }
        fetching::Request::History(file) => {
            Fetch::History { repository: file.repository.as_str().into(), path: file.path.clone() }
        }
    }
}

/// What came of a request. A text over its limit is too large, whoever let it through.
pub(crate) fn outcome(fetched: &Fetched) -> fetching::Outcome {
    match fetched {
        Fetched::Ok { text, .. } if text.len() as u64 > ITEM.default => fetching::Outcome::TooLarge,
        Fetched::Ok { text, author, trust, source } => fetching::Outcome::Ok(fetching::Fetched {
            text: text.clone(),
            author: author.clone(),
            trust: match trust {
                Trust::Untrusted => fetching::Trust::Untrusted,
                Trust::Team => fetching::Trust::Team,
                Trust::Reviewed => fetching::Trust::Reviewed,
            },
            source: source.clone(),
        }),
        Fetched::Denied { reason } => fetching::Outcome::Denied(reason.clone()),
        Fetched::NotFound => fetching::Outcome::NotFound,
        Fetched::Timeout => fetching::Outcome::Timeout,
        Fetched::TooLarge => fetching::Outcome::TooLarge,
        Fetched::Quota => fetching::Outcome::Quota,
        Fetched::Upstream { detail } => fetching::Outcome::Upstream(detail.clone()),
    }
}

/// How far what a response brought is to be believed.
pub(crate) fn trust(trust: fetching::Trust) -> Trust {
    match trust {
        fetching::Trust::Untrusted => Trust::Untrusted,
        fetching::Trust::Team => Trust::Team,
        fetching::Trust::Reviewed => Trust::Reviewed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> types::Event {
        types::Event {
            id: String::new(),
            received_at_ms: 0,
            seed: 0,
            text: String::new(),
            author: types::Person { id: String::new(), name: String::new(), role: types::Role::Member },
            thread: types::Thread {
                chat: String::new(),
                room: String::new(),
                room_name: String::new(),
                room_topic: String::new(),
                root: String::new(),
            },
            memory: None,
            repositories: Vec::new(),
            workflows: Vec::new(),
            attrs: Vec::new(),
            payload: String::new(),
        }
    }

    fn claim(workflow: Option<&str>, place: routing::Place, score: u16) -> routing::Outcome {
        routing::Outcome::Claim(routing::Claim {
            workflow: workflow.map(str::to_string),
            place,
            branch: None,
            inputs: Vec::new(),
            score,
            reason: String::new(),
            rule: String::new(),
            matched: Vec::new(),
        })
    }

    #[test]
    fn a_router_names_only_what_it_was_told_of() {
        for (outcome, problem) in [
            (claim(None, routing::Place::Repository("and/or".into()), 900), "it named and/or, which is not one of"),
            (claim(Some("deploy"), routing::Place::Open, 900), "it named the workflow deploy, which is not one of"),
            (claim(None, routing::Place::Open, 1001), "it gave a score of 1001; 1000 is the most"),
        ] {
            let error = said(outcome, &given()).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
        }
        assert!(said(claim(None, routing::Place::Open, 1000), &given()).is_ok());
    }
}
