//! Prefetch: plugins plan, the host fetches for all of them together, plugins assemble.

mod one;
mod rounds;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use signalbox_domain::context::{Bundle, Omission};
use signalbox_domain::run::Run;
use signalbox_ports::Error;
use signalbox_ports::plugins::{Event, Fetch, Fetched, Piece, Prefetcher, Scope};
use tokio::time::Instant;

use crate::gathering::{Came, Gathering, Made};
use crate::settings::{FETCH_DEADLINE, FETCHES_DEADLINE};
use crate::{Engine, bundle};
pub(crate) use rounds::{Ended, Rounds};

/// The largest thing fetched, in bytes.
const MAX_FETCHED: usize = 64 * 1024;
/// The most fetches of one event.
const MAX_FETCHES: usize = 128;
/// The most pages of the web among them.
const MAX_PAGES: usize = 16;
/// The most bytes of all that is fetched for one event.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How often a source that is required is waited for, before the run stops without it.
const MAX_TRIES: u32 = 3;

/// What came of one fetch, and what a person should know of it besides.
struct Answer {
    fetched: Fetched,
    note: Option<String>,
}

impl Engine {
    /// Gathers the context, besides what is at hand. A prefetcher that fails, or a fetch that does, is noted in the
    /// bundle; only where one is required the run goes no further, and says why. `tries`: how often this was tried.
    pub(crate) async fn fetch(
        &self,
        run: &Run,
        event: &Event,
        scope: &Scope,
        (mut pieces, mut omissions): (Vec<(String, Piece)>, Vec<Omission>),
        tries: u32,
    ) -> Result<Bundle, Error> {
        let mut fetched: BTreeMap<Fetch, Fetched> = BTreeMap::new();
        let mut made: Vec<Made> = Vec::new();
        let mut rounds = Rounds::new(&*self.ports.plugins, event, scope);
        let begun = Instant::now();
        while let Some(wanted) = rounds.next(&fetched) {
            let left = Duration::from_millis(FETCHES_DEADLINE.0).saturating_sub(begun.elapsed());
            let answers = self.fetch_all(run, scope, wanted, &fetched, left).await;
            for (fetch, answer) in answers {
                made.push(self.keep_fetch(rounds.number(), &fetch, &answer).await?);
                fetched.insert(fetch, answer.fetched);
            }
        }
        let (turns, ended) = rounds.end();
        let mut lacking = Vec::new();
        omissions.extend(made.iter().filter(|one| !one.elsewhere(&made)).filter_map(Made::omission));
        for Ended { prefetcher, asked, denied, gave } in ended {
            let required = self.required(&prefetcher);
            for (fetch, reason) in denied {
                omissions.push(Omission { what: bundle::line(&fetch.to_string()), why: reason });
            }
            let late = asked.iter().filter_map(|fetch| Some((fetch, fetched.get(fetch)?)));
            for (fetch, came) in late.filter(|(_, came)| required && came.late()) {
                lacking.push(format!("{fetch} ({})", came.trouble().unwrap_or_default()));
            }
            match gave {
                Ok(done) => pieces.extend(done.into_iter().map(|piece| (prefetcher.name.clone(), piece))),
                Err(why) if required => lacking.push(format!("what `{}` gathers ({why})", prefetcher.name)),
                Err(why) => omissions.push(Omission { what: format!("the prefetcher {}", prefetcher.name), why }),
            }
        }
        if !lacking.is_empty() {
            return Err(lacks(&lacking, tries));
        }
        let event = self.ports.blobs.put(&serde_json::to_vec(event).map_err(Error::rejected)?).await?;
        let gathering = Gathering { event: Some(event), scope: scope.clone(), made, turns };
        let gathering = self.ports.blobs.put(&gathering.bytes()).await?;
        let mut bundle = bundle::make(pieces, omissions, self.settings.fetch.tokens);
        bundle.gathering = Some(gathering);
        if !bundle.items.is_empty() {
            bundle.given = Some(self.ports.blobs.put(bundle::render(&bundle).as_bytes()).await?);
        }
        Ok(bundle)
    }

    /// Whether nothing goes on without a prefetcher: it says so itself, or the team does.
    fn required(&self, prefetcher: &Prefetcher) -> bool {
        let id = prefetcher.name.split('@').next().unwrap_or_default();
        prefetcher.required || self.settings.fetch.required.iter().any(|name| name == id)
    }

    /// What was fetched, as it is kept: the text by its digest.
    async fn keep_fetch(&self, round: u32, fetch: &Fetch, answer: &Answer) -> Result<Made, Error> {
        if let Fetched::Ok { text, .. } = &answer.fetched {
            self.ports.blobs.put(text.as_bytes()).await?;
        }
        let came = Came::of(&answer.fetched);
        Ok(Made { round, fetch: fetch.clone(), came, note: answer.note.clone() })
    }

    /// Everything that was asked for and not fetched yet, each once, beside each other, within one deadline.
    async fn fetch_all(
        &self,
        run: &Run,
        scope: &Scope,
        wanted: Vec<Fetch>,
        before: &BTreeMap<Fetch, Fetched>,
        left: Duration,
    ) -> Vec<(Fetch, Answer)> {
        let page = |fetch: &Fetch| matches!(fetch, Fetch::Http { .. });
        let mut count = before.len();
        let mut pages = before.keys().filter(|fetch| page(fetch)).count();
        let mut bytes: usize = before.values().map(length).sum();
        let each = left.min(Duration::from_millis(FETCH_DEADLINE.0));
        let mut answers = join_all(wanted.into_iter().map(|fetch| {
            count += 1;
            pages += usize::from(page(&fetch));
            let enough = count > MAX_FETCHES || (page(&fetch) && pages > MAX_PAGES);
            async move {
                let answer = if enough {
                    Answer::from(Fetched::Quota)
                } else {
                    match tokio::time::timeout(each, self.one_fetch(run, scope, &fetch)).await {
                        Ok(Ok(answer)) => answer,
                        Ok(Err(error)) => Answer::from(Fetched::Upstream { detail: error.to_string() }),
                        Err(_) => Answer::from(Fetched::Timeout),
                    }
                };
                (fetch, answer)
            }
        }))
        .await;
        for (_, answer) in &mut answers {
            bytes += length(&answer.fetched);
            if length(&answer.fetched) > 0 && bytes > MAX_BYTES {
                *answer = Answer::from(Fetched::Quota);
            }
        }
        answers
    }
}

impl From<Fetched> for Answer {
    fn from(fetched: Fetched) -> Self {
        Self { fetched, note: None }
    }
}

fn length(fetched: &Fetched) -> usize {
    match fetched {
        Fetched::Ok { text, .. } => text.len(),
        Fetched::Denied { .. }
        | Fetched::NotFound
        | Fetched::Timeout
        | Fetched::TooLarge
        | Fetched::Quota
        | Fetched::Upstream { .. } => 0,
    }
}

/// What is required did not come: it is asked for again a few times, and then a person hears of it.
fn lacks(lacking: &[String], tries: u32) -> Error {
    let what = format!("Nothing is begun without {}, and that did not come", lacking.join(" and "));
    if tries < MAX_TRIES {
        return Error::Unavailable(what);
    }
    Error::Rejected(format!(
        "{what}, though it was asked for {tries} times. Ask again later; or somebody who runs this Signalbox takes it \
         from what is required."
    ))
}
