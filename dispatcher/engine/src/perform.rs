//! Row 7: what was decided is done, each effect by one call of one port, and settled.

mod decide;
mod devbox;
mod open;
mod speak;

use signalbox_domain::change::Checks;
use signalbox_domain::effect::Effect;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::RunId;
use signalbox_domain::run::Run;
use signalbox_ports::Error;
use signalbox_ports::store::{Claimed, Settlement, Subject};

use crate::Engine;
use crate::settings::{EFFECT_LEASE, backoff};

/// What performing an effect came to.
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(crate) enum Done {
    /// It happened; this is its result, if it has one.
    Fact(Option<Fact>),
    /// A message of ours says it.
    Said(signalbox_domain::talk::MessageId),
}

impl Engine {
    /// Performs what a run owes and may be done now, lane beside lane, in order within each. Returns how many effects
    /// were settled.
    pub async fn perform(&self, id: &RunId) -> Result<usize, Error> {
        let mut settled = 0;
        loop {
            let now = self.ports.clock.now();
            let claimed = self.ports.store.claim(id, now, now + EFFECT_LEASE).await?;
            if claimed.is_empty() {
                return Ok(settled);
            }
            for outcome in futures::future::join_all(claimed.iter().map(|claimed| self.one(id, claimed))).await {
                outcome?;
                settled += 1;
            }
        }
    }

    async fn one(&self, id: &RunId, claimed: &Claimed) -> Result<(), Error> {
        let Some(run) = self.ports.store.load(&Subject::Run(id.clone())).await? else {
            return Err(Error::Unavailable(format!("the run {id} owes an effect and is not stored")));
        };
        let settlement = if claimed.owed.wanted(&run) {
            match self.act(&run, claimed).await {
                Ok(Some(Done::Fact(fact))) => {
                    Settlement::Done { message: None, result: self.result(&run, claimed, fact) }
                }
                Ok(Some(Done::Said(message))) => Settlement::Done { message: Some(message), result: None },
                Ok(None) => Settlement::Dropped,
                Err(error) => self.trouble(&run, claimed, error),
            }
        } else {
            self.unwanted(&run, claimed)
        };
        let now = self.ports.clock.now();
        self.ports.store.settle(claimed, &settlement, now).await?;
        if let Settlement::Done { result: Some(delivery), .. } | Settlement::Failed { result: Some(delivery), .. } =
            &settlement
        {
            self.ports.queue.send(&delivery.thread, &delivery.event.id).await?;
            self.bell.notify_one();
        }
        Ok(())
    }

    /// The one call of the one port. `None`: it is said already, by a newer effect.
    async fn act(&self, run: &Run, claimed: &Claimed) -> Result<Option<Done>, Error> {
        let fact = match &claimed.owed.effect {
            Effect::Route => self.route(run, claimed.owed.id.version).await?,
            Effect::Resolve { target } => self.resolve(run, target, claimed.owed.id.version).await?,
            Effect::Admit => self.admit(run).await?,
            Effect::Leave => self.leave(run).await?,
            Effect::Gather { target } => self.gather(run, target, claimed.tries).await?,
            Effect::Provision { devbox, attempt } => self.provision(run, devbox, attempt).await?,
            Effect::Halt { devbox } => self.halt(devbox).await?,
            Effect::Release { devbox } => self.release(devbox).await?,
            Effect::Open { phase, proposed } => self.open(run, claimed, phase, proposed).await?,
            Effect::Look { phase, repository, head } => self.look(phase, repository, head).await?,
            Effect::Mark { message, mark } => {
                self.chat(&run.thread)?.mark(&run.thread, message, *mark).await?;
                None
            }
            Effect::Say { slot, post } => return self.say(run, claimed, slot, post).await,
            Effect::Whisper { to, post } => {
                self.chat(&run.thread)?.whisper(&claimed.owed.id, &run.thread, to, post).await?;
                None
            }
            Effect::Wake { alarm, .. } => Some(Fact::Woke { alarm: alarm.clone() }),
        };
        Ok(Some(Done::Fact(fact)))
    }

    /// What trouble means: later, or never and then what the run has to know of it.
    fn trouble(&self, run: &Run, claimed: &Claimed, error: Error) -> Settlement {
        let owed = &claimed.owed;
        match error {
            Error::Conflict | Error::Unavailable(_) => {
                tracing::warn!(effect = %owed.id, tries = claimed.tries, %error, "effect put off");
                let due = self.ports.clock.now() + backoff(claimed.tries);
                Settlement::Later { due, why: error.to_string() }
            }
            Error::Later { until, .. } => {
                tracing::debug!(effect = %owed.id, until = until.0, %error, "effect put off until it may be done");
                Settlement::Later { due: until, why: error.to_string() }
            }
            Error::Rejected(why) => {
                tracing::warn!(effect = %owed.id, why, "effect refused");
                let fact = refused(&owed.effect, owed.id.version, &why);
                Settlement::Failed { result: self.result(run, claimed, fact), why }
            }
        }
    }

    /// An effect that the run no longer wants. What is waited for is answered all the same.
    fn unwanted(&self, run: &Run, claimed: &Claimed) -> Settlement {
        match &claimed.owed.effect {
            Effect::Open { phase, .. } => {
                let fact = Fact::Unopened { phase: phase.clone(), reason: "it was no longer wanted".into() };
                Settlement::Done { message: None, result: self.result(run, claimed, Some(fact)) }
            }
            Effect::Route
            | Effect::Resolve { .. }
            | Effect::Admit
            | Effect::Leave
            | Effect::Gather { .. }
            | Effect::Provision { .. }
            | Effect::Halt { .. }
            | Effect::Release { .. }
            | Effect::Look { .. }
            | Effect::Mark { .. }
            | Effect::Say { .. }
            | Effect::Whisper { .. }
            | Effect::Wake { .. } => Settlement::Dropped,
        }
    }

    fn result(&self, run: &Run, claimed: &Claimed, fact: Option<Fact>) -> Option<Delivery> {
        let event = Event { id: claimed.owed.id.result(), at: self.ports.clock.now(), fact: fact? };
        Some(Delivery { thread: run.thread.clone(), run: Some(run.id.clone()), event })
    }
}

/// What a run has to know of an effect that will never happen.
fn refused(effect: &Effect, asked: u64, why: &str) -> Option<Fact> {
    match effect {
        Effect::Route | Effect::Resolve { .. } | Effect::Admit | Effect::Gather { .. } => {
            Some(Fact::Unresolved { asked, problems: vec![why.to_owned()] })
        }
        Effect::Provision { devbox, .. } => Some(Fact::Unprovided { devbox: devbox.clone(), reason: why.to_owned() }),
        Effect::Open { phase, .. } => Some(Fact::Unopened { phase: phase.clone(), reason: why.to_owned() }),
        Effect::Look { phase, head, .. } => {
            // Nothing that can be waited for.
            Some(Fact::Checked { phase: phase.clone(), head: head.clone(), checks: Checks::unreadable(why) })
        }
        // What could not be said stays on the dashboard; saying that it could not be said would fail, too.
        Effect::Mark { .. } | Effect::Say { .. } | Effect::Whisper { .. } => None,
        // A box that cannot be ended, or a place that cannot be given back, is tried for ever: see `perform::devbox`.
        Effect::Leave | Effect::Halt { .. } | Effect::Release { .. } | Effect::Wake { .. } => None,
    }
}
