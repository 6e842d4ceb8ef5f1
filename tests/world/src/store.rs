//! Everything durable, in a few maps behind one lock: the reference every other store is compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use signalbox_domain::devbox::Control;
use signalbox_domain::effect::{Effect, Lane, Owed};
use signalbox_domain::event::Delivery;
use signalbox_domain::id::{DeliveryId, DevboxId, EffectId, RunId};
use signalbox_domain::reason::Reason;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::{Claimed, Commit, Entry, Lease, Place, Recorded, Settlement, Standing, Subject};

use crate::fault::{Calm, Faults, call};

/// Keeps runs in memory.
pub struct Store {
    faults: Arc<dyn Faults>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In the order they were recorded.
    deliveries: Vec<Kept>,
    /// The place of each.
    places: BTreeMap<DeliveryId, usize>,
    runs: BTreeMap<RunId, Saved>,
    latest: BTreeMap<ThreadId, RunId>,
    leases: BTreeMap<DevboxId, Lease>,
    lines: BTreeMap<String, Line>,
}

struct Kept {
    delivery: Delivery,
    worked: bool,
    ignored: Option<(Option<RunId>, Reason)>,
}

struct Saved {
    run: Run,
    history: Vec<Entry>,
    /// The effects that are owed.
    owed: BTreeMap<EffectId, Held>,
    /// Those that were.
    settled: BTreeMap<EffectId, Held>,
}

struct Held {
    owed: Owed,
    tries: u32,
    until: Option<Time>,
    why: Option<String>,
    message: Option<MessageId>,
}

/// A limiter's places and its line, each oldest first.
#[derive(Default)]
struct Line {
    inside: Vec<RunId>,
    waiting: Vec<RunId>,
}

impl Store {
    /// An empty one whose calls meet `faults`.
    pub fn new(faults: Arc<dyn Faults>) -> Self {
        Self { faults, state: Mutex::default() }
    }

    /// When the next effect of such a lane may be taken up.
    pub fn next_of(&self, lanes: impl Fn(Lane) -> bool) -> Option<Time> {
        let mut state = self.state();
        let turns = state.runs.values_mut().flat_map(Saved::turns);
        turns.filter(|held| lanes(held.owed.effect.lane())).map(|held| held.free()).min()
    }

    /// How many runs there are.
    pub fn count(&self) -> usize {
        self.state().runs.len()
    }

    async fn call<T>(
        &self,
        point: &'static str,
        work: impl FnOnce(&mut State) -> Result<T, Error>,
    ) -> Result<T, Error> {
        call(&*self.faults, point, || work(&mut self.state())).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new(Arc::new(Calm))
    }
}

impl State {
    fn kept(&mut self, id: &DeliveryId) -> Option<&mut Kept> {
        let place = self.places.get(id)?;
        self.deliveries.get_mut(*place)
    }

    fn record(&mut self, delivery: &Delivery) -> Recorded {
        match self.kept(&delivery.event.id) {
            Some(kept) if kept.worked => Recorded::Done,
            Some(_) => Recorded::Pending,
            None => {
                self.places.insert(delivery.event.id.clone(), self.deliveries.len());
                self.deliveries.push(Kept { delivery: delivery.clone(), worked: false, ignored: None });
                Recorded::New
            }
        }
    }
}

impl Saved {
    /// The effects whose turn it is: the first unsettled one of each lane, and every alarm.
    fn turns(&mut self) -> impl Iterator<Item = &mut Held> {
        let mut passed = BTreeSet::new();
        self.owed.values_mut().filter(move |held| {
            let lane = held.owed.effect.lane();
            lane == Lane::Alarm || passed.insert(lane)
        })
    }

    /// Every effect, in the order they were decided in.
    fn effects(&self) -> Vec<(&EffectId, &Held)> {
        let mut all: Vec<_> = self.settled.iter().chain(&self.owed).collect();
        all.sort_by_key(|(id, _)| *id);
        all
    }
}

impl Held {
    /// When it may be taken up.
    fn free(&self) -> Time {
        self.until.map_or(self.owed.due, |until| until.max(self.owed.due))
    }
}

#[async_trait]
impl signalbox_ports::store::Store for Store {
    async fn record(&self, delivery: &Delivery) -> Result<Recorded, Error> {
        self.call("store.record", |state| Ok(state.record(delivery))).await
    }

    async fn delivery(&self, id: &DeliveryId) -> Result<Option<(Delivery, bool)>, Error> {
        self.call("store.delivery", |state| Ok(state.kept(id).map(|kept| (kept.delivery.clone(), kept.worked)))).await
    }

    async fn unworked(&self, before: Time, limit: usize) -> Result<Vec<(ThreadId, DeliveryId)>, Error> {
        self.call("store.unworked", |state| {
            let unworked = state.deliveries.iter().filter(|kept| !kept.worked && kept.delivery.event.at < before);
            Ok(unworked
                .take(limit)
                .map(|kept| (kept.delivery.thread.clone(), kept.delivery.event.id.clone()))
                .collect())
        })
        .await
    }

    async fn load(&self, subject: &Subject) -> Result<Option<Run>, Error> {
        self.call("store.load", |state| {
            let id = match subject {
                Subject::Run(id) => Some(id),
                Subject::Thread(thread) => state.latest.get(thread),
            };
            Ok(id.and_then(|id| state.runs.get(id)).map(|saved| saved.run.clone()))
        })
        .await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.call("store.commit", |state| {
            commit.check()?;
            let Some(kept) = state.kept(&commit.delivery) else {
                return Err(Error::rejected(format!("the delivery {} was never recorded", commit.delivery)));
            };
            let worked = kept.worked;
            let current = match state.runs.get(&commit.run.id) {
                Some(saved) => saved.run.version == commit.loaded,
                None => commit.loaded == 0 && state.latest.get(&commit.run.thread) == commit.after.as_ref(),
            };
            if worked || !current {
                return Err(Error::Conflict);
            }
            if let Some(kept) = state.kept(&commit.delivery) {
                kept.worked = true;
            }
            if commit.loaded == 0 {
                state.latest.insert(commit.run.thread.clone(), commit.run.id.clone());
            }
            let saved = state.runs.entry(commit.run.id.clone()).or_insert_with(|| Saved {
                run: commit.run.clone(),
                history: Vec::new(),
                owed: BTreeMap::new(),
                settled: BTreeMap::new(),
            });
            saved.run = commit.run.clone();
            saved.history.push(Entry { version: commit.run.version, event: commit.event.clone() });
            saved.owed.extend(commit.effects.iter().map(|owed| (owed.id.clone(), Held::new(owed))));
            Ok(())
        })
        .await
    }

    async fn ignore(&self, delivery: &DeliveryId, run: Option<&RunId>, reason: Reason) -> Result<(), Error> {
        self.call("store.ignore", |state| match state.kept(delivery) {
            Some(kept) => {
                if !kept.worked {
                    kept.worked = true;
                    kept.ignored = Some((run.cloned(), reason));
                }
                Ok(())
            }
            None => Err(Error::rejected(format!("the delivery {delivery} was never recorded"))),
        })
        .await
    }

    async fn due(&self, now: Time, limit: usize) -> Result<Vec<RunId>, Error> {
        self.call("store.due", |state| {
            let mut due: Vec<(Time, RunId)> = Vec::new();
            for (id, saved) in &mut state.runs {
                let longest = saved.turns().filter(|held| held.free() <= now).map(|held| held.owed.due).min();
                due.extend(longest.map(|since| (since, id.clone())));
            }
            due.sort();
            Ok(due.into_iter().take(limit).map(|(_, run)| run).collect())
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<Time>, Error> {
        self.call("store.next_due", |state| {
            let effects = state.runs.values_mut().filter_map(|saved| saved.turns().map(|held| held.free()).min()).min();
            let boxes =
                state.leases.values().filter(|lease| lease.control != Control::Gone).map(|lease| lease.deadline);
            Ok(effects.into_iter().chain(boxes).min())
        })
        .await
    }

    async fn claim(&self, run: &RunId, now: Time, until: Time) -> Result<Vec<Claimed>, Error> {
        self.call("store.claim", |state| {
            let Some(saved) = state.runs.get_mut(run) else { return Ok(Vec::new()) };
            let free = saved.turns().filter(|held| held.free() <= now);
            Ok(free
                .map(|held| {
                    held.tries += 1;
                    held.until = Some(until);
                    Claimed { owed: held.owed.clone(), tries: held.tries, until }
                })
                .collect())
        })
        .await
    }

    async fn settle(&self, claimed: &Claimed, settlement: &Settlement, _now: Time) -> Result<(), Error> {
        self.call("store.settle", |state| {
            let id = &claimed.owed.id;
            let saved = state.runs.get_mut(&id.run);
            let Some(saved) = saved.filter(|saved| saved.owed.contains_key(id) || saved.settled.contains_key(id))
            else {
                return Err(Error::rejected(format!("there is no effect {id}")));
            };
            let Some(held) = saved.owed.get_mut(id) else { return Ok(()) };
            if held.until != Some(claimed.until) || held.tries != claimed.tries {
                return Ok(());
            }
            held.until = None;
            let (over, result) = match settlement {
                Settlement::Done { message, result } => {
                    held.message.clone_from(message);
                    (true, result.as_ref())
                }
                Settlement::Dropped => (true, None),
                Settlement::Failed { why, result } => {
                    held.why = Some(why.clone());
                    (true, result.as_ref())
                }
                Settlement::Later { due, why } => {
                    held.owed.due = *due;
                    held.why = Some(why.clone());
                    (false, None)
                }
            };
            if over && let Some(held) = saved.owed.remove(id) {
                saved.settled.insert(id.clone(), held);
            }
            if let Some(delivery) = result {
                state.record(delivery);
            }
            Ok(())
        })
        .await
    }

    async fn slot(&self, run: &RunId, slot: &str) -> Result<(Option<EffectId>, Option<MessageId>), Error> {
        self.call("store.slot", |state| {
            let mut found = (None, None);
            for (_, held) in state.runs.get(run).into_iter().flat_map(Saved::effects) {
                if let Effect::Say { slot: said, .. } = &held.owed.effect
                    && said.key() == slot
                {
                    found.0 = Some(held.owed.id.clone());
                    found.1 = held.message.clone().or(found.1);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn history(&self, run: &RunId) -> Result<Vec<Entry>, Error> {
        self.call("store.history", |state| {
            Ok(state.runs.get(run).map(|saved| saved.history.clone()).unwrap_or_default())
        })
        .await
    }

    async fn effects(&self, run: &RunId) -> Result<Vec<Standing>, Error> {
        self.call("store.effects", |state| {
            let Some(saved) = state.runs.get(run) else { return Ok(Vec::new()) };
            let all = saved.effects().into_iter();
            Ok(all.map(|(id, held)| held.standing(saved.settled.contains_key(id))).collect())
        })
        .await
    }

    async fn ignored(&self, thread: &ThreadId) -> Result<Vec<(Delivery, Reason)>, Error> {
        self.call("store.ignored", |state| {
            let of_thread = |run: &RunId| state.runs.get(run).is_some_and(|saved| saved.run.thread == *thread);
            Ok(state
                .deliveries
                .iter()
                .filter_map(|kept| {
                    let (run, reason) = kept.ignored.as_ref()?;
                    let here = kept.delivery.thread == *thread || run.as_ref().is_some_and(of_thread);
                    here.then(|| (kept.delivery.clone(), reason.clone()))
                })
                .collect())
        })
        .await
    }

    async fn runs(&self, limit: usize) -> Result<Vec<Run>, Error> {
        self.call("store.runs", |state| {
            Ok(state.runs.values().rev().take(limit).map(|saved| saved.run.clone()).collect())
        })
        .await
    }

    async fn lease(&self, lease: &Lease) -> Result<(), Error> {
        self.call("store.lease", |state| {
            state.leases.entry(lease.devbox.clone()).or_insert_with(|| lease.clone());
            Ok(())
        })
        .await
    }

    async fn leased(&self, devbox: &DevboxId) -> Result<Option<Lease>, Error> {
        self.call("store.leased", |state| Ok(state.leases.get(devbox).cloned())).await
    }

    async fn take(&self, devbox: &DevboxId, deadline: Time) -> Result<bool, Error> {
        self.call("store.take", |state| match state.leases.get_mut(devbox) {
            Some(lease) if !lease.claimed && lease.control != Control::Gone => {
                lease.claimed = true;
                lease.deadline = deadline;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        })
        .await
    }

    async fn beat(&self, devbox: &DevboxId, epoch: u32, deadline: Time) -> Result<Control, Error> {
        self.call("store.beat", |state| match state.leases.get_mut(devbox) {
            Some(lease) if lease.epoch == epoch && lease.control != Control::Gone => {
                lease.deadline = deadline;
                Ok(lease.control.clone())
            }
            Some(_) | None => Ok(Control::Gone),
        })
        .await
    }

    async fn direct(&self, devbox: &DevboxId, control: Control) -> Result<(), Error> {
        self.call("store.direct", |state| {
            if let Some(lease) = state.leases.get_mut(devbox)
                && lease.control != Control::Gone
            {
                lease.control = control;
            }
            Ok(())
        })
        .await
    }

    async fn lapsed(&self, now: Time, limit: usize) -> Result<Vec<Lease>, Error> {
        self.call("store.lapsed", |state| {
            let over = |lease: &&Lease| lease.deadline <= now && lease.control != Control::Gone;
            let mut lapsed: Vec<Lease> = state.leases.values().filter(over).cloned().collect();
            lapsed.sort_by_key(|lease| lease.deadline);
            lapsed.truncate(limit);
            Ok(lapsed)
        })
        .await
    }

    async fn admit(&self, limiter: &str, limit: u32, run: &RunId, _now: Time) -> Result<Place, Error> {
        self.call("store.admit", |state| {
            let line = state.lines.entry(limiter.into()).or_default();
            if line.inside.contains(run) {
                return Ok(Place::In);
            }
            if line.waiting.is_empty() && line.inside.len() < limit as usize {
                line.inside.push(run.clone());
                return Ok(Place::In);
            }
            if !line.waiting.contains(run) {
                line.waiting.push(run.clone());
            }
            let before = line.waiting.iter().take_while(|waits| *waits != run).count();
            Ok(Place::Line(u32::try_from(before + 1).unwrap_or(u32::MAX)))
        })
        .await
    }

    async fn leave(&self, limiter: &str, limit: u32, run: &RunId) -> Result<Vec<RunId>, Error> {
        self.call("store.leave", |state| {
            let line = state.lines.entry(limiter.into()).or_default();
            line.inside.retain(|inside| inside != run);
            line.waiting.retain(|waits| waits != run);
            while line.inside.len() < limit as usize && !line.waiting.is_empty() {
                line.inside.push(line.waiting.remove(0));
            }
            Ok(line.inside.clone())
        })
        .await
    }

    async fn line(&self, limiter: &str, limit: usize) -> Result<Vec<RunId>, Error> {
        self.call("store.line", |state| {
            let waiting = state.lines.get(limiter).into_iter().flat_map(|line| &line.waiting);
            Ok(waiting.take(limit).cloned().collect())
        })
        .await
    }
}

impl Held {
    fn new(owed: &Owed) -> Self {
        Self { owed: owed.clone(), tries: 0, until: None, why: None, message: None }
    }

    fn standing(&self, settled: bool) -> Standing {
        Standing { owed: self.owed.clone(), tries: self.tries, settled, why: self.why.clone() }
    }
}
