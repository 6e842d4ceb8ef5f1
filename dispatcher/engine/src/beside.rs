//! Plugins beside the live ones: shadows, which are asked and decide nothing, and canaries, which decide in some rooms.

use std::sync::Arc;

use signalbox_domain::route::Opinion;
use signalbox_ports::plugins::{About, Event, Fetch, Fetched, Plugins, Prefetcher, Scope, Shadow, Turn};

use crate::record::id;

/// The live plugins, with others beside them.
pub struct Beside {
    live: Arc<dyn Plugins>,
    others: Vec<Other>,
}

/// Plugins beside the live ones. One of the id of a live one is another version of it, or the same set otherwise.
pub struct Other {
    /// The plugins.
    pub plugins: Arc<dyn Plugins>,
    /// The rooms, by name or id, that they decide in. None: they decide nowhere, and are shadows.
    pub rooms: Vec<String>,
}

impl Other {
    fn decides(&self, event: &Event) -> bool {
        self.rooms.iter().any(|room| *room == event.room_name || *room == event.thread.room)
    }
}

impl Beside {
    /// These, with those beside them.
    pub fn new(live: Arc<dyn Plugins>, others: Vec<Other>) -> Self {
        Self { live, others }
    }

    /// The plugins that decide on an event, the live ones last.
    fn deciding(&self, event: &Event) -> impl Iterator<Item = &Arc<dyn Plugins>> {
        self.others.iter().filter(|other| other.decides(event)).map(|other| &other.plugins).chain([&self.live])
    }
}

/// The opinions with another one in the place of that router's own, in the order they would be asked.
pub fn with(opinions: &[Opinion], other: &Opinion) -> Vec<Opinion> {
    let kept = opinions.iter().filter(|opinion| id(opinion) != id(other));
    let mut all: Vec<Opinion> = kept.chain([other]).cloned().collect();
    all.sort_by(|a, b| (a.priority, &a.router).cmp(&(b.priority, &b.router)));
    all
}

impl Plugins for Beside {
    fn about(&self) -> About {
        self.live.about()
    }

    fn route(&self, event: &Event) -> Vec<Opinion> {
        let mut opinions = self.live.route(event);
        for other in self.others.iter().filter(|other| other.decides(event)) {
            for opinion in other.plugins.route(event) {
                opinions = with(&opinions, &opinion);
            }
        }
        opinions
    }

    fn shadows(&self, event: &Event, opinions: &[Opinion]) -> Vec<Shadow> {
        let shadows = self.others.iter().filter(|other| other.rooms.is_empty());
        shadows
            .flat_map(|other| other.plugins.route(event))
            .map(|opinion| Shadow { decision: event.decide(&with(opinions, &opinion)), opinion })
            .collect()
    }

    fn prefetchers(&self, event: &Event, scope: &Scope) -> Vec<Prefetcher> {
        let mut found: Vec<Prefetcher> = Vec::new();
        for prefetcher in self.deciding(event).flat_map(|plugins| plugins.prefetchers(event, scope)) {
            if found.iter().all(|known| bare(&known.name) != bare(&prefetcher.name)) {
                found.push(prefetcher);
            }
        }
        found
    }

    fn gather(&self, prefetcher: &str, event: &Event, scope: &Scope, round: u32, fetched: &[(Fetch, Fetched)]) -> Turn {
        let mut all = self.deciding(event);
        let has =
            |plugins: &&Arc<dyn Plugins>| plugins.prefetchers(event, scope).iter().any(|it| it.name == prefetcher);
        all.find(has).unwrap_or(&self.live).gather(prefetcher, event, scope, round, fetched)
    }
}

fn bare(name: &str) -> &str {
    name.split('@').next().unwrap_or_default()
}
