//! Stories, crashes, orders, architecture.

mod address;
mod architecture;
mod crashes;
mod orders;
mod stories;
mod usual;

#[path = "stories/apart.rs"]
mod apart;
#[path = "stories/beside.rs"]
mod beside;
#[path = "stories/hurried.rs"]
mod hurried;
#[path = "stories/refused.rs"]
mod refused;

use signalbox_world::World;
