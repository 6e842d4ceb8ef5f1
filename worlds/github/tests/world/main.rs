//! Stories of a GitHub that remembers, told with a plain HTTP client, a plain receiver of webhooks and git itself.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on is a story that failed")]

mod app;
mod client;
mod contract;
mod control;
mod deliveries;
mod git;
mod limits;
mod people;
mod receiver;
