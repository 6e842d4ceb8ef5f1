//! The form that asks why somebody denies what a gate shows: the agent hears it.

use serde::{Deserialize, Serialize};
use slack_morphism::blocks::{
    SlackBlockId, SlackBlockPlainTextInputElement, SlackInputBlock, SlackModalView, SlackView,
};
use slack_morphism::{SlackActionId, SlackCallbackId};

use super::Hearing;
use crate::api::{Method, Room, Trouble};
use crate::encode::{Press, words};

/// The name of the form.
pub(super) const FORM: &str = "signalbox.deny";
/// The name of its field.
pub(super) const REASON: &str = "signalbox.reason";
/// The longest reason.
const MAX_REASON: u64 = 2_000;
/// The most that a form takes along.
const MAX_ALONG: usize = 3_000;

#[derive(Serialize)]
struct Open<'a> {
    trigger_id: &'a str,
    view: &'a SlackView,
}

#[derive(Deserialize)]
struct Done {}

impl Hearing<'_> {
    /// Asks for the reason. False: it is too late to open a form, or this cannot be asked in one; the denial holds
    /// without a reason.
    pub(super) async fn ask_reason(&self, trigger: &str, press: &Press) -> Result<bool, Trouble> {
        let along = serde_json::to_string(press).unwrap_or_default();
        if along.is_empty() || along.chars().count() > MAX_ALONG {
            return Ok(false);
        }
        let view = view(along);
        let open = Open { trigger_id: trigger, view: &view };
        let opened = self.slack.0.api.post(Method::OpenView, &Room::new(&self.room.team, ""), &open).await;
        match opened {
            Ok(Done {}) => Ok(true),
            Err(Trouble::Refused { .. } | Trouble::Rejected(_) | Trouble::Later { .. }) => Ok(false),
            Err(trouble @ Trouble::Unavailable(_)) => Err(trouble),
        }
    }
}

fn view(along: String) -> SlackView {
    let field = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(REASON.into()))
        .with_multiline(true)
        .with_max_length(MAX_REASON)
        .with_placeholder(words("What should be different?"));
    let input = SlackInputBlock::new(words("Why not?"), field.into())
        .with_block_id(SlackBlockId("reason".into()))
        .with_optional(true)
        .with_hint(words("The agent is told. Leave it empty to say nothing."));
    let modal = SlackModalView::new(words("Deny"), vec![input.into()])
        .with_submit(words("Deny"))
        .with_close(words("Back"))
        .with_callback_id(SlackCallbackId(FORM.into()))
        .with_private_metadata(along);
    SlackView::Modal(modal)
}
