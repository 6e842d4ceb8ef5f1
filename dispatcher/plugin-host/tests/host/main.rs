//! Plugins in the host: shipped ones, hostile ones, and what becomes of their files.

mod cases;
mod files;
mod hostile;
mod installation;
mod module;
mod shipped;
