//! The stories on Slack, and those that are told only there. Two are not told: that a stranger is answered where
//! everybody reads (here they are told alone), and what is shown for a second (here a status is edited every two).

use signalbox_surfaces::slack::World;

#[path = "../it/stories/mod.rs"]
mod stories;

#[path = "../it/stories/apart.rs"]
mod apart;

mod arrivals;
mod moments;
mod outages;
mod places;
mod stops;
mod thousand;
