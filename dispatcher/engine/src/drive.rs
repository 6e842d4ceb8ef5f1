//! The loop of a dispatcher that runs on one machine: work while there is some, sleep until there is.

use std::sync::Arc;
use std::time::Duration;

use signalbox_ports::Error;

use crate::Engine;
use crate::settings::DELIVERY_LEASE;

/// How often to look without being rung: the bell may have been rung in another process.
const TICK: Duration = Duration::from_millis(500);
/// How often to sweep.
const SWEEP: Duration = Duration::from_secs(2);

impl Engine {
    /// Works one delivery and performs what it decided, if there is one to work. Returns whether there was.
    pub async fn turn(&self) -> Result<bool, Error> {
        let now = self.ports.clock.now();
        let Some(ticket) = self.ports.queue.receive(now, now + DELIVERY_LEASE).await? else { return Ok(false) };
        if let Some(run) = self.advance(&ticket).await? {
            self.perform(&run).await?;
        }
        Ok(true)
    }

    /// Works until the future it is called in is dropped: `workers` deliveries beside each other, what is due, and
    /// sweeps. Trouble is logged and tried again; what matters is in the store.
    pub async fn drive(self: &Arc<Self>, workers: usize) {
        if let Err(error) = self.listen_again().await {
            tracing::warn!(%error, "boxes that could not report in the meantime may count as lost");
        }
        let workers = futures::future::join_all((0..workers.max(1)).map(|_| self.clone().worker()));
        tokio::join!(workers, self.clone().alarms(), self.clone().sweeper());
    }

    async fn worker(self: Arc<Self>) {
        loop {
            // Created before looking, so that a ring in between is not missed.
            let rung = self.bell.notified();
            match self.turn().await {
                // There may be more for the others.
                Ok(true) => self.bell.notify_one(),
                Ok(false) => {
                    let _ = tokio::time::timeout(TICK, rung).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a delivery was put off");
                    tokio::time::sleep(TICK).await;
                }
            }
        }
    }

    async fn alarms(self: Arc<Self>) {
        loop {
            match self.due().await {
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "what is due was put off"),
            }
            let now = self.ports.clock.now();
            let next = match self.ports.store.next_due().await {
                Ok(Some(next)) => Duration::from_millis((next - now).0).clamp(Duration::from_millis(20), TICK),
                Ok(None) | Err(_) => TICK,
            };
            tokio::time::sleep(next).await;
        }
    }

    async fn sweeper(self: Arc<Self>) {
        loop {
            match self.sweep().await {
                Ok(swept) if swept == crate::Swept::default() => {}
                Ok(swept) => tracing::info!(?swept, "swept"),
                Err(error) => tracing::warn!(%error, "a sweep was put off"),
            }
            tokio::time::sleep(SWEEP).await;
        }
    }
}
