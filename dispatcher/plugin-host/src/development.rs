//! For authors' tools only: components that are still being written may be tried on a system that is made up.

pub use wasmtime;

pub use crate::guest::State;
pub use crate::system::{Begun, System};

impl State {
    /// The system of this call. There is one of that kind, since it linked the function that asks.
    pub fn system<T: Begun>(&mut self) -> Option<&mut T> {
        let system: &mut dyn std::any::Any = self.system.as_deref_mut()?;
        system.downcast_mut()
    }
}
