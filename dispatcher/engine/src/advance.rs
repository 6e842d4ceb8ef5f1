//! Rows 4 to 6: a delivery is stepped, and the step written whole or not at all.

use serde_json::Value;
use signalbox_domain::effect::Effect;
use signalbox_domain::event::{Delivery, Fact};
use signalbox_domain::id::RunId;
use signalbox_domain::post::Action;
use signalbox_domain::reason::Reason;
use signalbox_domain::run::Run;
use signalbox_domain::step::{Step, step};
use signalbox_ports::Error;
use signalbox_ports::chat::Understood;
use signalbox_ports::intake::Intake as _;
use signalbox_ports::queue::Ticket;
use signalbox_ports::store::{Commit, Subject};

use crate::Engine;
use crate::settings::{RACES, backoff};

impl Engine {
    /// Works the delivery a ticket is for: one step of its run, committed; then the ticket is finished. Returns the run
    /// that moved on. Trouble gives the ticket back, to be handed out again later.
    pub async fn advance(&self, ticket: &Ticket) -> Result<Option<RunId>, Error> {
        match self.work(ticket).await {
            Ok(run) => {
                self.ports.queue.finish(ticket).await?;
                Ok(run)
            }
            // Poison: trying again would hold up its thread for ever. It is kept, noted and shown.
            Err(Error::Rejected(why)) => {
                tracing::error!(delivery = %ticket.delivery, why, "delivery unworkable");
                self.ports.store.ignore(&ticket.delivery, None, Reason::Unworkable).await?;
                self.ports.queue.finish(ticket).await?;
                Ok(None)
            }
            Err(error @ (Error::Conflict | Error::Later { .. } | Error::Unavailable(_))) => {
                tracing::warn!(delivery = %ticket.delivery, tries = ticket.tries, %error, "delivery put off");
                let due = match &error {
                    Error::Later { until, .. } => *until,
                    Error::Conflict | Error::Unavailable(_) | Error::Rejected(_) => {
                        self.ports.clock.now() + backoff(ticket.tries)
                    }
                };
                self.ports.queue.release(ticket, due).await?;
                Err(error)
            }
        }
    }

    async fn work(&self, ticket: &Ticket) -> Result<Option<RunId>, Error> {
        let Some((delivery, worked)) = self.ports.store.delivery(&ticket.delivery).await? else {
            // The result of an effect that somebody else settled otherwise. Whoever records a delivery queues it then.
            tracing::warn!(delivery = %ticket.delivery, "queued and not recorded");
            return Ok(None);
        };
        if worked {
            // Its step was committed before a crash; what it decided may still be owed.
            return Ok(self.subject(&delivery).await?.map(|run| run.id));
        }
        if let Fact::Received { what } = &delivery.event.fact {
            self.understand(&delivery, what).await?;
            return Ok(None);
        }
        for _ in 0..RACES {
            match self.attempt(&delivery).await {
                Err(Error::Conflict) => {}
                done => return done,
            }
        }
        Err(Error::Conflict)
    }

    /// Asks the chat what it received, and takes that up. Interrupted anywhere, it is done again and comes to the same.
    async fn understand(&self, delivery: &Delivery, what: &Value) -> Result<(), Error> {
        let Delivery { thread, event, .. } = delivery;
        let reason = match self.chat(thread)?.understand(thread, event.at, what).await? {
            Understood::Deliveries(deliveries) => {
                for delivery in deliveries {
                    self.receive(delivery).await?;
                }
                Reason::Understood
            }
            Understood::Nothing(why) => Reason::Meaningless(why),
        };
        self.ports.store.ignore(&event.id, None, reason).await
    }

    async fn attempt(&self, delivery: &Delivery) -> Result<Option<RunId>, Error> {
        let (store, event) = (&self.ports.store, &delivery.event);
        let loaded = self.subject(delivery).await?;
        let (run, effects) = match step(loaded.as_ref(), &delivery.thread, event) {
            Step::Ignored(reason) => {
                store.ignore(&event.id, loaded.as_ref().map(|run| &run.id), reason).await?;
                return Ok(None);
            }
            Step::Advanced { run, effects } => (run, effects),
        };
        let same = loaded.as_ref().filter(|loaded| loaded.id == run.id);
        if same.is_none() && self.outdated(delivery, loaded.as_ref()).await? {
            store.ignore(&event.id, loaded.as_ref().map(|run| &run.id), Reason::Over).await?;
            return Ok(None);
        }
        let id = run.id.clone();
        let commit = Commit {
            delivery: event.id.clone(),
            loaded: same.map_or(0, |loaded| loaded.version),
            after: if same.is_some() { None } else { loaded.map(|loaded| loaded.id) },
            effects: Effect::owed(&run, event.at, effects),
            event: event.clone(),
            run,
        };
        store.commit(&commit).await?;
        tracing::info!(run = %id, version = commit.run.version, effects = commit.effects.len(), "run advanced");
        Ok(Some(id))
    }

    async fn subject(&self, delivery: &Delivery) -> Result<Option<Run>, Error> {
        let thread = Subject::Thread(delivery.thread.clone());
        let Some(id) = delivery.run.clone() else { return self.ports.store.load(&thread).await };
        let run = self.ports.store.load(&Subject::Run(id)).await?;
        // A review is of the change request, and whoever goes on with that by now knows it.
        match (&delivery.event.fact, &run) {
            (Fact::Pressed { action: Action::Resolve { .. } | Action::Dismiss { .. }, .. }, Some(run))
                if run.ended() =>
            {
                self.ports.store.load(&thread).await
            }
            _ => Ok(run),
        }
    }

    /// Whether a new run would follow one that is not its thread's latest any more: an old button was pressed.
    async fn outdated(&self, delivery: &Delivery, loaded: Option<&Run>) -> Result<bool, Error> {
        let latest = self.ports.store.load(&Subject::Thread(delivery.thread.clone())).await?;
        Ok(delivery.run.is_some() && latest.map(|run| run.id) != loaded.map(|run| run.id.clone()))
    }
}
