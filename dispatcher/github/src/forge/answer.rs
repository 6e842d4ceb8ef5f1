//! Remarks of a review, answered where they stand: each once, found again by a hidden line.

use serde::Deserialize;
use serde_json::{Value, json};
use signalbox_ports::Error;

use crate::app::{Github, Place};
use crate::chat::User;
use crate::decode::Us;

/// The most remarks of one change request that are looked through.
const MOST: usize = 1_000;

/// A comment on lines.
#[derive(Deserialize)]
struct Remark {
    id: u64,
    /// The first of its conversation, if it is not that.
    #[serde(default)]
    in_reply_to_id: Option<u64>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
}

impl Github {
    /// Answers every remark of a review, or the one that was a request of its own. What is gone is not answered.
    pub(crate) async fn reply(&self, place: &Place, number: u64, review: &str, text: &str) -> Result<(), Error> {
        let all = format!("{}/pulls/{number}/comments", place.path);
        let list = match (review.parse::<u64>(), alone(review)) {
            (Ok(id), _) => format!("{}/pulls/{number}/reviews/{id}/comments", place.path),
            (Err(_), Some(_)) => all.clone(),
            (Err(_), None) => return Ok(()),
        };
        let mut remarks: Vec<Remark> = match place.caller.all(&list, "", MOST).await {
            Ok(remarks) => remarks,
            Err(trouble) if trouble.missing() => return Ok(()),
            Err(trouble) => return Err(trouble.into()),
        };
        if let Some(id) = alone(review) {
            remarks.retain(|remark| remark.id == id);
        }
        if remarks.is_empty() {
            return Ok(());
        }
        let said: Vec<Remark> = place.caller.all(&all, "", MOST).await?;
        let us = Us::of(self.settings());
        let ours = |said: &&Remark| said.user.as_ref().is_some_and(|user| user.is_us(&us));
        for remark in remarks {
            let mark = format!("<!-- signalbox answers:{} -->", remark.id);
            let answered =
                said.iter().filter(ours).any(|said| said.body.as_ref().is_some_and(|body| body.contains(&mark)));
            if answered || ours(&&remark) {
                continue;
            }
            let first = remark.in_reply_to_id.unwrap_or(remark.id);
            let path = format!("{all}/{first}/replies");
            let made = place.caller.post::<Value>(&path, &json!({ "body": format!("{text}\n\n{mark}") })).await;
            match made {
                Err(trouble) if !trouble.missing() => return Err(trouble.into()),
                // It was deleted meanwhile.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// The comment on lines that was a request by itself.
fn alone(review: &str) -> Option<u64> {
    review.strip_prefix("review-comment-")?.split('-').next()?.parse().ok()
}
