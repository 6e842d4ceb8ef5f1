//! The port, answered.

mod diff;
mod read;
mod tree;

pub(crate) use tree::Trees;
