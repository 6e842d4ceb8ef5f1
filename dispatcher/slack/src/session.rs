//! A thread as an agent's session: how the work stands, where Slack shows it and puts its own Stop.
//!
//! The marks say the same to everybody, so nothing fails because it cannot be shown; but a session that is over must be
//! closed, or Slack shows it at work for an hour.

use serde::{Deserialize, Serialize};
use signalbox_domain::post::Mark;

use crate::Slack;
use crate::api::{Method, Room, Trouble};

/// What Slack says where there are no sessions: the app is no agent, or it is an old Slack.
const NO_AGENT: &[&str] = &[
    "not_authorized",
    "missing_scope",
    "unknown_method",
    "not_allowed_token_type",
    "feature_not_enabled",
    "method_not_supported_for_channel_type",
];

/// Over.
const CLOSED: &str = "closed";

#[derive(Serialize)]
struct Status<'a> {
    status: &'a str,
    channel_id: &'a str,
    thread_ts: &'a str,
}

#[derive(Deserialize)]
struct Done {}

/// Shows how the work stands, in the thread that the mark is in.
pub(crate) async fn show(slack: &Slack, room: &Room, root: &str, mark: Mark) -> Result<(), Trouble> {
    if !slack.0.settings.features.agent || slack.0.memory.no_agent.get(&room.team, slack.now()).is_some() {
        return Ok(());
    }
    let Some(status) = status(mark) else { return Ok(()) };
    let request = Status { status, channel_id: &room.channel, thread_ts: root };
    match slack.0.api.post(Method::SessionStatus, room, &request).await {
        Ok(Done {}) => {}
        Err(trouble) if trouble.is(NO_AGENT) => {
            tracing::info!(team = room.team, %trouble, "the app is no agent there; the marks say how the work stands");
            slack.0.memory.no_agent.put(room.team.clone(), (), slack.now());
        }
        Err(trouble @ (Trouble::Refused { .. } | Trouble::Rejected(_))) => {
            tracing::warn!(team = room.team, %trouble, "a session's status is not shown");
        }
        Err(trouble @ (Trouble::Later { .. } | Trouble::Unavailable(_))) if status == CLOSED => return Err(trouble),
        Err(trouble @ (Trouble::Later { .. } | Trouble::Unavailable(_))) => {
            tracing::debug!(team = room.team, %trouble, "a session's status is not shown this time");
        }
    }
    Ok(())
}

/// What a mark means for the session; a follow-up that is passed on changes nothing.
fn status(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Seen | Mark::Working => Some("processing"),
        Mark::Waiting => Some("suspended"),
        Mark::Done | Mark::Failed | Mark::Stopped => Some(CLOSED),
        Mark::Passed => None,
    }
}
