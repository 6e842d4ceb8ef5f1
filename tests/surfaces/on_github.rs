//! The stories in GitHub's issues, and those that only GitHub has.
//!
//! The App, its edge and its comments are the production ones, over HTTP. The code of the stories is in the forge in
//! memory, and their boxes are: a box in memory cannot push to git. What the App does as a forge is told in its own
//! crate, against the same GitHub.

use signalbox_surfaces::github::World;

#[path = "../it/stories/mod.rs"]
mod stories;

#[path = "../it/stories/refused.rs"]
mod refused;

mod asked;
mod checks;
mod code;
mod forks;
mod load;
mod missed;
mod moments;
mod moved;
mod pulls;
mod reviews;
mod stops;
mod strangers;
