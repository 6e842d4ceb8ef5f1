//! Without a public address: what GitHub would have sent is fetched from its list of deliveries.
//!
//! No signature is checked here, since none is sent: what is read is what GitHub's own API hands to the App, over TLS and
//! under the App's key. The App's webhook has to be on, with any address: GitHub lists what it could not deliver, too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::intake::Intake;

use crate::app::Github;
use crate::catch_up::listed;
use crate::chat::moment;
use crate::decode::{Decoded, READ, Us, decode};

/// How often GitHub is asked.
const EVERY: Duration = Duration::from_secs(5);
/// How much a look overlaps the one before.
const OVERLAP: Span = Span::minutes(2);
/// How far the first look reaches back: what was said before somebody started us is not begun days later.
const BACK: Span = Span::hours(1);
/// The most deliveries that one look reads.
const MOST: usize = 100;
/// Where it is kept how far the looks came.
const KEY: &str = "github/forward";

/// What a look came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Handed in.
    pub taken: usize,
    /// Of no concern to us.
    pub ignored: usize,
}

/// Fetches what GitHub cannot deliver here.
pub struct Forwarder {
    github: Github,
    us: Us,
    intake: Arc<dyn Intake>,
}

/// How far the looks came.
#[derive(Default, Serialize, Deserialize)]
struct Far {
    until: Time,
    /// What was read of the time that the next look looks at again.
    read: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Whole {
    guid: String,
    event: String,
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    payload: Value,
}

impl Forwarder {
    /// One that hands in to `intake`.
    pub fn new(github: Github, intake: Arc<dyn Intake>) -> Self {
        let us = Us::of(github.settings());
        Self { github, us, intake }
    }

    /// Looks once. What was handed in before is handed in under the same key, and changes nothing; how far the look came
    /// is kept only when everything is handed in.
    pub async fn look(&self) -> Result<Forwarded, Error> {
        let now = self.github.now();
        let note = self.github.notes().get(KEY).await?;
        let version = note.as_ref().map_or(0, |note| note.version);
        let mut far: Far = note.and_then(|note| serde_json::from_str(&note.value).ok()).unwrap_or_default();
        let since = if version == 0 { now - Time(BACK.0) } else { far.until - Time(OVERLAP.0) };
        let mut listed = listed(&self.github, Time(since.0), now).await?;
        listed.reverse();
        let shown: BTreeSet<&String> = listed.iter().map(|listed| &listed.guid).collect();
        far.read.retain(|guid| shown.contains(guid));

        let mut forwarded = Forwarded::default();
        for listed in listed.iter().filter(|listed| READ.contains(&listed.event.as_str())) {
            if forwarded.taken + forwarded.ignored == MOST {
                break;
            }
            if far.read.insert(listed.guid.clone()) {
                match self.hand_in(listed.id, now).await? {
                    true => forwarded.taken += 1,
                    false => forwarded.ignored += 1,
                }
            }
            far.until = far.until.max(moment(&listed.delivered_at).unwrap_or_default());
        }
        let value = serde_json::to_string(&far).map_err(Error::rejected)?;
        match self.github.notes().put(KEY, &value, version).await {
            // Another dispatcher looked at the same time.
            Ok(_) | Err(Error::Conflict) => Ok(forwarded),
            Err(error @ (Error::Later { .. } | Error::Unavailable(_) | Error::Rejected(_))) => Err(error),
        }
    }

    /// Hands in one delivery, if it means something.
    async fn hand_in(&self, id: u64, now: Time) -> Result<bool, Error> {
        let path = format!("/app/hook/deliveries/{id}");
        let Some(whole) = self.github.app()?.find::<Whole>(&path).await? else { return Ok(false) };
        match decode(&whole.event, &whole.guid, &whole.request.payload, &self.us, now) {
            Decoded::Delivery(delivery) => {
                self.intake.receive(*delivery).await?;
                Ok(true)
            }
            Decoded::Ignored(_) => Ok(false),
        }
    }

    /// Looks for ever, in a runtime of tokio. Trouble is logged, and looked past.
    pub async fn run(&self) {
        loop {
            match self.look().await {
                Ok(Forwarded { taken: 0, .. }) => {}
                Ok(Forwarded { taken, ignored }) => tracing::info!(taken, ignored, "webhooks fetched"),
                Err(error) => tracing::warn!(%error, "webhooks could not be fetched"),
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
