//! The contract of [`Store`].

mod boxes;
mod effects;
mod race;
mod steps;
mod twins;

use std::sync::Arc;

use signalbox_ports::store::Store;

use super::tell;

pub use race::{Figures, race};
pub use twins::twins;

/// Tells every story over what `make` makes: a new and empty one each time.
pub async fn suite(make: impl Fn() -> Arc<dyn Store>) {
    for stories in [steps::STORIES, effects::STORIES, boxes::STORIES, race::STORIES] {
        tell(stories, &make).await;
    }
}
