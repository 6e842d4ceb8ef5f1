//! The shipped prefetchers as they are natively, in place of the world's one: what they ask for and make is theirs, what
//! comes is the world's.

use std::sync::Arc;

use signalbox_domain::context::Trust;
use signalbox_domain::id::Digest;
use signalbox_domain::route::Opinion;
use signalbox_domain::talk::Role;
use signalbox_plugin::prefetcher as sdk;
use signalbox_plugin::{Attr, Person, PluginError, Repository, Role as SdkRole, Thread, Workflow};
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, MAX_ROUNDS, Piece, Plugins, Prefetcher, Scope, Turn};

/// The routers of a world, and the shipped prefetchers.
pub(crate) struct Native(pub(crate) Arc<dyn Plugins>);

/// The prefetchers, in the order they are asked.
const ALL: [&str; 6] = ["thread", "issue", "links", "ci", "repo-guide", "history"];

type Given<'a> = (&'a signalbox_plugin::Event, &'a sdk::Route);

impl Plugins for Native {
    fn route(&self, event: &Event) -> Vec<Opinion> {
        self.0.route(event)
    }

    fn prefetchers(&self, _: &Event, scope: &Scope) -> Vec<Prefetcher> {
        let names = ALL.iter().filter(|_| scope.target.repository.is_some());
        names
            .map(|name| Prefetcher {
                name: format!("{name}@0.1.0"),
                digest: Digest::of(name.as_bytes()),
                required: false,
            })
            .collect()
    }

    fn gather(&self, name: &str, event: &Event, scope: &Scope, _: u32, fetched: &[(Fetch, Fetched)]) -> Turn {
        let (event, route) = (of_event(event), of_route(scope));
        let gave = match play(name.split('@').next().unwrap_or_default(), (&event, &route), fetched) {
            Ok(gave) => gave,
            Err(error) => Gathered::Failed(format!("{error:?}")),
        };
        Turn { gave, fuel: 1, log: Vec::new(), denied: Vec::new() }
    }
}

fn plan(name: &str, (event, route): Given<'_>) -> Result<Vec<sdk::Request>, PluginError> {
    match name {
        "thread" => signalbox_plugin_thread::plan(event, route, &thread()),
        "issue" => signalbox_plugin_issue::plan(event, route, &Default::default()),
        "links" => signalbox_plugin_links::plan(event, route, &Default::default()),
        "ci" => signalbox_plugin_ci::plan(event, route, &signalbox_plugin_ci::Config { lines: 60 }),
        "history" => signalbox_plugin_history::plan(event, route, &Default::default()),
        _ => signalbox_plugin_repo_guide::plan(event, route, &Default::default()),
    }
}

fn assemble(
    name: &str,
    (event, route): Given<'_>,
    round: u32,
    came: &[sdk::Response],
) -> Result<sdk::Assembled, PluginError> {
    match name {
        "thread" => signalbox_plugin_thread::assemble(event, route, &thread(), round, came),
        "issue" => signalbox_plugin_issue::assemble(event, route, &Default::default(), round, came),
        "links" => signalbox_plugin_links::assemble(event, route, &Default::default(), round, came),
        "ci" => signalbox_plugin_ci::assemble(event, route, &signalbox_plugin_ci::Config { lines: 60 }, round, came),
        "history" => signalbox_plugin_history::assemble(event, route, &Default::default(), round, came),
        _ => signalbox_plugin_repo_guide::assemble(event, route, &Default::default(), round, came),
    }
}

fn thread() -> signalbox_plugin_thread::Config {
    signalbox_plugin_thread::Config { messages: 50, again: false }
}

/// From the plan on, on what came so far.
fn play(name: &str, given: Given<'_>, fetched: &[(Fetch, Fetched)]) -> Result<Gathered, PluginError> {
    let mut responses: Vec<sdk::Response> = Vec::new();
    let mut next = plan(name, given)?;
    for round in 1..=MAX_ROUNDS {
        let mut missing = Vec::new();
        for request in next {
            let fetch = of_request(&request);
            match fetched.iter().find(|(known, _)| *known == fetch) {
                Some((_, came)) => responses.push(sdk::Response { request, outcome: of_fetched(came) }),
                None => missing.push(fetch),
            }
        }
        if !missing.is_empty() {
            return Ok(Gathered::More(missing));
        }
        match assemble(name, given, round, &responses)? {
            sdk::Assembled::More(more) => next = more,
            sdk::Assembled::Done(items) => {
                return Ok(Gathered::Done(items.into_iter().map(|item| piece(item, &responses)).collect()));
            }
        }
    }
    Ok(Gathered::Failed("it asks for ever".into()))
}

fn piece(item: sdk::Item, responses: &[sdk::Response]) -> Piece {
    let mut trust = if item.sources.is_empty() { Trust::Untrusted } else { Trust::Reviewed };
    let mut sources = Vec::new();
    for place in &item.sources {
        let sdk::Outcome::Ok(fetched) = &responses[*place as usize].outcome else { continue };
        trust = trust.min(match fetched.trust {
            sdk::Trust::Untrusted => Trust::Untrusted,
            sdk::Trust::Team => Trust::Team,
            sdk::Trust::Reviewed => Trust::Reviewed,
        });
        sources.push(fetched.source.clone());
    }
    Piece { title: item.title, source: sources.join(", "), author: None, trust, text: item.text, weight: item.weight }
}

fn of_event(event: &Event) -> signalbox_plugin::Event {
    let text = |text: &str| text.to_owned();
    signalbox_plugin::Event {
        id: event.id.clone(),
        received_at_ms: event.received_at.0,
        seed: event.seed,
        text: event.text.clone(),
        author: Person {
            id: event.author.id.clone(),
            name: event.author.name.clone(),
            role: match event.author.role {
                Role::Outsider => SdkRole::Outsider,
                Role::Viewer => SdkRole::Viewer,
                Role::Member => SdkRole::Member,
                Role::Maintainer => SdkRole::Maintainer,
                Role::Admin => SdkRole::Admin,
            },
        },
        thread: Thread {
            chat: event.thread.chat.clone(),
            room: event.thread.room.clone(),
            room_name: event.room_name.clone(),
            room_topic: event.room_topic.clone(),
            root: event.thread.root.clone(),
        },
        memory: None,
        repositories: event
            .repositories
            .iter()
            .map(|known| Repository {
                name: text(known.name.as_str()),
                description: known.description.clone(),
                default_branch: known.default_branch.clone(),
                owners: None,
            })
            .collect(),
        workflows: event
            .workflows
            .iter()
            .map(|known| Workflow {
                name: known.name.clone(),
                description: known.description.clone(),
                needs_repository: known.repository,
                repository: None,
            })
            .collect(),
        attrs: event.attrs.iter().map(|(key, value)| Attr { key: key.clone(), value: value.clone() }).collect(),
        payload: "null".into(),
    }
}

fn of_route(scope: &Scope) -> sdk::Route {
    sdk::Route {
        workflow: scope.target.workflow.clone(),
        repository: scope.target.repository.as_ref().map(|name| name.as_str().to_owned()),
        branch: scope.target.branch.clone(),
    }
}

fn of_request(request: &sdk::Request) -> Fetch {
    use sdk::Request;
    match request {
        Request::Thread(limit) => Fetch::Thread { limit: *limit },
        Request::File(it) => Fetch::File { repository: it.repository.as_str().into(), path: it.path.clone() },
        Request::Folder(it) => Fetch::List { repository: it.repository.as_str().into(), folder: it.path.clone() },
        Request::Change(it) => Fetch::Change { repository: it.repository.as_str().into(), number: it.number },
        Request::Http(url) => Fetch::Http { url: url.clone() },
        Request::Issue(it) => Fetch::Issue { repository: it.repository.as_str().into(), number: it.number },
        Request::Remarks(it) => Fetch::Remarks { repository: it.repository.as_str().into(), number: it.number },
        Request::Checks(it) => Fetch::Checks { repository: it.repository.as_str().into(), change: it.change },
        Request::Search(it) => Fetch::Search { repository: it.repository.as_str().into(), words: it.words.clone() },
        Request::History(it) => Fetch::History { repository: it.repository.as_str().into(), path: it.path.clone() },
    }
}

fn of_fetched(came: &Fetched) -> sdk::Outcome {
    match came {
        Fetched::Ok { text, author, trust, source } => sdk::Outcome::Ok(sdk::Fetched {
            text: text.clone(),
            author: author.clone(),
            trust: match trust {
                Trust::Untrusted => sdk::Trust::Untrusted,
                Trust::Team => sdk::Trust::Team,
                Trust::Reviewed => sdk::Trust::Reviewed,
            },
            source: source.clone(),
        }),
        Fetched::Denied { reason } => sdk::Outcome::Denied(reason.clone()),
        Fetched::NotFound => sdk::Outcome::NotFound,
        Fetched::Timeout => sdk::Outcome::Timeout,
        Fetched::TooLarge => sdk::Outcome::TooLarge,
        Fetched::Quota => sdk::Outcome::Quota,
        Fetched::Upstream { detail } => sdk::Outcome::Upstream(detail.clone()),
    }
}
