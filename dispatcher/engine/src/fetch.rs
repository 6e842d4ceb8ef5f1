//! Prefetch: plugins plan, the host fetches for all of them together, plugins assemble.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::json;
use signalbox_domain::context::{Bundle, Omission, Trust};
use signalbox_domain::run::Run;
use signalbox_domain::talk::Role;
use signalbox_ports::Error;
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, MAX_ROUNDS, Piece, Scope};

use crate::settings::FETCH_DEADLINE;
use crate::{Engine, bundle};

/// The largest thing fetched, in bytes.
const MAX_FETCHED: usize = 64 * 1024;
/// The most fetches of one event.
const MAX_FETCHES: usize = 128;
/// The most paths a folder lists.
const MAX_PATHS: usize = 2_000;

/// One prefetcher at work.
struct Work {
    name: String,
    asked: Vec<Fetch>,
    state: State,
}

enum State {
    Wants,
    Done(Vec<Piece>),
    Failed(String),
}

impl Engine {
    /// Gathers the context, besides what is at hand. A prefetcher that fails, or a fetch that does, is noted in the bundle; it never fails.
    pub(crate) async fn fetch(
        &self,
        run: &Run,
        event: &Event,
        scope: &Scope,
        (mut pieces, mut omissions): (Vec<(String, Piece)>, Vec<Omission>),
    ) -> Bundle {
        let plugins = &self.ports.plugins;
        let mut fetched: BTreeMap<Fetch, Fetched> = BTreeMap::new();
        let mut works: Vec<Work> = plugins
            .prefetchers(event, scope)
            .into_iter()
            .map(|name| Work { name, asked: Vec::new(), state: State::Wants })
            .collect();
        for round in 0..=MAX_ROUNDS {
            for work in works.iter_mut().filter(|work| matches!(work.state, State::Wants)) {
                let answers: Vec<(Fetch, Fetched)> = work
                    .asked
                    .iter()
                    .map(|fetch| (fetch.clone(), fetched.get(fetch).cloned().unwrap_or(Fetched::NotFound)))
                    .collect();
                work.state = match plugins.gather(&work.name, event, scope, round, &answers) {
                    Gathered::Done(pieces) => State::Done(pieces),
                    Gathered::Failed(error) => State::Failed(error),
                    Gathered::More(_) if round == MAX_ROUNDS => {
                        State::Failed(format!("it wanted more than {MAX_ROUNDS} rounds of fetching"))
                    }
                    Gathered::More(more) => {
                        work.asked.extend(more);
                        State::Wants
                    }
                };
            }
            let wanted: Vec<Fetch> = works
                .iter()
                .filter(|work| matches!(work.state, State::Wants))
                .flat_map(|work| work.asked.iter())
                .filter(|fetch| !fetched.contains_key(fetch))
                .cloned()
                .collect();
            if works.iter().all(|work| !matches!(work.state, State::Wants)) {
                break;
            }
            self.fetch_all(run, scope, wanted, &mut fetched).await;
        }
        for work in works {
            match work.state {
                State::Done(done) => pieces.extend(done.into_iter().map(|piece| (work.name.clone(), piece))),
                State::Failed(why) => omissions.push(Omission { what: format!("the prefetcher {}", work.name), why }),
                State::Wants => omissions
                    .push(Omission { what: format!("the prefetcher {}", work.name), why: "it never finished".into() }),
            }
        }
        bundle::make(pieces, omissions)
    }

    /// Everything that was asked for and not fetched yet, each once, beside each other, within one deadline.
    async fn fetch_all(&self, run: &Run, scope: &Scope, wanted: Vec<Fetch>, fetched: &mut BTreeMap<Fetch, Fetched>) {
        let mut fresh = Vec::new();
        for fetch in wanted {
            if fetched.len() + fresh.len() >= MAX_FETCHES {
                fetched.insert(fetch, Fetched::Quota);
            } else if !fresh.contains(&fetch) {
                fresh.push(fetch);
            }
        }
        let answers = join_all(fresh.iter().map(|fetch| async {
            match tokio::time::timeout(
                std::time::Duration::from_millis(FETCH_DEADLINE.0),
                self.one_fetch(run, scope, fetch),
            )
            .await
            {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => Fetched::Upstream { detail: error.to_string() },
                Err(_) => Fetched::Timeout,
            }
        }))
        .await;
        fetched.extend(fresh.into_iter().zip(answers));
    }

    async fn one_fetch(&self, run: &Run, scope: &Scope, fetch: &Fetch) -> Result<Fetched, Error> {
        let forge = &self.ports.forge;
        match fetch {
            Fetch::Thread { limit } => self.conversation(run, *limit).await,
            Fetch::File { repository, path } => {
                let Some(base) = commit(scope, repository) else { return Ok(elsewhere()) };
                let source = format!("{repository}@{}:{path}", short(base));
                Ok(match forge.file(repository, base, path, MAX_FETCHED).await? {
                    Some(text) => Fetched::Ok { text, author: None, trust: Trust::Reviewed, source },
                    None => Fetched::NotFound,
                })
            }
            Fetch::List { repository, folder } => {
                let Some(base) = commit(scope, repository) else { return Ok(elsewhere()) };
                let paths = forge.list(repository, base, folder, MAX_PATHS).await?;
                let source = format!("{repository}@{}:{folder}/", short(base));
                Ok(Fetched::Ok { text: paths.join("\n"), author: None, trust: Trust::Reviewed, source })
            }
            Fetch::Change { repository, number } => {
                if commit(scope, repository).is_none() {
                    return Ok(elsewhere());
                }
                Ok(match forge.change(repository, *number, MAX_FETCHED).await? {
                    Some((change, text)) => Fetched::Ok { text, author: None, trust: Trust::Team, source: change.url },
                    None => Fetched::NotFound,
                })
            }
            Fetch::Http { .. } => {
                Ok(Fetched::Denied { reason: "this installation opens no way to the public web".into() })
            }
        }
    }

    /// The conversation before the request, without what people outside the team wrote.
    async fn conversation(&self, run: &Run, limit: u32) -> Result<Fetched, Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(200);
        let spoken = self.chat(&run.thread)?.read(&run.thread, limit).await?;
        let mut text = String::new();
        for spoken in spoken {
            let asked = spoken.message.id == run.request.id;
            if spoken.ours || asked || spoken.message.by.role < Role::Viewer {
                continue;
            }
            let line = json!({
                "by": spoken.message.by.name,
                "role": spoken.message.by.role.words(),
                "at_ms": spoken.at.0,
                "text": spoken.message.text,
            });
            text.push_str(&format!("{line}\n"));
        }
        Ok(Fetched::Ok { text, author: None, trust: Trust::Team, source: run.thread.to_string() })
    }
}

/// The commit to read a repository at: the run's own repository only. A plugin that asks for another is told no, here
/// as in its grant.
fn commit<'a>(
    scope: &'a Scope,
    repository: &signalbox_domain::id::Repository,
) -> Option<&'a signalbox_domain::id::Commit> {
    scope.base.as_ref().filter(|_| scope.target.repository.as_ref() == Some(repository))
}

fn elsewhere() -> Fetched {
    Fetched::Denied { reason: "the event is about another repository".into() }
}

fn short(commit: &signalbox_domain::id::Commit) -> &str {
    commit.0.get(..12).unwrap_or(&commit.0)
}
