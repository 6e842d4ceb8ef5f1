//! Stories, crashes, orders, architecture.

mod address;
mod architecture;
mod asks;
mod crashes;
mod losses;
mod native;
mod orders;
mod stories;
mod usual;
mod whys;

#[path = "stories/apart.rs"]
mod apart;
#[path = "stories/attachments.rs"]
mod attachments;
#[path = "stories/context.rs"]
mod context;
#[path = "stories/deadlines.rs"]
mod deadlines;
#[path = "stories/hurried.rs"]
mod hurried;
#[path = "stories/intake.rs"]
mod intake;
#[path = "stories/quotas.rs"]
mod quotas;
#[path = "stories/refused.rs"]
mod refused;

use signalbox_world::World;
