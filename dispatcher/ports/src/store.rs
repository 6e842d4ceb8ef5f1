//! What is durable: deliveries, runs with their history, owed effects, boxes, places in line.

use async_trait::async_trait;
use signalbox_domain::devbox::Control;
use signalbox_domain::effect::Owed;
use signalbox_domain::event::{Delivery, Event};
use signalbox_domain::id::{DeliveryId, DevboxId, EffectId, RunId};
use signalbox_domain::reason::Reason;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;

use crate::Error;

/// What became of a delivery that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is new.
    New,
    /// It was recorded before and is not worked yet: queue it (again).
    Pending,
    /// It was recorded before and is worked: nothing to do.
    Done,
}

/// What a run is looked up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A run.
    Run(RunId),
    /// The latest run of a thread.
    Thread(ThreadId),
}

/// One step, to be written whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The delivery that caused it; it is worked once this is written.
    pub delivery: DeliveryId,
    /// The run as the step made it.
    pub run: Run,
    /// The version that was loaded: 0 for a run that is new.
    pub loaded: u64,
    /// For a run that is new: the latest run of its thread when it was loaded, which must still be the latest.
    pub after: Option<RunId>,
    /// The event, for the history.
    pub event: Event,
    /// What the step decided.
    pub effects: Vec<Owed>,
}

impl Commit {
    /// Whether it is one step of one run: every store asks before it writes. A commit that is not is
    /// [`Error::Rejected`]; it is a fault of whoever made it.
    pub fn check(&self) -> Result<(), Error> {
        let Run { id, version, .. } = &self.run;
        if *version != self.loaded + 1 {
            return Err(Error::rejected(format!(
                "a step made version {version} of run {id} out of version {}",
                self.loaded
            )));
        }
        match self.effects.iter().find(|owed| owed.id.run != *id || owed.id.version != *version) {
            Some(owed) => {
                Err(Error::rejected(format!("version {version} of run {id} cannot owe the effect {}", owed.id)))
            }
            None => Ok(()),
        }
    }
}

/// An effect taken up, leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The effect.
    pub owed: Owed,
    /// How often it was taken up, this time included. More than 1: it may have happened.
    pub tries: u32,
    /// The absolute time at which the lease runs out; names the lease.
    pub until: Time,
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It happened.
    Done {
        /// The message a slot was said in.
        message: Option<MessageId>,
        /// What came of it, as an event of the run; recorded with the settlement, all or none.
        result: Option<Delivery>,
    },
    /// It was no longer wanted and did not happen.
    Dropped,
    /// It will never happen; kept for people to see.
    Failed {
        /// Why, in words.
        why: String,
        /// What that means for the run.
        result: Option<Delivery>,
    },
    /// Not now: take it up again at `due`.
    Later {
        /// When.
        due: Time,
        /// Why.
        why: String,
    },
}

/// A step of a run's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The version the step made.
    pub version: u64,
    /// The event.
    pub event: Event,
}

/// How an effect stands, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The effect.
    pub owed: Owed,
    /// How often it was taken up.
    pub tries: u32,
    /// Whether it is settled.
    pub settled: bool,
    /// Why it failed or was put off.
    pub why: Option<String>,
}

/// A box as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The box.
    pub devbox: DevboxId,
    /// Its run.
    pub run: RunId,
    /// Its run's thread.
    pub thread: ThreadId,
    /// Its epoch.
    pub epoch: u32,
    /// The absolute time by which it must be heard of.
    pub deadline: Time,
    /// Whether its runner took its assignment.
    pub claimed: bool,
    /// What it is told at its next report. [`Control::Gone`]: it is over, whatever it says.
    pub control: Control,
}

/// A place in a limiter's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It may work.
    In,
    /// It waits, at this place from 1.
    Line(u32),
}

/// The durable state. Everything returned has been written to stable storage before the call returns.
#[async_trait]
pub trait Store: Send + Sync {
    /// Keeps a delivery under its id, once. The first one recorded under an id is kept; later ones change nothing.
    async fn record(&self, delivery: &Delivery) -> Result<Recorded, Error>;

    /// A delivery that was recorded, and whether it is worked.
    async fn delivery(&self, id: &DeliveryId) -> Result<Option<(Delivery, bool)>, Error>;

    /// Deliveries of before `before` (by their event's time) that are not worked, in the order they were recorded, at
    /// most `limit`. Finds whatever was recorded and never queued: also results that [`Self::settle`] recorded.
    async fn unworked(&self, before: Time, limit: usize) -> Result<Vec<(ThreadId, DeliveryId)>, Error>;

    /// A run.
    async fn load(&self, subject: &Subject) -> Result<Option<Run>, Error>;

    /// Writes the run, its event, its effects and the delivery, all or none, if the run is still at the version that
    /// was loaded (or, if it is new, the thread still at the run that was its latest) and the delivery is not worked;
    /// else [`Error::Conflict`]. A delivery that was never recorded is [`Error::Rejected`].
    async fn commit(&self, commit: &Commit) -> Result<(), Error>;

    /// Notes that a delivery is worked and changed nothing, and why. Noting it again, or of one that is worked, changes
    /// nothing. A delivery that was never recorded is [`Error::Rejected`].
    async fn ignore(&self, delivery: &DeliveryId, run: Option<&RunId>, reason: Reason) -> Result<(), Error>;

    /// Runs that have an effect [`Self::claim`] would take up at `now`, at most `limit`, longest owed first.
    async fn due(&self, now: Time, limit: usize) -> Result<Vec<RunId>, Error>;

    /// When the next effect can be taken up or the next box lease runs out: nothing needs doing before. `None`: nothing
    /// is owed.
    async fn next_due(&self) -> Result<Option<Time>, Error>;

    /// Takes up the effects of a run that may be performed at `now`, leased until the absolute time `until`: the first
    /// unsettled one of each lane, if it is due and nobody holds it, and every alarm that is due.
    async fn claim(&self, run: &RunId, now: Time, until: Time) -> Result<Vec<Claimed>, Error>;

    /// Settles an effect and records its result, all or none. With a lease that ran out and was taken by somebody
    /// else, or of an effect that is settled, it changes nothing (and still succeeds). The result is recorded, not
    /// queued: the caller queues it, and [`Self::unworked`] finds it if the caller died before that.
    async fn settle(&self, claimed: &Claimed, settlement: &Settlement, now: Time) -> Result<(), Error>;

    /// The newest unsettled or settled effect version that says the slot (by [`signalbox_domain::post::Slot::key`]),
    /// and the message the slot was said in, if it was.
    async fn slot(&self, run: &RunId, slot: &str) -> Result<(Option<EffectId>, Option<MessageId>), Error>;

    /// A run's history, oldest first: folding it gives the run.
    async fn history(&self, run: &RunId) -> Result<Vec<Entry>, Error>;

    /// A run's effects, oldest first.
    async fn effects(&self, run: &RunId) -> Result<Vec<Standing>, Error>;

    /// What was ignored in a thread or about a run of it, oldest first.
    async fn ignored(&self, thread: &ThreadId) -> Result<Vec<(Delivery, Reason)>, Error>;

    /// The newest runs, newest first, at most `limit`.
    async fn runs(&self, limit: usize) -> Result<Vec<Run>, Error>;

    /// Keeps a box's lease. Keeping one that is kept changes nothing.
    async fn lease(&self, lease: &Lease) -> Result<(), Error>;

    /// A box's lease.
    async fn leased(&self, devbox: &DevboxId) -> Result<Option<Lease>, Error>;

    /// The runner takes its assignment: true for the first who asks, while the box is not [`Control::Gone`].
    async fn take(&self, devbox: &DevboxId, deadline: Time) -> Result<bool, Error>;

    /// The box was heard of: its deadline is moved to `deadline`. Returns what it is to be told.
    /// A box that is not known is [`Control::Gone`].
    async fn beat(&self, devbox: &DevboxId, epoch: u32, deadline: Time) -> Result<Control, Error>;

    /// Sets what the box is told from now on. [`Control::Gone`] is final.
    async fn direct(&self, devbox: &DevboxId, control: Control) -> Result<(), Error>;

    /// Leases that ran out at `now` and are not [`Control::Gone`], at most `limit`.
    async fn lapsed(&self, now: Time, limit: usize) -> Result<Vec<Lease>, Error>;

    /// A place for the run at a limiter with `limit` places: in at once if one is free and nobody waits, else at the
    /// end of the line. Asking again gives the place it has.
    async fn admit(&self, limiter: &str, limit: u32, run: &RunId, now: Time) -> Result<Place, Error>;

    /// Gives the run's place back, or its place in the line, and lets in whoever waits longest while there is room.
    /// Returns every run that is in, oldest first: telling one again that it is in is harmless, so a crash after this
    /// call loses nobody.
    async fn leave(&self, limiter: &str, limit: u32, run: &RunId) -> Result<Vec<RunId>, Error>;

    /// The first `limit` of those who wait in the line, in its order.
    async fn line(&self, limiter: &str, limit: usize) -> Result<Vec<RunId>, Error>;
}
