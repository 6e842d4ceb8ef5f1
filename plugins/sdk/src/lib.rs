//! Write a Signalbox plugin: its types, its exports, its tests.
//!
//! A plugin is a pure function over data. Write it in `src/lib.rs`, where it is tested natively, and export it in
//! `src/component.rs`, which only exists in the Wasm build:
//!
//! ```text
//! // src/lib.rs
//! #[cfg(target_family = "wasm")]
//! mod component;
//!
//! pub fn route(event: &Event, config: &Config) -> Result<Outcome, PluginError> { … }
//!
//! // src/component.rs
//! signalbox_plugin::router!(crate::route, crate::Config);
//! ```
//!
//! The promises that hold on both sides are the doc comments of `wit/`, repeated here on every type.

#[doc(hidden)]
pub mod bindings;

mod export;

pub mod config;
pub mod log;
pub mod text;

#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use bindings::router::signalbox::plugin::types::{
    Attr, Event, Memory, Person, PluginError, Repository, Role, Thread, Workflow,
};

/// What routers say.
pub mod router {
    pub use crate::bindings::router::exports::signalbox::plugin::router::{Candidate, Claim, Outcome, Place, Question};
}

/// What prefetchers ask for and make.
pub mod prefetcher {
    pub use crate::bindings::prefetcher::exports::signalbox::plugin::prefetcher::{
        Assembled, Fetched, File, Item, Numbered, Outcome, Request, Response, Revision, Route, Search, Trust,
    };
}
