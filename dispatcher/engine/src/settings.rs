//! What the team decided, and the engine's own bounds.

use std::collections::BTreeMap;

use signalbox_domain::identity::Permission;
use signalbox_domain::patch;
use signalbox_domain::route::Target;
use signalbox_domain::run::Run;
use signalbox_domain::talk::Role;
use signalbox_domain::time::Span;

use crate::token::Secret;

/// What the team decided.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many runs work at once.
    pub concurrent_runs: u32,
    /// The agents workflows may name. `default` is the one they mean when they name none.
    pub agents: BTreeMap<String, Agent>,
    /// What models cost, beside the shipped table: more of it, as TOML.
    pub prices: String,
    /// What the tokens of boxes are made with.
    pub secret: Secret,
    /// What a box's silence is counted in: after two of them it is lost. It reports more often than that.
    pub heartbeat: Span,
    /// The address part after `@` of the authors of commits.
    pub mail_domain: String,
    /// Workflow files of the team, by path as in a repository's `.signalbox/workflows`; they come before the shipped
    /// ones and after a repository's own.
    pub workflows: BTreeMap<String, String>,
    /// Paths (globs) that no change may touch, in any repository.
    pub protect: Vec<String>,
    /// What may be asked for in a room, by `chat:room`. A room that is not named here has no bounds of its own.
    pub rooms: BTreeMap<String, Room>,
    /// What may be gathered for a request.
    pub fetch: Fetching,
}

/// What may be gathered for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetching {
    /// The hosts of the web that may be read: `docs.example.com`, `*.example.com`. By itself none.
    pub hosts: Vec<String>,
    /// Whoever may do less than this in a repository is not heard: what they wrote there reaches no plugin and no agent.
    pub least: Permission,
    /// The prefetchers, by id, without which nothing is begun.
    pub required: Vec<String>,
    /// The most tokens of a bundle.
    pub tokens: u64,
}

impl Default for Fetching {
    fn default() -> Self {
        Self { hosts: Vec::new(), least: Permission::Triage, required: Vec::new(), tokens: 48_000 }
    }
}

/// What may be asked for in a room, whoever asks. What is empty is no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// The repositories, as globs: `acme/*`.
    pub repositories: Vec<String>,
    /// The workflows.
    pub workflows: Vec<String>,
    /// The least role that may ask there.
    pub role: Option<Role>,
}

impl Room {
    /// Why a run may not do that here; `None`: it may.
    pub(crate) fn forbids(&self, run: &Run, target: &Target) -> Option<String> {
        let by = &run.request.by;
        if let Some(role) = self.role.filter(|role| by.role < *role) {
            return Some(format!(
                "In this room only a {} can ask, and {} is a {}.",
                role.words(),
                by.name,
                by.role.words()
            ));
        }
        if !self.workflows.is_empty() && !self.workflows.contains(&target.workflow) {
            let allowed = self.workflows.join(", ");
            return Some(format!("`{}` cannot be asked for in this room; it has: {allowed}.", target.workflow));
        }
        let named = target.repository.as_ref()?;
        let within =
            self.repositories.is_empty() || self.repositories.iter().any(|glob| patch::matches(glob, &named.0));
        (!within).then(|| {
            format!(
                "{named} cannot be worked on from this room; it has: {}. Ask in another one.",
                self.repositories.join(", ")
            )
        })
    }
}

/// An agent the team has set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// The runner's adapter for it.
    pub adapter: String,
    /// The provider's name for the model.
    pub model: Option<String>,
    /// Whose models it asks, by the name under which the dispatcher holds the credential; nothing for one that asks none.
    pub provider: Option<String>,
    /// The agents that go on, one after the other, where its model's provider lets nobody in or is out of order.
    pub then: Vec<String>,
    /// The adapter's own settings.
    pub settings: BTreeMap<String, String>,
    /// The adapter's settings for one phase, by `workflow.phase`, or for one of its rounds, by `workflow.phase.2`; the
    /// narrower come first.
    pub phases: BTreeMap<String, BTreeMap<String, String>>,
}

impl Settings {
    /// Settings with that secret and no agents.
    pub fn new(secret: Secret) -> Self {
        Self {
            concurrent_runs: 4,
            agents: BTreeMap::new(),
            prices: String::new(),
            secret,
            heartbeat: Span::seconds(5),
            mail_domain: "users.noreply.localhost".into(),
            workflows: BTreeMap::new(),
            protect: Vec::new(),
            rooms: BTreeMap::new(),
            fetch: Fetching::default(),
        }
    }
}

impl Settings {
    /// How often a box is to report when nothing happens. What it is told rides on the answers, so this is not long.
    pub(crate) fn reports(&self) -> Span {
        Span(self.heartbeat.0 * 2 / 5)
    }

    /// How long a box may be silent: found by the next sweep, two heartbeats have passed.
    pub(crate) fn silence(&self) -> Span {
        Span((self.heartbeat.0 * 2).saturating_sub(SWEPT_IN.0).max(self.heartbeat.0))
    }
}

/// How long a delivery is held while its step is made. Longer than any step; a crash costs this long.
pub(crate) const DELIVERY_LEASE: Span = Span::seconds(30);
/// How long an effect is held while it is performed. Longer than any port call may take.
pub(crate) const EFFECT_LEASE: Span = Span::seconds(60);
/// How long one fetch may take.
pub(crate) const FETCH_DEADLINE: Span = Span::seconds(2);
/// How long all fetches of an event may take together, in all rounds.
pub(crate) const FETCHES_DEADLINE: Span = Span::seconds(5);
/// How long it may take until a sweep finds what ran out: so much earlier it runs out.
pub(crate) const SWEPT_IN: Span = Span::seconds(2);
/// How long a box that was asked for is kept track of before its runner claims; the phase's own `start` limit is
/// shorter.
pub(crate) const UNCLAIMED: Span = Span::minutes(30);
/// How long a runner may take from its box to its claim, before a box that is dead and has not claimed counts as lost.
pub(crate) const ARRIVAL: Span = Span::seconds(10);
/// How often a delivery is tried at once after losing a race, before it goes back to the queue.
pub(crate) const RACES: u32 = 5;
/// How many things one sweep takes up of each kind.
pub(crate) const SWEEP_BATCH: usize = 200;
/// How often edges look for what they missed.
pub(crate) const CATCH_UP: Span = Span::minutes(1);
/// How many of the latest runs are looked through for those that are open.
pub(crate) const OPEN_RUNS: usize = 500;
/// A delivery older than this and not worked is queued again by the sweep.
pub(crate) const STRANDED: Span = Span::seconds(10);

/// How long to wait before try number `tries` + 1: one second, doubled each time, five minutes at most.
pub(crate) fn backoff(tries: u32) -> Span {
    Span::seconds((1_u64 << tries.saturating_sub(1).min(9)).min(300))
}
