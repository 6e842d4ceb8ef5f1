//! Where the edges hand in what they received.

use async_trait::async_trait;
use signalbox_domain::event::Delivery;

use crate::Error;
use crate::store::Recorded;

/// Takes deliveries. The engine is one.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Keeps the delivery and queues it; durable when it returns, so that the edge may say that it was received.
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error>;
}
