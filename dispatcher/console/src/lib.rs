//! The built-in chat and dashboard: a web page with rooms and threads, kept in one file.
//!
//! People reach it with a browser ([`Console::routes`]); the engine speaks in it as in any chat
//! ([`signalbox_ports::chat::Chat`]). What people do is kept first, then handed to the intake until that keeps it too.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod assets;
mod begin;
mod board;
mod changes;
mod chat;
mod compact;
mod console;
mod diff;
mod encode;
mod facts;
mod log;
mod outbox;
mod record;
mod routes;
mod runs;
mod settings;
mod stream;
mod transcript;
mod views;

pub use changes::path as change_path;
pub use console::{Console, MAX_TEXT};
pub use log::OpenError;
pub use settings::{Member, Settings};
pub use views::{ChangeState, Changes, Listed, Shown, Views};
