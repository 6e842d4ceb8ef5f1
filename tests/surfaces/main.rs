//! Every story of the chat in memory, told again where people are. The same words are expected.
//!
//! Not told here are `intake` and `attachments`: they hand the engine what only the chat in memory has. What takes their
//! place is told of each chat by its own name: copies, deaths and outages in `arrivals`, `outages` and `missed`.

#![allow(clippy::duplicate_mod, reason = "the same stories are told on each chat: that is what this is for")]
#![allow(clippy::unwrap_used, reason = "an error that no story expects is its failure")]

mod on_github;
mod on_slack;
