//! The stories in GitHub's issues.

use signalbox_surfaces::github::World;

#[path = "../it/stories/mod.rs"]
mod stories;
