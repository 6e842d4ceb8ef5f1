//! A run's history, in words.

use signalbox_domain::change::Verdict;
use signalbox_domain::devbox::End;
use signalbox_domain::event::{Alarm, Fact};
use signalbox_domain::post::Action;
use signalbox_domain::route::Decision;

use crate::encode::{clean, title};

/// What happened, in a line. May hold anybody's words; they have been cleaned.
pub(crate) fn words(fact: &Fact) -> String {
    let words = match fact {
        Fact::Said { message, .. } => format!("{} wrote: {}", message.by.name, title(&message.text)),
        Fact::Edited { message } => format!("{} changed a message: {}", message.by.name, title(&message.text)),
        Fact::Deleted { by, .. } => format!("{} deleted a message", by.name),
        Fact::Pressed { action, by } => format!("{} pressed {}", by.name, pressed(action)),
        Fact::Received { .. } => "something was received that is yet to be understood".into(),
        Fact::Reviewed { by, review } => {
            format!("{} reviewed the change request, with {} remarks", by.name, review.remarks.len())
        }
        Fact::Forbidden { reason, .. } => format!("policy forbids it: {reason}"),
        Fact::Unlinked { .. } => "the person who asked has yet to say who they are at the forge".into(),
        Fact::Linked { by } => format!("{} said who they are at the forge", by.name),
        Fact::Stirred => "checks moved on at the forge".into(),
        Fact::Checked { checks, .. } => match checks.verdict() {
            Verdict::Pending => "the forge's checks are not over yet".into(),
            Verdict::Passed => format!("the forge's {} checks pass", checks.ran.len()),
            Verdict::Failed => "checks fail at the forge".into(),
        },
        Fact::Routed { decision, .. } => match decision {
            Decision::Go { .. } => "the routers decided where it goes".into(),
            Decision::Ask { .. } => "the routers ask where it goes".into(),
            Decision::Nowhere { reason, .. } => format!("no router took it: {reason}"),
        },
        Fact::Resolved { workflow, .. } => format!("workflow {} frozen as {}", workflow.name, workflow.digest.short()),
        Fact::Unresolved { problems, .. } => format!("could not begin: {}", problems.join("; ")),
        Fact::Admitted => "let in".into(),
        Fact::Queued { place, limit } => format!("queued at place {place}; {limit} work at once"),
        Fact::Gathered { titles, omissions, .. } => {
            format!("context gathered: {} pieces, {} left out", titles.len(), omissions.len())
        }
        Fact::Claimed { devbox, .. } => format!("devbox {devbox} is up"),
        Fact::Progressed { activity, .. } => format!("at work: {activity}"),
        Fact::Finished { devbox, finish, .. } => format!("devbox {devbox} {}", ended(&finish.end)),
        Fact::Unprovided { reason, .. } => format!("no devbox: {reason}"),
        Fact::Vanished { devbox } => format!("devbox {devbox} was not heard of any more"),
        Fact::Released { devbox } => format!("devbox {devbox} is gone and its tokens are revoked"),
        Fact::Opened { change, .. } => format!("change request {} is open: {}", change.number, change.title),
        Fact::Unopened { reason, .. } => format!("the change request was not opened: {reason}"),
        Fact::Woke { alarm } => format!("an alarm rang: {}", rang(alarm)),
    };
    clean(&words)
}

fn pressed(action: &Action) -> String {
    match action {
        Action::Stop => "Stop".into(),
        Action::Why => "Why here?".into(),
        Action::Details => "Details".into(),
        Action::Retry => "Retry".into(),
        Action::Approve { phase, digest } => format!("Approve ({phase}, {})", digest.short()),
        Action::Deny { phase, reason, .. } if reason.is_empty() => format!("Deny ({phase})"),
        Action::Deny { phase, reason, .. } => format!("Deny ({phase}): {reason}"),
        Action::Choose { target } => {
            target.repository.as_ref().map_or_else(|| target.workflow.clone(), ToString::to_string)
        }
        Action::Resolve { .. } => "Resolve these".into(),
        Action::Dismiss { .. } => "Dismiss".into(),
        Action::View { url } => url.clone(),
    }
}

fn ended(end: &End) -> String {
    match end {
        End::Ok => "finished well".into(),
        End::Exit { code } => format!("exited with {code}"),
        End::Stopped => "stopped".into(),
        End::TimedOut { .. } => "ran out of time".into(),
        End::Budget => "reached the end of its budget".into(),
        End::Refused { reason } => format!("was refused: {reason}"),
        End::Broken { detail, .. } => format!("could not do its part: {detail}"),
    }
}

fn rang(alarm: &Alarm) -> &'static str {
    match alarm {
        Alarm::Start { .. } => "a devbox should be up",
        Alarm::Wall { .. } => "a devbox should be done",
        Alarm::Halt { .. } => "a devbox should have stopped",
        Alarm::Retry { .. } => "a phase may be tried again",
        Alarm::Expiry { .. } => "a gate expires",
        Alarm::Reminder { .. } => "a gate still waits",
        Alarm::Question { .. } => "a question was not answered",
        Alarm::Look { .. } => "the forge's checks may have moved on",
        Alarm::Budget => "the time is used up",
    }
}
