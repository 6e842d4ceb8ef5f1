//! What GitHub sent and we did not take: listed, and asked for again. GitHub itself never sends twice.
//!
//! With the edge closed (no secret is set, nothing can be reached from outside) there is nothing to ask for: what GitHub
//! would have sent is fetched instead, by a [`crate::Forwarder`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::chat::CaughtUp;

use crate::app::{Github, Trouble};
use crate::chat::moment;
use crate::decode::READ;

/// How long GitHub keeps deliveries.
pub(crate) const WINDOW: Span = Span::hours(72);
/// The most deliveries that one look lists.
const MOST: usize = 1_000;
/// How much a look overlaps the one before: a delivery is listed a while after it was made.
const OVERLAP: Span = Span::minutes(10);
/// The most that is asked for again in one look.
const ASKED: usize = 20;
/// How often one delivery is asked for again, at most.
const TRIES: u32 = 6;
/// How long to wait after the first try; three times as long after each.
const WAIT: Span = Span::minutes(1);
/// The most deliveries that are still waited for.
const PENDING: usize = 300;
/// Where it is kept how far the looks came.
const KEY: &str = "github/catch-up";

/// A delivery as GitHub lists it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    pub(crate) guid: String,
    pub(crate) delivered_at: String,
    pub(crate) status_code: u16,
    pub(crate) event: String,
}

/// How far the looks came.
#[derive(Default, Serialize, Deserialize)]
struct Far {
    /// Everything delivered before was looked at.
    until: Time,
    /// What failed and was not taken since, by the id that all its deliveries share.
    pending: BTreeMap<String, Pending>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Pending {
    /// One of its deliveries.
    id: u64,
    /// When it was delivered first.
    at: Time,
    /// How often it was asked for again.
    tries: u32,
    /// When it may be asked for next.
    due: Time,
}

/// Looks for what was missed: bounded, and at GitHub's pace.
pub(crate) async fn catch_up(github: &Github) -> Result<CaughtUp, Error> {
    if github.settings().webhook_secrets.is_empty() {
        return Ok(CaughtUp::default());
    }
    let now = github.now();
    let note = github.notes().get(KEY).await?;
    let version = note.as_ref().map_or(0, |note| note.version);
    let mut far: Far = note.and_then(|note| serde_json::from_str(&note.value).ok()).unwrap_or_default();

    let listed = listed(github, Time((far.until - Time(OVERLAP.0)).0), now).await?;
    far.look(&listed, now);
    let mut asked = 0;
    let due: Vec<String> = far.pending.iter().filter(|(_, it)| it.due <= now).map(|(guid, _)| guid.clone()).collect();
    let mut trouble = None;
    for guid in due.into_iter().take(ASKED) {
        let Some(pending) = far.pending.get_mut(&guid) else { continue };
        match again(github, pending.id).await {
            Ok(()) => {
                asked += 1;
                pending.tries += 1;
                pending.due = now + Span(WAIT.0 * 3_u64.pow(pending.tries - 1));
            }
            // It is too old, or its hook is gone: it will not be sent again.
            Err(failed) if failed.missing() || matches!(failed.error, Error::Rejected(_)) => {
                far.pending.remove(&guid);
                tracing::warn!(guid, error = %failed.error, "a webhook that was missed cannot be had again");
            }
            Err(failed) => {
                trouble = Some(failed.error);
                break;
            }
        }
    }
    far.pending.retain(|guid, pending| {
        let hope = pending.tries < TRIES || pending.due > now;
        if !hope {
            tracing::warn!(guid, tries = pending.tries, "a webhook is refused each time it is sent; it is given up");
        }
        hope && now - pending.at < WINDOW
    });
    let value = serde_json::to_string(&far).map_err(Error::rejected)?;
    match github.notes().put(KEY, &value, version).await {
        // Another dispatcher looked at the same time.
        Ok(_) | Err(Error::Conflict) => {}
        Err(error @ (Error::Later { .. } | Error::Unavailable(_) | Error::Rejected(_))) => return Err(error),
    }
    match trouble {
        Some(error) if asked == 0 => Err(error),
        Some(_) | None => Ok(CaughtUp { deliveries: Vec::new(), asked }),
    }
}

/// What was delivered since, newest first.
pub(crate) async fn listed(github: &Github, since: Time, now: Time) -> Result<Vec<Listed>, Error> {
    let since = since.max(Time((now - Time(WINDOW.0)).0));
    let old = |listed: &Listed| moment(&listed.delivered_at).is_some_and(|at| at < since);
    let mut listed: Vec<Listed> = github.app()?.until("/app/hook/deliveries", "", MOST, old).await?;
    listed.retain(|listed| !old(listed));
    Ok(listed)
}

async fn again(github: &Github, id: u64) -> Result<(), Trouble> {
    let _: Value = github.app()?.make(&format!("/app/hook/deliveries/{id}/attempts"), &json!({})).await?;
    Ok(())
}

impl Far {
    /// Notes what failed, and what was taken in the end.
    fn look(&mut self, listed: &[Listed], now: Time) {
        for delivery in listed.iter().rev() {
            let at = moment(&delivery.delivered_at).unwrap_or(now);
            self.until = self.until.max(at);
            if (200..300).contains(&delivery.status_code) {
                self.pending.remove(&delivery.guid);
            } else if READ.contains(&delivery.event.as_str()) && !self.pending.contains_key(&delivery.guid) {
                let taken = listed.iter().any(|it| it.guid == delivery.guid && (200..300).contains(&it.status_code));
                if !taken && self.pending.len() < PENDING {
                    let pending = Pending { id: delivery.id, at, tries: 0, due: now };
                    self.pending.insert(delivery.guid.clone(), pending);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(id: u64, guid: &str, event: &str, status_code: u16) -> Listed {
        let delivered_at = "2026-11-20T00:00:00Z".to_owned();
        Listed { id, guid: guid.into(), delivered_at, status_code, event: event.into() }
    }

    #[test]
    fn only_what_was_never_taken_is_asked_for_again() {
        let mut far = Far::default();
        let newest_first = [
            listed(5, "a", "issues", 200),
            listed(4, "d", "push", 500),
            listed(3, "c", "issue_comment", 0),
            listed(2, "b", "issues", 200),
            listed(1, "a", "issues", 503),
        ];
        far.look(&newest_first, Time(1));
        assert_eq!(far.pending.keys().collect::<Vec<_>>(), ["c"]);
        far.look(&[listed(6, "c", "issue_comment", 200)], Time(2));
        assert!(far.pending.is_empty());
    }
}
