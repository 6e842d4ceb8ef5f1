//! Routers and prefetchers, by component: the only place that knows wasmtime.
//!
//! A plugin's code is not trusted. It gets an event and gives a value; it imports nothing but a write-only log; every
//! call is a fresh instance with bounded fuel, memory, tables and data ([`limits`]), and the same input burns the same
//! fuel and gives the same output. Whatever it does instead (traps, spins, grows, floods) is a value here, in words for
//! its author, and the next plugin is asked.
//!
//! Calls are synchronous and take some milliseconds at most; call them where blocking is allowed. Neither fuel nor
//! epochs bound host functions, so the one host function there is (`log`) does nothing that can wait.

mod answer;
mod apart;
mod bindings;
mod cache;
#[cfg(feature = "compile")]
mod compile;
mod component;
mod convert;
mod engine;
mod failure;
mod gather;
mod guest;
mod host;
#[cfg(test)]
mod next;
mod refusal;
mod sealed;
mod system;
mod trial;

pub mod bundle;
#[cfg(feature = "development")]
pub mod development;
pub mod grant;
pub mod limits;
pub mod manifest;
pub mod pin;
pub mod settings;
pub mod triggers;

pub use apart::{Apart, confine, serve};
#[cfg(feature = "compile")]
pub use compile::compile;
pub use engine::target;
pub use host::{Config, Host, Plugin};
pub use refusal::{Refusal, Refusals};
pub use trial::{Trial, Trialled};
