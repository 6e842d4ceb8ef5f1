//! The shortcuts a dispatcher could take: each is built in on purpose, and the harness has to notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use signalbox_domain::devbox::Control;
use signalbox_domain::event::Delivery;
use signalbox_domain::id::{DeliveryId, DevboxId, EffectId, RunId};
use signalbox_domain::reason::Reason;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;
use signalbox_engine::Ports;
use signalbox_ports::Error;
use signalbox_ports::store::{Claimed, Commit, Entry, Lease, Place, Recorded, Settlement, Standing, Store, Subject};
use signalbox_world::chat::Recall;

use super::Tally;
use super::harness::{Harness, Trouble};
use super::scenario::ALL;

/// How a store can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shortcut {
    /// An effect is settled when it is taken up, before it is performed.
    MarkThenAct,
    /// An effect is performed and then settled, and nobody remembers that it was begun.
    ActThenMark,
    /// An effect that was taken up is taken for ever.
    NoLease,
    /// A delivery is noted as worked before its step is written.
    NotedFirst,
    /// A box that was declared lost is still listened to.
    NoFence,
}

/// A store with a shortcut.
struct Short {
    store: Arc<dyn Store>,
    shortcut: Shortcut,
    noted: Mutex<BTreeSet<DeliveryId>>,
    tries: Mutex<BTreeMap<EffectId, u32>>,
}

impl Short {
    fn is(&self, shortcut: Shortcut) -> bool {
        self.shortcut == shortcut
    }

    fn noted(&self, delivery: &DeliveryId) -> bool {
        self.noted.lock().expect("one thread").contains(delivery)
    }
}

#[async_trait]
impl Store for Short {
    async fn record(&self, delivery: &Delivery) -> Result<Recorded, Error> {
        let recorded = self.store.record(delivery).await?;
        Ok(if self.noted(&delivery.event.id) { Recorded::Done } else { recorded })
    }

    async fn delivery(&self, id: &DeliveryId) -> Result<Option<(Delivery, bool)>, Error> {
        let known = self.store.delivery(id).await?;
        Ok(known.map(|(delivery, worked)| (delivery, worked || self.noted(id))))
    }

    async fn unworked(&self, before: Time, limit: usize) -> Result<Vec<(ThreadId, DeliveryId)>, Error> {
        let unworked = self.store.unworked(before, limit).await?;
        // The judge looks at everything: what was noted and never worked is lost.
        let all = before == Time(u64::MAX);
        Ok(unworked.into_iter().filter(|(_, delivery)| all || !self.noted(delivery)).collect())
    }

    async fn load(&self, subject: &Subject) -> Result<Option<Run>, Error> {
        self.store.load(subject).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        if self.is(Shortcut::NotedFirst) {
            self.noted.lock().expect("one thread").insert(commit.delivery.clone());
        }
        self.store.commit(commit).await
    }

    async fn ignore(&self, delivery: &DeliveryId, run: Option<&RunId>, reason: Reason) -> Result<(), Error> {
        self.store.ignore(delivery, run, reason).await
    }

    async fn due(&self, now: Time, limit: usize) -> Result<Vec<RunId>, Error> {
        self.store.due(now, limit).await
    }

    async fn next_due(&self) -> Result<Option<Time>, Error> {
        self.store.next_due().await
    }

    async fn claim(&self, run: &RunId, now: Time, until: Time) -> Result<Vec<Claimed>, Error> {
        let until = if self.is(Shortcut::NoLease) { Time(u64::MAX) } else { until };
        let mut claimed = self.store.claim(run, now, until).await?;
        for claimed in &mut claimed {
            if self.is(Shortcut::MarkThenAct) {
                self.store.settle(claimed, &Settlement::Dropped, now).await?;
            }
            if self.is(Shortcut::ActThenMark) {
                self.tries.lock().expect("one thread").insert(claimed.owed.id.clone(), claimed.tries);
                claimed.tries = 1;
            }
        }
        Ok(claimed)
    }

    async fn settle(&self, claimed: &Claimed, settlement: &Settlement, now: Time) -> Result<(), Error> {
        if self.is(Shortcut::MarkThenAct) {
            if let Settlement::Done { result: Some(result), .. } | Settlement::Failed { result: Some(result), .. } =
                settlement
            {
                self.store.record(result).await?;
            }
            return Ok(());
        }
        if self.is(Shortcut::ActThenMark) {
            let tries = self.tries.lock().expect("one thread").get(&claimed.owed.id).copied().unwrap_or(1);
            return self.store.settle(&Claimed { tries, ..claimed.clone() }, settlement, now).await;
        }
        self.store.settle(claimed, settlement, now).await
    }

    async fn slot(&self, run: &RunId, slot: &str) -> Result<(Option<EffectId>, Option<MessageId>), Error> {
        self.store.slot(run, slot).await
    }

    async fn history(&self, run: &RunId) -> Result<Vec<Entry>, Error> {
        self.store.history(run).await
    }

    async fn effects(&self, run: &RunId) -> Result<Vec<Standing>, Error> {
        self.store.effects(run).await
    }

    async fn ignored(&self, thread: &ThreadId) -> Result<Vec<(Delivery, Reason)>, Error> {
        self.store.ignored(thread).await
    }

    async fn runs(&self, limit: usize) -> Result<Vec<Run>, Error> {
        self.store.runs(limit).await
    }

    async fn lease(&self, lease: &Lease) -> Result<(), Error> {
        self.store.lease(lease).await
    }

    async fn leased(&self, devbox: &DevboxId) -> Result<Option<Lease>, Error> {
        self.store.leased(devbox).await
    }

    async fn take(&self, devbox: &DevboxId, deadline: Time) -> Result<bool, Error> {
        self.store.take(devbox, deadline).await
    }

    async fn beat(&self, devbox: &DevboxId, epoch: u32, deadline: Time) -> Result<Control, Error> {
        self.store.beat(devbox, epoch, deadline).await
    }

    async fn direct(&self, devbox: &DevboxId, control: Control) -> Result<(), Error> {
        if self.is(Shortcut::NoFence) && control == Control::Gone {
            return Ok(());
        }
        self.store.direct(devbox, control).await
    }

    async fn lapsed(&self, now: Time, limit: usize) -> Result<Vec<Lease>, Error> {
        self.store.lapsed(now, limit).await
    }

    async fn admit(&self, limiter: &str, limit: u32, run: &RunId, now: Time) -> Result<Place, Error> {
        self.store.admit(limiter, limit, run, now).await
    }

    async fn leave(&self, limiter: &str, limit: u32, run: &RunId) -> Result<Vec<RunId>, Error> {
        self.store.leave(limiter, limit, run).await
    }

    async fn line(&self, limiter: &str, limit: usize) -> Result<Vec<RunId>, Error> {
        self.store.line(limiter, limit).await
    }
}

/// Where shortcuts show.
const POINTS: [&str; 5] = ["store.commit", "store.settle", "chat.say", "devbox.stop", "forge.open"];
/// How much has to be wrong to stop looking for more.
const ENOUGH: usize = 6;

fn through(shortcut: Shortcut) -> impl FnOnce(Ports) -> Ports {
    move |mut ports| {
        ports.store =
            Arc::new(Short { store: ports.store, shortcut, noted: Mutex::default(), tries: Mutex::default() });
        ports
    }
}

/// Kills the dispatcher at the calls of a build that say, note or settle something, until the shortcut shows.
async fn caught(shortcut: Shortcut, recall: Recall) {
    let scenario = &ALL[0];
    let mut tally = Tally::default();
    let mut calm = Harness::new(scenario, recall, &Vec::new(), through(shortcut));
    calm.tell(scenario).await;
    let calls = calm.world.faults.hits();
    calm.world.abandon();
    for (nth, _) in calls.iter().enumerate().filter(|(_, point)| POINTS.contains(point)) {
        for trouble in [Trouble::CrashBefore, Trouble::CrashAfter] {
            tally.one(scenario, recall, &vec![(nth, trouble)], through(shortcut)).await;
        }
        if tally.lost.len() + tally.duplicated.len() >= ENOUGH {
            break;
        }
    }
    println!(
        "crashes: {shortcut:?} is caught in {} schedules: {} lost, {} surviving duplicates, such as: {}",
        tally.schedules,
        tally.lost.len(),
        tally.duplicated.len(),
        tally.duplicated.first().or(tally.lost.first()).map_or("", String::as_str),
    );
    assert!(tally.lost.len() + tally.duplicated.len() > 0, "{shortcut:?} went unnoticed");
}

#[tokio::test]
async fn marking_before_acting_is_caught() {
    caught(Shortcut::MarkThenAct, Recall::Slots).await;
}

#[tokio::test]
async fn acting_without_remembering_is_caught() {
    caught(Shortcut::ActThenMark, Recall::Markers).await;
}

#[tokio::test]
async fn a_claim_without_a_lease_is_caught() {
    caught(Shortcut::NoLease, Recall::Slots).await;
}

#[tokio::test]
async fn noting_a_delivery_before_its_step_is_caught() {
    caught(Shortcut::NotedFirst, Recall::Slots).await;
}

#[tokio::test]
async fn listening_to_boxes_that_are_over_is_caught() {
    caught(Shortcut::NoFence, Recall::Slots).await;
}
