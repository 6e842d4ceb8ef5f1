//! Stories of a Slack, told with a plain HTTP client and a plain HTTP app.
#![allow(clippy::unwrap_used)]

mod app;
mod control;
mod faults;
mod limits;
mod mentions;
mod pages;
mod people;
mod presses;
mod retries;
mod scene;
mod sockets;
mod strict;
mod views;
