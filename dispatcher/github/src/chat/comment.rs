//! Comments as GitHub keeps them, and which of them are ours.

use serde::Deserialize;
use serde_json::json;
use signalbox_domain::id::RunId;
use signalbox_domain::talk::MessageId;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;

use crate::app::{Place, Trouble};
use crate::decode::Us;
use crate::decode::received::Spot;
use crate::marker::Said;

/// The most comments of a thread that are looked through; GitHub takes 2,500 on an issue.
const MOST: usize = 5_000;
/// How much GitHub's clock may differ from ours.
const SKEW: Span = Span::hours(1);

/// A comment on an issue or a pull request.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) user: Option<User>,
    pub(crate) created_at: String,
    #[serde(default)]
    pub(crate) performed_via_github_app: Option<App>,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) login: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: Option<String>,
}

/// An App.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct App {
    pub(crate) id: u64,
}

impl User {
    /// Whether it is the account that we act under.
    pub(crate) fn is_us(&self, us: &Us) -> bool {
        let named = self.login.strip_suffix("[bot]").is_some_and(|name| name.eq_ignore_ascii_case(&us.name));
        named && self.kind.as_deref() == Some("Bot")
    }
}

impl Comment {
    /// Whether we wrote it.
    pub(crate) fn is_ours(&self, us: &Us) -> bool {
        self.performed_via_github_app.as_ref().is_some_and(|app| app.id == us.app)
            || self.user.as_ref().is_some_and(|user| user.is_us(us))
    }

    /// The message's id.
    pub(crate) fn message(&self) -> MessageId {
        Spot::Comment(self.id).message()
    }

    /// What of a run's it says, if we wrote it.
    pub(crate) fn said(&self, us: &Us) -> Option<Said> {
        self.body.as_deref().filter(|_| self.is_ours(us)).and_then(Said::read)
    }
}

/// Every comment of an issue since the run began, oldest first.
pub(super) async fn since(place: &Place, number: u64, run: &RunId) -> Result<Vec<Comment>, Error> {
    let mut path = format!("{}/issues/{number}/comments", place.path);
    if let Some(began) = began(run).and_then(|began| stamp(Time((began - Time(SKEW.0)).0))) {
        path.push_str(&format!("?since={began}"));
    }
    let mut found: Vec<Comment> = place.caller.all(&path, "", MOST).await?;
    found.sort_by_key(|comment| comment.id);
    Ok(found)
}

/// Every comment of an issue, oldest first.
pub(super) async fn every(place: &Place, number: u64) -> Result<Vec<Comment>, Error> {
    let mut found: Vec<Comment> =
        place.caller.all(&format!("{}/issues/{number}/comments", place.path), "", MOST).await?;
    found.sort_by_key(|comment| comment.id);
    Ok(found)
}

/// Writes a comment.
pub(super) async fn write(place: &Place, number: u64, body: &str) -> Result<Comment, Trouble> {
    place.caller.post(&format!("{}/issues/{number}/comments", place.path), &json!({ "body": body })).await
}

/// Writes a comment anew.
pub(super) async fn rewrite(place: &Place, id: u64, body: &str) -> Result<Comment, Trouble> {
    place.caller.patch(&format!("{}/issues/comments/{id}", place.path), &json!({ "body": body })).await
}

/// Removes a comment.
pub(super) async fn remove(place: &Place, id: u64) -> Result<(), Error> {
    Ok(place.caller.delete(&format!("{}/issues/comments/{id}", place.path)).await?)
}

/// When a run began: its id says so.
fn began(run: &RunId) -> Option<Time> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut digits = run.0.get(..10)?.chars().map(|digit| ALPHABET.find(digit));
    digits.try_fold(0_u64, |sum, digit| Some((sum << 5) | digit? as u64)).map(Time)
}

/// A time as GitHub reads it.
fn stamp(time: Time) -> Option<String> {
    let at = chrono::DateTime::from_timestamp_millis(i64::try_from(time.0).ok()?)?;
    Some(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A time as GitHub writes it.
pub(crate) fn moment(text: &str) -> Option<Time> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis();
    u64::try_from(at).ok().map(Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runs_id_says_when_it_began() {
        let at = Time(1_790_000_000_123);
        assert_eq!(began(&RunId::of(at, &"said:x".into())), Some(at));
        assert_eq!(stamp(at).as_deref(), Some("2026-09-21T14:13:20Z"));
        assert_eq!(moment("2026-09-21T14:13:20Z"), Some(Time(1_790_000_000_000)));
        assert_eq!(began(&"01J".into()), None);
    }
}
