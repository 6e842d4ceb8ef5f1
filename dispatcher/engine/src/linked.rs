//! Somebody said who they are at the forge: whatever waited for that goes on, in every thread.

use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::DeliveryId;
use signalbox_domain::run::State;
use signalbox_ports::Error;
use signalbox_ports::intake::Intake as _;

use crate::Engine;

/// The most runs that are looked through for one that waits for somebody's account.
const LOOKED_THROUGH: usize = 2_000;

impl Engine {
    /// The person `chat:id` linked their account. Hearing it again changes nothing.
    pub async fn linked(&self, person: &str) -> Result<(), Error> {
        for run in self.ports.store.runs(LOOKED_THROUGH).await? {
            let State::Resolving { unlinked: true, asked, .. } = &run.state else { continue };
            if run.starter().id != person {
                continue;
            }
            let id = DeliveryId(format!("linked:{}:{asked}", run.id));
            let event = Event { id, at: self.ports.clock.now(), fact: Fact::Linked { by: run.starter().clone() } };
            self.receive(Delivery { thread: run.thread, run: Some(run.id), event }).await?;
        }
        Ok(())
    }
}
