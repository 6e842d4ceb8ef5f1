//! The gateway, as an agent in a box sees it, and as providers and hosts see it from the other side.
#![allow(clippy::unwrap_used)]

mod broker;
mod cap;
mod failures;
mod hosts;
mod metering;
mod random;
mod smuggling;
mod stand;
mod strangers;
mod tunnels;
