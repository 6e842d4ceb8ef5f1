//! The forge as its neighbours meet it: real git at both ends, real HTTP between.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod world;

mod changes;
mod contract;
mod door;
mod import;
mod reading;
mod sample;
