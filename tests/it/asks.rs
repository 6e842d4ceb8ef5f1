//! One prefetcher that asks for what it is told to, round by round, and gives everything that came.

use std::sync::Arc;

use signalbox_domain::context::Trust;
use signalbox_domain::id::Digest;
use signalbox_domain::route::Opinion;
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, Piece, Plugins, Prefetcher, Scope, Turn};

/// The routers of a world, and that prefetcher.
pub(crate) struct Asks {
    /// The routers.
    pub(crate) routers: Arc<dyn Plugins>,
    /// What it asks for in each round.
    pub(crate) rounds: Vec<Vec<Fetch>>,
}

impl Plugins for Asks {
    fn route(&self, event: &Event) -> Vec<Opinion> {
        self.routers.route(event)
    }

    fn prefetchers(&self, _: &Event, _: &Scope) -> Vec<Prefetcher> {
        vec![Prefetcher { name: "asks@1".into(), digest: Digest::of(b"asks"), required: false }]
    }

    fn gather(&self, _: &str, _: &Event, _: &Scope, round: u32, fetched: &[(Fetch, Fetched)]) -> Turn {
        let gave = match self.rounds.get(round as usize) {
            Some(more) => Gathered::More(more.clone()),
            None => Gathered::Done(fetched.iter().filter_map(|(_, came)| piece(came)).collect()),
        };
        Turn { gave, fuel: 1, log: Vec::new(), denied: Vec::new() }
    }
}

fn piece(came: &Fetched) -> Option<Piece> {
    let Fetched::Ok { text, source, .. } = came else { return None };
    let (title, source, text) = (source.clone(), source.clone(), text.clone());
    Some(Piece { title, source, author: None, trust: Trust::Team, text, weight: 1 })
}
