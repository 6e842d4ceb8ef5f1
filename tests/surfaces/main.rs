//! Every story of the chat in memory, told again where people are. The same words are expected.

#![allow(clippy::duplicate_mod, reason = "the same stories are told on each chat: that is what this is for")]
#![allow(clippy::unwrap_used, reason = "an error that no story expects is its failure")]

mod on_github;
mod on_slack;
