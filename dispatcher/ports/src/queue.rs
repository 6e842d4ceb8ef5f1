//! Order: deliveries of one thread one after the other, threads beside each other.

use async_trait::async_trait;
use signalbox_domain::id::DeliveryId;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;

use crate::Error;

/// A delivery to work, leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Its thread: nobody else is given one of the same thread while this is leased.
    pub thread: ThreadId,
    /// Names this lease; an older lease of the same delivery cannot finish it.
    pub receipt: String,
    /// How often it was handed out, this time included.
    pub tries: u32,
}

/// A queue. At least once; one thread's deliveries in the order they were sent.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Queues a delivery behind those of its thread; durable when it returns. Sending one that is already queued
    /// changes nothing.
    async fn send(&self, thread: &ThreadId, delivery: &DeliveryId) -> Result<(), Error>;

    /// The oldest delivery of a thread that nobody holds, leased until the absolute time `until`; `None` when there is
    /// nothing to do now. A lease that ran out at `now` holds nothing.
    async fn receive(&self, now: Time, until: Time) -> Result<Option<Ticket>, Error>;

    /// The delivery is worked: it is not handed out again. Finishing with a lease that ran out and was given to
    /// somebody else changes nothing.
    async fn finish(&self, ticket: &Ticket) -> Result<(), Error>;

    /// Gives it back, to be handed out again not before `due`; its thread waits for it.
    async fn release(&self, ticket: &Ticket, due: Time) -> Result<(), Error>;
}
