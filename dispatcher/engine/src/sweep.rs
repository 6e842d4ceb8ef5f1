//! What was left behind: deliveries not queued, effects still owed, boxes not heard of, boxes nobody wants.

use std::sync::PoisonError;

use signalbox_domain::devbox::{Control, Listed};
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::DeliveryId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::intake::Intake;
use signalbox_ports::store::{Lease, Recorded};

use crate::Engine;
use crate::settings::{ARRIVAL, CATCH_UP, OPEN_RUNS, STRANDED, SWEEP_BATCH};

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Deliveries that were kept and not queued (or queued and not worked).
    pub stranded: usize,
    /// Effects that were owed and are settled now.
    pub owed: usize,
    /// Boxes that were not heard of in time, or that their provider does not list any more.
    pub lost: usize,
    /// Boxes that run and that no run wants.
    pub leftovers: usize,
    /// Deliveries that an edge had missed.
    pub missed: usize,
    /// Deliveries that the other side was asked to send again.
    pub asked: usize,
}

impl Engine {
    /// Takes up what was left behind. Safe at any time, beside anything.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let now = self.ports.clock.now();
        for (thread, delivery) in self.ports.store.unworked(Time((now - Time(STRANDED.0)).0), SWEEP_BATCH).await? {
            self.ports.queue.send(&thread, &delivery).await?;
            swept.stranded += 1;
        }
        swept.owed = self.due().await?;
        for lease in self.ports.store.lapsed(now, SWEEP_BATCH).await? {
            self.vanished(&lease, now).await?;
            swept.lost += 1;
        }
        let (lost, leftovers) = self.reconcile(now).await?;
        swept.lost += lost;
        swept.leftovers = leftovers;
        (swept.missed, swept.asked) = self.catch_up(now).await?;
        self.bell.notify_one();
        Ok(swept)
    }

    /// Boxes could not report while nobody listened: each is given the time of one that was just heard of. One that is
    /// dead is found by its provider.
    pub(crate) async fn listen_again(&self) -> Result<(), Error> {
        for lease in self.ports.store.lapsed(self.ports.clock.now(), SWEEP_BATCH).await? {
            if lease.claimed {
                self.ports.store.beat(&lease.devbox, lease.epoch, self.deadline()).await?;
            }
        }
        Ok(())
    }

    /// Performs every effect that is due. Returns how many were settled.
    pub async fn due(&self) -> Result<usize, Error> {
        let mut settled = 0;
        for run in self.ports.store.due(self.ports.clock.now(), SWEEP_BATCH).await? {
            settled += self.perform(&run).await?;
        }
        Ok(settled)
    }

    /// Lists the provider first, then looks each box up: one that runs and is not wanted is ended; one that is dead and
    /// was wanted is lost.
    async fn reconcile(&self, now: Time) -> Result<(usize, usize), Error> {
        let listed = match self.ports.devbox.list().await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, "the boxes could not be listed");
                return Ok((0, 0));
            }
        };
        let (mut lost, mut leftovers) = (0, 0);
        for Listed { devbox, since, alive } in listed {
            // Before it claimed it may be one that is only being made.
            let made = since + ARRIVAL <= now;
            match self.ports.store.leased(&devbox).await? {
                Some(lease) if lease.control != Control::Gone => {
                    if !alive && (lease.claimed || made) {
                        self.vanished(&lease, now).await?;
                        lost += 1;
                    }
                }
                Some(_) | None => {
                    if let Err(error) = self.ports.devbox.stop(&devbox).await {
                        tracing::warn!(%devbox, %error, "a leftover box could not be ended");
                    }
                    leftovers += 1;
                }
            }
        }
        Ok((lost, leftovers))
    }

    /// Lets every chat look for what its edge may have missed. One that cannot look now is asked again next time.
    async fn catch_up(&self, now: Time) -> Result<(usize, usize), Error> {
        let (mut missed, mut asked) = (0, 0);
        if !self.listens(now) {
            return Ok((missed, asked));
        }
        let open: Vec<_> = self.ports.store.runs(OPEN_RUNS).await?.into_iter().filter(|run| !run.ended()).collect();
        for (name, chat) in &self.ports.chats {
            let theirs: Vec<_> =
                open.iter().filter(|run| run.thread.chat == *name).map(|run| run.thread.clone()).collect();
            match chat.catch_up(&theirs).await {
                Ok(found) => {
                    asked += found.asked;
                    for delivery in found.deliveries {
                        missed += usize::from(self.receive(delivery).await? == Recorded::New);
                    }
                }
                Err(error) => tracing::warn!(chat = %name, %error, "what was missed could not be looked for"),
            }
        }
        Ok((missed, asked))
    }

    /// Whether it is time to look for what edges missed.
    fn listens(&self, now: Time) -> bool {
        let mut caught_up = self.caught_up.lock().unwrap_or_else(PoisonError::into_inner);
        let time = caught_up.is_none_or(|last| last + CATCH_UP <= now);
        if time {
            *caught_up = Some(now);
        }
        time
    }

    async fn vanished(&self, lease: &Lease, now: Time) -> Result<(), Error> {
        tracing::warn!(devbox = %lease.devbox, run = %lease.run, "box lost");
        let id = DeliveryId(format!("vanished:{}", lease.devbox));
        let event = Event { id, at: now, fact: Fact::Vanished { devbox: lease.devbox.clone() } };
        let delivery = Delivery { thread: lease.thread.clone(), run: Some(lease.run.clone()), event };
        self.receive(delivery).await?;
        Ok(())
    }
}
