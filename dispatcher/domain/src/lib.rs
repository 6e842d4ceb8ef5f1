//! What Signalbox decides: `step` takes a run and an event and gives a run and effects.
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]
extern crate alloc;
pub mod id;
pub mod time;
pub mod talk;
pub mod route;
pub mod workflow;
pub mod condition;
pub mod context;
pub mod devbox;
pub mod change;
pub mod event;
pub mod run;
pub mod effect;
pub mod outcome;
pub mod post;
pub mod reason;
