//! Where the edges hand in what they received.

use async_trait::async_trait;
use signalbox_domain::event::Delivery;
use signalbox_domain::talk::{Person, ThreadId};

use crate::Error;
use crate::store::Recorded;

/// Takes deliveries. The engine is one.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Keeps the delivery and queues it; durable when it returns, so that the edge may say that it was received.
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error>;
}

/// Begins threads for what is no chat of its own: a webhook, a schedule. A chat that can be written to by us is one.
#[async_trait]
pub trait Begin: Send + Sync {
    /// Begins a thread in `room`, as if `by` had written `text` there, addressed to us; durable when it returns. The
    /// same `key` of the same person again begins nothing, and gives the thread it began, for at least as long as runs
    /// are kept. A room that is not there is [`Error::Rejected`].
    async fn begin(&self, room: &str, by: &Person, text: &str, key: &str) -> Result<ThreadId, Error>;
}
