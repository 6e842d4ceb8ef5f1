//! What every chat needs before it posts: text that does nothing but be read, in pieces that fit, at a pace that is
//! allowed. No vendor, no clock, no I/O.
//!
//! The way of an untrusted text to a chat:
//!
//! | | Who | What |
//! |---|---|---|
//! | 1 | [`tame`](tame::tame) (Markdown) or [`flat`](tame::flat) (anything else) | makes it harmless; both begin with [`clean`](clean::clean()) |
//! | 2 | the adapter | its own escaping (`&`, `<`, `>` and the like), and its own words around it |
//! | 3 | [`split`](split::split()) | cuts it to the chat's true budget, and says what was left out |
//! | 4 | [`rich`](rich::rich()) | for a chat that takes structure: what each piece looks like there, if it is Markdown |
//! | 5 | [`Buckets`](bucket::Buckets) | says whether it may be posted now, or when |
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod clean;
pub mod link;
pub mod live;
pub mod rich;
pub mod tame;

pub mod split;
pub mod unit;

pub mod bucket;

mod cut;
mod fence;
mod limit;
mod markdown;
mod spot;
