//! The forge as its neighbours meet it: real git at both ends, real HTTP between.

mod world;

mod changes;
mod door;
mod import;
mod reading;
mod sample;
