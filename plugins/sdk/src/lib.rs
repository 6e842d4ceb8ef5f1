//! Write a Signalbox plugin: its types, its exports, its tests.
//!
//! A plugin is a pure function over data. Write it in `src/lib.rs`, where it is tested natively:
//!
//! ```
//! use signalbox_plugin::router::{Claim, Outcome, Place};
//! use signalbox_plugin::{Event, PluginError};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! pub struct Config {
//!     word: String,
//!     repository: String,
//! }
//!
//! pub fn route(event: &Event, config: &Config) -> Result<Outcome, PluginError> {
//!     if !event.text.contains(&config.word) {
//!         return Ok(Outcome::Pass(format!("nobody says {}", config.word)));
//!     }
//!     Ok(Outcome::Claim(Claim {
//!         workflow: None, // left to the routers that know
//!         place: Place::Repository(config.repository.clone()),
//!         branch: None,
//!         inputs: Vec::new(),
//!         score: 750,
//!         reason: format!("\"{}\" means {}", config.word, config.repository),
//!         rule: "word".to_string(),
//!         matched: vec![config.word.clone()],
//!     }))
//! }
//! ```
//!
//! and export it in `src/component.rs`, which only exists in the Wasm build (`#[cfg(target_family = "wasm")] mod
//! component;`): `signalbox_plugin::router!(crate::route, crate::Config);`. `signalbox plugin new` begins one.
//!
//! The promises that hold on both sides are the doc comments of `wit/`, repeated here on every type.

#[doc(hidden)]
pub mod bindings;

#[cfg(any(test, all(feature = "arena", target_family = "wasm")))]
mod arena;
mod export;

pub mod config;
pub mod log;
pub mod path;
pub mod talk;
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
