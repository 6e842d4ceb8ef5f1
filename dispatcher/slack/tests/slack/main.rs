//! Slack as people see it, told against a Slack that remembers, over its real protocol.

mod desk;
mod load;
mod outbound;
