//! The program as people start it, with everything real: boxes, git, HTTP, a browser, and `kill -9`.
#![expect(clippy::unwrap_used, reason = "a broken story stops where it breaks")]

mod browser;
mod canaries;
mod depot;
mod program;
mod repository;
mod site;
mod town;
mod web;

mod agents;
mod apart;
mod demo;
mod github;
mod hooks;
mod kill;
mod locked;
mod page;
mod plugin;
mod routing;
mod serve;
mod setup;
mod slack;
