//! The stories on Slack.

use signalbox_surfaces::slack::World;

#[path = "../it/stories/mod.rs"]
mod stories;
