//! Slack as people see it, told against a Slack that remembers, over its real protocol.
#![allow(clippy::unwrap_used, reason = "an error that no story expects is its failure")]

mod contract;
mod desk;
mod hearing;
mod load;
mod outage;
mod outbound;
mod scene;
mod socket;
mod visit;
