//! Our slash command: no message, only what was typed.

use serde_json::Value;

use super::{Commanded, Heard, Meaning, What, key, text, thread};

/// The longest text that is kept, in characters.
const MAX_TEXT: usize = 10_000;

pub(super) fn decode(fields: &Value) -> Meaning {
    let (Some(team), Some(channel), Some(user), Some(trigger)) =
        (text(fields, "/team_id"), text(fields, "/channel_id"), text(fields, "/user_id"), text(fields, "/trigger_id"))
    else {
        return Meaning::Ignored("it does not say who typed it, or where");
    };
    let thread = thread(team, channel, &format!("command:{trigger}"));
    let id = key("commanded", &thread.room, &[trigger]);
    let what = Commanded {
        user: user.into(),
        text: text(fields, "/text").unwrap_or_default().chars().take(MAX_TEXT).collect(),
        trigger: trigger.into(),
        direct: channel.starts_with('D'),
    };
    Meaning::Heard(Heard { id, thread, what: What::Commanded(what) })
}
