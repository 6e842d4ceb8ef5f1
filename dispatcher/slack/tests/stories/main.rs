//! Stories of Slack, told against a Slack that remembers: the real protocol on loopback.

mod hearing;
mod outage;
mod scene;
mod socket;
mod visit;
