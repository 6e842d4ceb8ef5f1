//! What an edge takes and what it refuses.
#![allow(clippy::unwrap_used)]

mod gate;
mod hooks;
mod reading;
