//! Making the App: GitHub asks a person once, and hands out its keys once.
//!
//! What the App may do and hears of is computed from the features that are on, by one table ([`Feature::needs`]); the
//! doctor compares an App that exists with the same table.

mod flow;
mod manifest;

pub use flow::{Credentials, Setup};
pub(crate) use manifest::needs;
pub use manifest::{Feature, Needs, manifest};
