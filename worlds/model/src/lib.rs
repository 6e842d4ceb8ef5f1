//! Model providers that say what a script says, on loopback: the real streaming protocols, for tests of agents.
//!
//! A [`World`] answers on one address for all of them: Anthropic's Messages, OpenAI's Responses and Chat Completions,
//! Gemini's `generateContent`. What it says is a [`Script`]: sessions of turns, each with words, calls of tools and the
//! usage it claims. Which turn is due is read from the request alone (how often the model spoke in it already), so that a
//! request sent again gets the same answer. It fails on demand, remembers every request, and is as strict as the real ones
//! about credentials, required fields and results of tools nobody called.

mod anthropic;
mod chat;
mod gemini;
mod protocol;
mod responses;
mod script;
mod seen;
mod server;
mod world;

pub use protocol::Protocol;
pub use script::{Call, Fault, Script, Session, Tokens, Turn, When};
pub use seen::Seen;
pub use world::World;
