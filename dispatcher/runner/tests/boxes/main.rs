//! Boxes from the claim to the last report: real jails, real git, and a dispatcher over HTTP.
#![expect(clippy::unwrap_used, reason = "a broken story stops where it breaks")]

mod dispatcher;
mod world;

mod endings;
mod escapes;
mod forge;
mod leaving;
mod limits;
mod models;
mod planted;
mod walls;
mod warm;
mod work;
