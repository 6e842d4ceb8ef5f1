//! Locks that hold plugins to what was agreed to, and a real registry that does what it should not.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod lock;
mod plugin;
mod pulled;
mod server;
