//! Every story of the chat in memory, told again where people are. The same words are expected.

#![allow(clippy::unwrap_used, reason = "an error that no story expects is its failure")]

mod on_github;
mod on_slack;
