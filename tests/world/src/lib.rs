//! A world in memory: everything the engine talks to, obviously right, with trouble on demand; and the contract that
//! every adapter of a port keeps.

pub mod blobs;
pub mod boxes;
pub mod chat;
pub mod clock;
pub mod contract;
pub mod fault;
pub mod forge;
pub mod notes;
pub mod plugins;
pub mod queue;
pub mod store;
pub mod surface;

mod world;

pub use world::{World, person};
