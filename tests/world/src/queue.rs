//! One list; the first entry of each thread is its turn.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use signalbox_domain::id::DeliveryId;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::queue::Ticket;

use crate::fault::{Calm, Faults, call};

/// Keeps its order in memory.
pub struct Queue {
    faults: Arc<dyn Faults>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    /// Receipts handed out so far.
    receipts: u64,
}

struct Entry {
    thread: ThreadId,
    delivery: DeliveryId,
    due: Time,
    /// The receipt of the lease and its deadline.
    lease: Option<(String, Time)>,
    tries: u32,
}

impl Queue {
    /// An empty one whose calls meet `faults`.
    pub fn new(faults: Arc<dyn Faults>) -> Self {
        Self { faults, state: Mutex::default() }
    }

    /// What is queued, oldest first, with how often it was handed out.
    pub fn waiting(&self) -> Vec<(ThreadId, DeliveryId, u32)> {
        self.state().entries.iter().map(|entry| (entry.thread.clone(), entry.delivery.clone(), entry.tries)).collect()
    }

    /// When something that waits may be handed out next, after `now`.
    pub fn next(&self, now: Time) -> Option<Time> {
        self.state().entries.iter().map(|entry| entry.due).filter(|due| *due > now).min()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self::new(Arc::new(Calm))
    }
}

impl State {
    /// The place of the delivery that the ticket still holds.
    fn held(&self, ticket: &Ticket) -> Option<usize> {
        self.entries.iter().position(|entry| {
            entry.delivery == ticket.delivery
                && entry.lease.as_ref().is_some_and(|(receipt, _)| *receipt == ticket.receipt)
        })
    }
}

#[async_trait]
impl signalbox_ports::queue::Queue for Queue {
    async fn send(&self, thread: &ThreadId, delivery: &DeliveryId) -> Result<(), Error> {
        call(&*self.faults, "queue.send", || {
            let mut state = self.state();
            if state.entries.iter().all(|entry| entry.delivery != *delivery) {
                state.entries.push(Entry {
                    thread: thread.clone(),
                    delivery: delivery.clone(),
                    due: Time(0),
                    lease: None,
                    tries: 0,
                });
            }
            Ok(())
        })
        .await
    }

    async fn receive(&self, now: Time, until: Time) -> Result<Option<Ticket>, Error> {
        call(&*self.faults, "queue.receive", || {
            let mut state = self.state();
            let State { entries, receipts } = &mut *state;
            let mut passed = BTreeSet::new();
            let free = entries.iter_mut().find(|entry| {
                let first = passed.insert(entry.thread.clone());
                let held = entry.lease.as_ref().is_some_and(|(_, until)| *until > now);
                first && !held && entry.due <= now
            });
            Ok(free.map(|entry| {
                *receipts += 1;
                let receipt = receipts.to_string();
                entry.tries += 1;
                entry.lease = Some((receipt.clone(), until));
                Ticket { delivery: entry.delivery.clone(), thread: entry.thread.clone(), receipt, tries: entry.tries }
            }))
        })
        .await
    }

    async fn finish(&self, ticket: &Ticket) -> Result<(), Error> {
        call(&*self.faults, "queue.finish", || {
            let mut state = self.state();
            if let Some(at) = state.held(ticket) {
                state.entries.remove(at);
            }
            Ok(())
        })
        .await
    }

    async fn release(&self, ticket: &Ticket, due: Time) -> Result<(), Error> {
        call(&*self.faults, "queue.release", || {
            let mut state = self.state();
            if let Some(at) = state.held(ticket) {
                state.entries[at].due = due;
                state.entries[at].lease = None;
            }
            Ok(())
        })
        .await
    }
}
