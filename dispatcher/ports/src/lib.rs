//! What the engine asks of the world: one small trait per file, each documented by its promise.

mod error;

pub mod blobs;
pub mod boxes;
pub mod chat;
pub mod clock;
pub mod devbox;
pub mod forge;
pub mod intake;
pub mod notes;
pub mod plugins;
pub mod queue;
pub mod store;
pub mod web;

pub use error::Error;
