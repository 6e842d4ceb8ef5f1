//! GitHub as its neighbours meet it: the production client against a GitHub that remembers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod desk;
mod world;

mod asked;
mod contract;
mod forge;
mod link;
mod missed;
mod said;
mod talk;
mod tokens;
mod webhooks;
