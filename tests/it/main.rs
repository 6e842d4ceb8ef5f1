//! Stories, crashes, orders, architecture.

mod architecture;
mod crashes;
mod orders;
mod stories;
mod usual;

use signalbox_world::World;
