//! Plugins in the host: shipped ones, hostile ones, and what becomes of their files.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod cases;
mod files;
mod hostile;
mod installation;
mod module;
mod shipped;
