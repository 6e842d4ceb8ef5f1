//! Slack as people see it, told against a Slack that remembers, over its real protocol.

mod desk;
mod hearing;
mod load;
mod outage;
mod outbound;
mod scene;
mod socket;
mod visit;
