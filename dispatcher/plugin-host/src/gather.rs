//! A prefetcher's rounds, replayed from what was fetched so far.
//!
//! The engine keeps no state between rounds: every round begins with the plan and goes through the same calls again, on
//! the same answers, to where something new is asked. Pure functions make that exact, and small ones make it cheap.

use std::collections::BTreeMap;

use signalbox_domain::context::Trust;
use signalbox_ports::plugins::{Fetch, Fetched, Gathered, MAX_ROUNDS, Piece};

use crate::bindings::fetching::{Assembled, Item, Outcome, Request, Response};
use crate::convert;
use crate::limits::{BUNDLE, ITEM, ITEMS, REQUESTS};

/// Plays a prefetcher on `fetched` until it is done, fails, or asks for something that is not in there; gives what it was
/// denied, too.
pub(crate) fn replay(
    fetched: &[(Fetch, Fetched)],
    allowed: impl Fn(&Fetch) -> Result<(), String>,
    plan: impl FnOnce() -> Result<Vec<Request>, String>,
    assemble: impl Fn(u32, &[Response]) -> Result<Assembled, String>,
) -> (Gathered, Vec<(Fetch, String)>) {
    let mut denied = Vec::new();
    let gave = play(fetched, allowed, plan, assemble, &mut denied);
    (gave, denied)
}

fn play(
    fetched: &[(Fetch, Fetched)],
    allowed: impl Fn(&Fetch) -> Result<(), String>,
    plan: impl FnOnce() -> Result<Vec<Request>, String>,
    assemble: impl Fn(u32, &[Response]) -> Result<Assembled, String>,
    denied: &mut Vec<(Fetch, String)>,
) -> Gathered {
    let known: BTreeMap<&Fetch, &Fetched> = fetched.iter().map(|(fetch, came)| (fetch, came)).collect();
    let mut responses: Vec<Response> = Vec::new();
    let mut next = plan();
    for round in 1..=MAX_ROUNDS {
        let requests = match next {
            Ok(requests) if requests.len() > REQUESTS => {
                return Gathered::Failed(format!(
                    "it asked for {} things in one round; {REQUESTS} is the most",
                    requests.len()
                ));
            }
            Ok(requests) => requests,
            Err(error) => return Gathered::Failed(error),
        };
        let mut missing = Vec::new();
        for request in requests {
            let fetch = convert::fetch(&request);
            match (allowed(&fetch), known.get(&fetch)) {
                (Err(reason), _) => {
                    denied.push((fetch, reason.clone()));
                    responses.push(Response { request, outcome: Outcome::Denied(reason) });
                }
                (Ok(()), Some(came)) => responses.push(Response { request, outcome: convert::outcome(came) }),
                (Ok(()), None) => missing.push(fetch),
            }
        }
        if !missing.is_empty() {
            return Gathered::More(missing);
        }
        next = match assemble(round, &responses) {
            Ok(Assembled::More(requests)) => Ok(requests),
            Ok(Assembled::Done(items)) => return done(items, &responses),
            Err(error) => Err(error),
        };
    }
    match next {
        Ok(_) => Gathered::Failed(format!("it asked for more after its last round; {MAX_ROUNDS} is the most")),
        Err(error) => Gathered::Failed(error),
    }
}

fn done(items: Vec<Item>, responses: &[Response]) -> Gathered {
    let bytes: usize = items.iter().map(|item| item.text.len()).sum();
    if let Some(item) = items.iter().find(|item| item.text.len() as u64 > ITEM.default) {
        return Gathered::Failed(format!("it gave {:?}, which is over {} KiB", item.title, ITEM.default / 1024));
    }
    if bytes as u64 > BUNDLE.default {
        return Gathered::Failed(format!("all it gave is over {} KiB", BUNDLE.default / 1024));
    }
    if items.len() > ITEMS {
        return Gathered::Failed(format!("it gave {} pieces; {ITEMS} is the most", items.len()));
    }
    Gathered::Done(items.into_iter().map(|item| piece(item, responses)).collect())
}

/// A piece is believed as far as the least trusted response it was made of, and no further.
fn piece(item: Item, responses: &[Response]) -> Piece {
    let mut trust = Trust::Reviewed;
    let mut sources = Vec::new();
    let mut authors = Vec::new();
    for place in &item.sources {
        match responses.get(*place as usize).map(|response| &response.outcome) {
            Some(Outcome::Ok(fetched)) => {
                trust = trust.min(convert::trust(fetched.trust));
                sources.push(fetched.source.as_str());
                authors.extend(fetched.author.as_deref());
            }
            // It says it is made of something that never came.
            Some(
                Outcome::Denied(_)
                | Outcome::NotFound
                | Outcome::Timeout
                | Outcome::TooLarge
                | Outcome::Quota
                | Outcome::Upstream(_),
            )
            | None => trust = Trust::Untrusted,
        }
    }
    if sources.is_empty() {
        trust = Trust::Untrusted;
    }
    sources.dedup();
    authors.dedup();
    Piece {
        title: item.title,
        source: sources.join(", "),
        author: (!authors.is_empty()).then(|| authors.join(", ")),
        trust,
        text: item.text,
        weight: item.weight,
    }
}
