//! The store: each call one transaction, each kind of thing a file.

mod boxes;
mod deliveries;
mod effects;
mod lines;
mod runs;

use async_trait::async_trait;
use signalbox_domain::devbox::Control;
use signalbox_domain::event::Delivery;
use signalbox_domain::id::{DeliveryId, DevboxId, EffectId, RunId};
use signalbox_domain::reason::Reason;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::store::{Claimed, Commit, Entry, Lease, Place, Recorded, Settlement, Standing, Store, Subject};

use crate::Folder;

#[async_trait]
impl Store for Folder {
    async fn record(&self, delivery: &Delivery) -> Result<Recorded, Error> {
        let delivery = delivery.clone();
        self.write(move |tx| deliveries::record(tx, &delivery)).await
    }

    async fn delivery(&self, id: &DeliveryId) -> Result<Option<(Delivery, bool)>, Error> {
        let id = id.clone();
        self.read(move |tx| deliveries::find(tx, &id)).await
    }

    async fn unworked(&self, before: Time, limit: usize) -> Result<Vec<(ThreadId, DeliveryId)>, Error> {
        self.read(move |tx| deliveries::unworked(tx, before, limit)).await
    }

    async fn load(&self, subject: &Subject) -> Result<Option<Run>, Error> {
        let subject = subject.clone();
        self.read(move |tx| runs::load(tx, &subject)).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        commit.check()?;
        let commit = commit.clone();
        self.write(move |tx| runs::commit(tx, &commit)).await
    }

    async fn ignore(&self, delivery: &DeliveryId, run: Option<&RunId>, reason: Reason) -> Result<(), Error> {
        let (delivery, run) = (delivery.clone(), run.cloned());
        self.write(move |tx| deliveries::ignore(tx, &delivery, run.as_ref(), reason)).await
    }

    async fn due(&self, now: Time, limit: usize) -> Result<Vec<RunId>, Error> {
        self.read(move |tx| effects::due(tx, now, limit)).await
    }

    async fn next_due(&self) -> Result<Option<Time>, Error> {
        self.read(|tx| Ok([effects::next_due(tx)?, boxes::next_due(tx)?].into_iter().flatten().min())).await
    }

    async fn claim(&self, run: &RunId, now: Time, until: Time) -> Result<Vec<Claimed>, Error> {
        let run = run.clone();
        self.write(move |tx| effects::claim(tx, &run, now, until)).await
    }

    async fn settle(&self, claimed: &Claimed, settlement: &Settlement, _now: Time) -> Result<(), Error> {
        let (claimed, settlement) = (claimed.clone(), settlement.clone());
        self.write(move |tx| effects::settle(tx, &claimed, &settlement)).await
    }

    async fn slot(&self, run: &RunId, slot: &str) -> Result<(Option<EffectId>, Option<MessageId>), Error> {
        let (run, slot) = (run.clone(), slot.to_owned());
        self.read(move |tx| effects::slot(tx, &run, &slot)).await
    }

    async fn history(&self, run: &RunId) -> Result<Vec<Entry>, Error> {
        let run = run.clone();
        self.read(move |tx| runs::history(tx, &run)).await
    }

    async fn effects(&self, run: &RunId) -> Result<Vec<Standing>, Error> {
        let run = run.clone();
        self.read(move |tx| effects::standing(tx, &run)).await
    }

    async fn ignored(&self, thread: &ThreadId) -> Result<Vec<(Delivery, Reason)>, Error> {
        let thread = thread.clone();
        self.read(move |tx| deliveries::ignored(tx, &thread)).await
    }

    async fn runs(&self, limit: usize) -> Result<Vec<Run>, Error> {
        self.read(move |tx| runs::newest(tx, limit)).await
    }

    async fn lease(&self, lease: &Lease) -> Result<(), Error> {
        let lease = lease.clone();
        self.write(move |tx| boxes::keep(tx, &lease)).await
    }

    async fn leased(&self, devbox: &DevboxId) -> Result<Option<Lease>, Error> {
        let devbox = devbox.clone();
        self.read(move |tx| boxes::find(tx, &devbox)).await
    }

    async fn take(&self, devbox: &DevboxId, deadline: Time) -> Result<bool, Error> {
        let devbox = devbox.clone();
        self.write(move |tx| boxes::take(tx, &devbox, deadline)).await
    }

    async fn beat(&self, devbox: &DevboxId, epoch: u32, deadline: Time) -> Result<Control, Error> {
        let devbox = devbox.clone();
        self.write(move |tx| boxes::beat(tx, &devbox, epoch, deadline)).await
    }

    async fn direct(&self, devbox: &DevboxId, control: Control) -> Result<(), Error> {
        let devbox = devbox.clone();
        self.write(move |tx| boxes::direct(tx, &devbox, &control)).await
    }

    async fn lapsed(&self, now: Time, limit: usize) -> Result<Vec<Lease>, Error> {
        self.read(move |tx| boxes::lapsed(tx, now, limit)).await
    }

    async fn admit(&self, limiter: &str, limit: u32, run: &RunId, _now: Time) -> Result<Place, Error> {
        let (limiter, run) = (limiter.to_owned(), run.clone());
        self.write(move |tx| lines::admit(tx, &limiter, limit, &run)).await
    }

    async fn leave(&self, limiter: &str, limit: u32, run: &RunId) -> Result<Vec<RunId>, Error> {
        let (limiter, run) = (limiter.to_owned(), run.clone());
        self.write(move |tx| lines::leave(tx, &limiter, limit, &run)).await
    }

    async fn line(&self, limiter: &str, limit: usize) -> Result<Vec<RunId>, Error> {
        let limiter = limiter.to_owned();
        self.read(move |tx| lines::line(tx, &limiter, limit)).await
    }
}

/// A number of rows as the database counts.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
