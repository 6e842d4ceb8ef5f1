//! Stories, crashes, orders, architecture.

mod crashes;
mod orders;
mod stories;
