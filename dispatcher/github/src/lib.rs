//! GitHub as a forge and as a chat of comments, spoken to as an App.

mod account;
mod app;
mod checks;
mod decode;
mod edge;
mod encode;
mod forge;
mod marker;
mod mention;
mod press;
mod permission;
mod settings;
mod token;

pub use app::Github;
pub use decode::{Decoded, Ignored, Us, decode};
pub use edge::{PATH, routes};
pub use settings::{Oauth, Secret, Settings};
