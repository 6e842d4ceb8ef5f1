//! Stories, crashes, orders, architecture.

mod architecture;
mod crashes;
mod orders;
mod stories;
mod usual;

#[path = "stories/apart.rs"]
mod apart;

use signalbox_world::World;
