//! The world in memory keeps the promises it is the reference for.

#![allow(clippy::unwrap_used, reason = "an error that no story expects is its failure")]

mod chat;
mod contract;
mod forge;
