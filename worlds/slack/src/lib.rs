//! A Slack that remembers, on loopback: the real protocol, for tests and for plugin authors.
//!
//! A [`World`] holds workspaces, people, channels and apps. Apps call its Web API over HTTP and hear from it at their
//! URLs, signed, or over the web sockets they open; people act through the methods of the handle, and what they would
//! see is read there. Time is a [`Clock`] that is given; nothing in here sleeps or reads another one, except that the
//! wait for an app's answer is real.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod act;
mod api;
mod app;
mod blocks;
mod chance;
mod channel;
mod compose;
mod control;
mod edge;
mod error;
mod event;
mod fault;
mod file;
mod ids;
mod limits;
mod message;
mod meters;
mod options;
mod plain;
mod seen;
mod server;
mod session;
mod setup;
mod state;
mod team;
mod view;
mod world;

pub use act::{Arrives, Submitted, Words};
pub use app::{AppSpec, Installed, Registered, Urls};
pub use blocks::{MAX_BLOCK_TEXT, MAX_BLOCKS, MAX_MARKDOWN, MAX_VIEW_BLOCKS};
pub use edge::{Attempt, Delivery, Manner, Rule};
pub use error::Error;
pub use fault::Fault;
pub use ids::{AppId, BotId, ChannelId, FileId, TeamId, Ts, UserId, ViewId};
pub use limits::{MESSAGE_BURST, MESSAGES_PER_SECOND};
pub use meters::{Meters, Refusal};
pub use options::{Clock, Limits, Options};
pub use plain::plain;
pub use seen::{Screen, Seen};
pub use session::{Session, Status};
pub use team::Kind;
pub use world::{World, serve};
