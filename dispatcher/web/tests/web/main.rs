//! Stories of a web that wants us where we must not go: what was dialled is what counts.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on panics")]

mod hostile;
mod pages;
mod world;
