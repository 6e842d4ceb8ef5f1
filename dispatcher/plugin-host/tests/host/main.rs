//! Plugins in the host: shipped ones, hostile ones, and what becomes of their files.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod bounds;
mod cases;
#[cfg(target_os = "linux")]
mod confined;
mod contract;
mod files;
mod guests;
mod hostile;
mod installation;
mod module;
mod page;
mod pinned;
mod replayed;
mod shipped;
mod suite;
