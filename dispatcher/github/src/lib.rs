//! GitHub as a forge and as a chat of comments, spoken to as an App.

mod app;
mod forge;
mod settings;

pub use app::Github;
pub use settings::{Secret, Settings};
