//! Every story of the chat in memory, told again where people are. The same words are expected.
//!
//! Some are told in memory even here, since they use what only the chat in memory has: those of `intake`, those of
//! `attachments`, and on GitHub `people::the_same_message_delivered_eleven_times_is_one_run`.

#![allow(clippy::duplicate_mod, reason = "the same stories are told on each chat: that is what this is for")]
#![allow(clippy::unwrap_used, reason = "an error that no story expects is its failure")]

mod on_github;
mod on_slack;
