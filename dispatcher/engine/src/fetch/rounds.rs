//! The rounds of all prefetchers together: what they ask for next, given what came. The same when it is done and when it
//! is done again.

use std::collections::BTreeMap;

use signalbox_ports::plugins::{
    Event, Fetch, Fetched, Gathered, MAX_ROUNDS, Piece, Plugins, Prefetcher, Scope, Turn as Said,
};

use crate::gathering::{Gave, Turn};

/// Prefetchers at work.
pub(crate) struct Rounds<'a> {
    plugins: &'a dyn Plugins,
    event: &'a Event,
    scope: &'a Scope,
    works: Vec<Work>,
    turns: Vec<Turn>,
    round: u32,
}

/// One of them.
struct Work {
    prefetcher: Prefetcher,
    asked: Vec<Fetch>,
    denied: Vec<(Fetch, String)>,
    state: State,
}

enum State {
    Wants,
    Done(Vec<Piece>),
    Failed(String),
}

/// How one of them ended.
pub(crate) struct Ended {
    /// Which.
    pub(crate) prefetcher: Prefetcher,
    /// What it asked for and was fetched.
    pub(crate) asked: Vec<Fetch>,
    /// What it asked for and may not have.
    pub(crate) denied: Vec<(Fetch, String)>,
    /// What it gave, or why it gave nothing.
    pub(crate) gave: Result<Vec<Piece>, String>,
}

impl<'a> Rounds<'a> {
    /// Those that want to take part, before the first round.
    pub(crate) fn new(plugins: &'a dyn Plugins, event: &'a Event, scope: &'a Scope) -> Self {
        let all = plugins.prefetchers(event, scope).into_iter();
        let works = all
            .map(|prefetcher| Work { prefetcher, asked: Vec::new(), denied: Vec::new(), state: State::Wants })
            .collect();
        Self { plugins, event, scope, works, turns: Vec::new(), round: 0 }
    }

    /// Asks each that is not done yet, and gives what has to be fetched for them: each once, in the order it was asked
    /// for. `None`: all are done.
    pub(crate) fn next(&mut self, fetched: &BTreeMap<Fetch, Fetched>) -> Option<Vec<Fetch>> {
        if self.round > MAX_ROUNDS {
            return None;
        }
        let round = self.round;
        for work in self.works.iter_mut().filter(|work| matches!(work.state, State::Wants)) {
            let answers: Vec<(Fetch, Fetched)> = work
                .asked
                .iter()
                .map(|fetch| (fetch.clone(), fetched.get(fetch).cloned().unwrap_or(Fetched::NotFound)))
                .collect();
            let name = &work.prefetcher.name;
            let Said { gave, fuel, log, denied } = self.plugins.gather(name, self.event, self.scope, round, &answers);
            work.denied = denied;
            self.turns.push(Turn { prefetcher: name.clone(), round, gave: Gave::of(&gave), fuel, log });
            work.state = match gave {
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
        self.round += 1;
        let wants = |work: &&Work| matches!(work.state, State::Wants);
        if !self.works.iter().any(|work| wants(&work)) {
            self.round = MAX_ROUNDS + 1;
            return None;
        }
        let mut wanted: Vec<Fetch> = Vec::new();
        for fetch in self.works.iter().filter(wants).flat_map(|work| &work.asked) {
            if !fetched.contains_key(fetch) && !wanted.contains(fetch) {
                wanted.push(fetch.clone());
            }
        }
        Some(wanted)
    }

    /// The round that what is wanted belongs to, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.round
    }

    /// Who asked for something first.
    pub(crate) fn asker(&self, fetch: &Fetch) -> &str {
        let first = self.works.iter().find(|work| work.asked.contains(fetch));
        first.map_or("nobody", |work| work.prefetcher.name.as_str())
    }

    /// What was said in each round, and how each ended.
    pub(crate) fn end(self) -> (Vec<Turn>, Vec<Ended>) {
        let ended = self.works.into_iter().map(|work| {
            let gave = match work.state {
                State::Done(pieces) => Ok(pieces),
                State::Failed(why) => Err(why),
                State::Wants => Err("it never finished".into()),
            };
            Ended { prefetcher: work.prefetcher, asked: work.asked, denied: work.denied, gave }
        });
        (self.turns, ended.collect())
    }
}
