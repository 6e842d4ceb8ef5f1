//! A system that is made up for a component while it is written: what it would have to be to fit a host. There is none in
//! this crate, and none where plugins decide.
#![cfg_attr(not(feature = "development"), allow(unreachable_pub, reason = "nobody can make one up"))]

use std::any::Any;

use wasmtime::component::Linker;

use crate::guest::State;

/// A made-up system.
pub trait System: Send + Sync {
    /// Whether an import is of this system; every other is refused as ever.
    fn has(&self, import: &str) -> bool;

    /// Links what it has.
    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()>;

    /// The system as one call finds it, from what the event says: the time, in milliseconds, and the seed of all chance.
    fn begin(&self, time: u64, seed: u64) -> Box<dyn Begun>;
}

/// The system of one call.
pub trait Begun: Any + Send {
    /// The lines that were printed since this was asked last.
    fn printed(&mut self) -> Vec<String>;
}
