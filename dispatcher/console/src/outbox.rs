//! What people did, handed to the intake: in order, until it is kept there.

use std::sync::{Arc, Weak};
use std::time::Duration;

use signalbox_domain::event::Delivery;
use signalbox_ports::Error;
use signalbox_ports::intake::Intake;

use crate::console::{Console, Inner, Trouble};
use crate::record::What;

/// How long to wait after the first failure; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest wait between two tries.
const LAST_PAUSE: Duration = Duration::from_secs(30);

/// Hands over everything that is owed, now and later, for as long as the console is there.
pub(crate) async fn drain(console: Weak<Inner>, intake: Arc<dyn Intake>) {
    let Some(mut latest) = console.upgrade().map(|inner| inner.latest.subscribe()) else { return };
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(inner) = console.upgrade() else { return };
        latest.mark_unchanged();
        let Some(delivery) = inner.board(|board| board.owed().cloned()) else {
            drop(inner);
            if latest.changed().await.is_err() {
                return;
            }
            continue;
        };
        let handed = hand_over(&Console(inner), &*intake, delivery).await;
        match handed {
            Ok(()) => pause = FIRST_PAUSE,
            Err(why) => {
                tracing::warn!(%why, pause_ms = pause.as_millis(), "a delivery is tried again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LAST_PAUSE);
            }
        }
    }
}

/// `Err` means: again, later.
async fn hand_over(console: &Console, intake: &dyn Intake, delivery: Delivery) -> Result<(), String> {
    let id = delivery.event.id.clone();
    let (what, again) = match intake.receive(delivery).await {
        Ok(_) => (What::Received { delivery: id }, None),
        Err(Error::Rejected(why)) => (What::Declined { delivery: id, why }, None),
        Err(error @ (Error::Unavailable(_) | Error::Later { .. } | Error::Conflict)) => {
            let why = error.to_string();
            (What::Delayed { delivery: id, why: why.clone() }, Some(why))
        }
    };
    let kept = console.change(move |board, _, _| {
        let told = matches!(&what, What::Delayed { delivery, .. } if board.delayed(delivery));
        Ok(((), (!told).then_some(what)))
    });
    // The delivery that was received and could not be noted is received again, which changes nothing.
    kept.await.map_err(|trouble: Trouble| trouble.to_string())?;
    again.map_or(Ok(()), Err)
}
