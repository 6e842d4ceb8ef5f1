//! The HTTP edge: one router that every other router is merged into, bounded in every direction.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod boxes;
mod edge;
mod serve;

pub use boxes::MAX_REPORT;
pub use edge::{EDGE_TIMEOUT, router};
pub use serve::{DRAIN, serve};
