//! The control surface.

use axum::Router;

use crate::world::World;

pub(crate) fn routes() -> Router<World> {
    Router::new()
}
