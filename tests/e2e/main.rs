//! The program as people start it, with everything real: boxes, git, HTTP, a browser, and `kill -9`.
#![expect(clippy::unwrap_used, reason = "a broken story stops where it breaks")]

mod browser;
mod program;
mod repository;
mod site;

mod demo;
mod kill;
mod locked;
mod page;
mod serve;
