//! Stories, crashes, orders, architecture.

mod architecture;
mod crashes;
mod orders;
mod stories;

use signalbox_world::World;
