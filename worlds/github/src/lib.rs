//! A GitHub that remembers: its REST protocol, its webhooks and git, over HTTP on loopback.
//!
//! ```no_run
//! # fn main() -> Result<(), signalbox_world_github::Error> {
//! let world = signalbox_world_github::World::start(|| 1_700_000_000_000)?;
//! world.repository("acme/website", &[("README.md", "hello\n")])?;
//! world.install("acme", None);
//! world.hook("http://127.0.0.1:8080/hooks/github");
//! let ana = world.person("ana");
//! let number = ana.open_issue("acme/website", "Prices", "@signalbox they say $9, they should say $12")?;
//! // … the app answers over `world.url()` …
//! let conversation = world.conversation("acme/website", number);
//! # Ok(())
//! # }
//! ```
//!
//! It stands by itself: it knows nothing of who talks to it. An app is the production client with another base URI.

// What GitHub says of a pull request is one long literal.
#![recursion_limit = "256"]

mod auth;
mod call;
mod ci;
mod control;
mod error;
mod fault;
mod git;
mod hook;
mod meters;
mod openapi;
mod person;
mod push;
mod read;
mod rest;
mod route;
mod server;
mod setup;
mod show;
mod smart;
mod state;
mod time;
mod world;

pub use ci::{Ci, CiJob};
pub use error::Error;
pub use fault::{Called, Chance, Fault, seeded};
pub use hook::{Fate, Outgoing};
pub use meters::{Breach, Limit, Meters, Over, Refused};
pub use openapi::{OpenApi, webhook_examples};
pub use person::{NewPull, Person, Subject, Verdict};
pub use read::{CheckRead, Conversation, DeliveryRead, PullRead, Said, TokenRead};
pub use state::{Edit, Role};
pub use time::Clock;
pub use world::{Registration, World};
