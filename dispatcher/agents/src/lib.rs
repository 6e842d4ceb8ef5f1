//! Coding agents that are not ours: how each is started without a terminal, what it prints, and how it says that
//! something went wrong. Pure: what was tried with which version is in `docs/agents.md`, and what they print there is in
//! `tests/agents/fixtures`.

mod agent;
mod claude_code;
mod codex;
mod failure;
mod gemini;
mod json;
mod opencode;
mod pi;
mod pin;

pub use agent::{Agent, Entry, Launch, NAMES, Over, SETTINGS, Task, named, provider};
pub use failure::{Failure, Then, What};
pub use pin::{PINS, Pin, pin};
