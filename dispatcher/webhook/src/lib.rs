//! The discipline of every webhook edge: a request is read once, whole and bounded, and believed only if it is signed.
//!
//! An adapter makes a [`Gate`] of its vendor's words (header names, a prefix, what is signed) and calls
//! [`Gate::admit`]; what it gets back, [`Admitted`], cannot be made in another way, so that a function that takes one
//! has its proof. Everything refused is a [`Refused`]: a status, words, and a count.
//!
//! [`routes`] serves the generic webhook, `POST /hooks/in/{name}`, by the same gate.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod gate;
mod refused;
mod secret;
mod secrets;

pub mod body;
pub mod form;
pub mod header;
pub mod json;
pub mod signature;
pub mod window;

mod counter;
mod hook;
mod routes;
mod template;

pub use counter::Counter;
pub use gate::{Admitted, Gate, MAX_BODY, Signed};
pub use hook::{Filter, Hook, Key, Test};
pub use refused::Refused;
pub use routes::routes;
pub use secret::Secret;
pub use secrets::Secrets;
pub use template::Template;
