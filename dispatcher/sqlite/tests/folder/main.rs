//! One folder: the contracts it keeps, and what happens to it when processes die, disks fill and versions meet.

#![allow(clippy::unwrap_used, reason = "an error that no story expects is its failure")]

mod contract;
mod full;
mod killed;
mod opened;
mod shapes;
mod story;
