//! What tells our messages apart when a thread is read again: kept in a message's metadata, where nobody sees it.

use std::collections::HashMap;

use serde_json::Value;
use signalbox_domain::id::{EffectId, RunId};
use slack_morphism::SlackMessageMetadata;

/// What the metadata is called.
const KIND: &str = "signalbox_message";

/// Which message of which run this is, and which effect said it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) run: RunId,
    /// The slot, by its key.
    pub(crate) slot: String,
    /// Which of the messages that one post became, from 0.
    pub(crate) piece: usize,
    /// How many there are.
    pub(crate) of: usize,
    pub(crate) effect: EffectId,
}

impl Marker {
    /// As it goes to Slack.
    pub(crate) fn metadata(&self) -> SlackMessageMetadata {
        let fields = [
            ("run", self.run.to_string()),
            ("slot", self.slot.clone()),
            ("piece", self.piece.to_string()),
            ("of", self.of.to_string()),
            ("effect", self.effect.to_string()),
        ];
        let payload: HashMap<String, String> = fields.map(|(name, value)| (name.into(), value)).into();
        SlackMessageMetadata::new(KIND.into()).with_event_payload(payload)
    }

    /// As it comes back on a message.
    pub(crate) fn of(message: &Value) -> Option<Self> {
        let metadata = message.get("metadata")?;
        if metadata.get("event_type")?.as_str()? != KIND {
            return None;
        }
        let field = |name: &str| metadata.get("event_payload")?.get(name)?.as_str();
        Some(Self {
            run: field("run")?.into(),
            slot: field("slot")?.into(),
            piece: field("piece")?.parse().ok()?,
            of: field("of")?.parse().ok()?,
            effect: field("effect")?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_reads_back_as_written() {
        let effect = EffectId { run: "01J".into(), version: 7, index: 2 };
        let marker = Marker { run: "01J".into(), slot: "closing".into(), piece: 1, of: 3, effect };
        let message = serde_json::json!({ "metadata": marker.metadata() });
        assert_eq!(Marker::of(&message), Some(marker));
        assert_eq!(Marker::of(&serde_json::json!({ "metadata": { "event_type": "other" } })), None);
    }
}
