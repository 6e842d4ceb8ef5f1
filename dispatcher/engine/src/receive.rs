//! Row 3: a delivery is kept, queued, and only then acknowledged.

use async_trait::async_trait;
use signalbox_domain::event::Delivery;
use signalbox_ports::Error;
use signalbox_ports::intake::Intake;
use signalbox_ports::store::Recorded;

use crate::Engine;

#[async_trait]
impl Intake for Engine {
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error> {
        let recorded = self.ports.store.record(&delivery).await?;
        match recorded {
            // A repetition of one that is not worked yet may be the only copy whose sender is still listening.
            Recorded::New | Recorded::Pending => self.ports.queue.send(&delivery.thread, &delivery.event.id).await?,
            Recorded::Done => {}
        }
        self.bell.notify_one();
        Ok(recorded)
    }
}
