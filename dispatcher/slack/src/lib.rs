//! Chat on Slack: what people do there comes in at the edge, what runs say goes out through one client.
//!
//! [`Slack`] is the shared handle: a cheap clone that holds the settings, the client, the limits Slack states and what
//! is remembered for a while. It is a [`Chat`](signalbox_ports::chat::Chat).

mod settings;
mod slack;

mod api;
mod cache;
mod memory;
mod people;

mod chat;
mod encode;
mod notation;
mod session;
mod views;

mod catch_up;
mod decode;
pub mod doctor;
mod edge;
pub mod manifest;
pub mod socket;
mod understand;

pub use edge::routes;
pub use settings::{API, Features, Secret, Settings, Workspace};
pub use slack::{Board, Slack, Spend, Summary};
pub use views::Defaults;

/// The name of this chat in thread ids and person ids.
pub const CHAT: &str = "slack";
