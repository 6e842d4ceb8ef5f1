//! Stories, crashes, orders, architecture.

mod crashes;
mod stories;
