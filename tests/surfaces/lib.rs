//! Worlds whose people are on real chats: the production adapter, its edge over HTTP, and a vendor that remembers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a world that cannot be made is a story that fails")]

pub mod github;
pub mod slack;

mod faulty;
mod git;
mod runtime;
mod shown;
