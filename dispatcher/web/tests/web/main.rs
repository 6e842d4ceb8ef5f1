//! Stories of a web that wants us where we must not go: what was dialled is what counts.

mod hostile;
mod pages;
mod world;
