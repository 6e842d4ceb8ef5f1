//! The one way to Slack: the vendor's client with our pace, our patience and our words for what goes wrong.
//!
//! A call is tried once. Nothing in here waits or retries: whoever calls is told when it may be tried again.

mod client;
mod error;
mod file;
mod method;
mod refusal;
mod room;

pub(crate) use client::Api;
pub(crate) use error::Trouble;
pub(crate) use method::Method;
pub(crate) use room::Room;
