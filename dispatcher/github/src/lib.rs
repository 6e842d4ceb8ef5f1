//! GitHub as a forge and as a chat of comments, spoken to as an App.

mod account;
mod app;
mod chat;
mod checks;
mod decode;
mod edge;
mod encode;
mod forge;
mod marker;
mod mention;
mod permission;
mod press;
mod settings;
mod token;
mod understand;

pub use account::{LINK, Linked, link_routes};
pub use app::Github;
pub use chat::Comments;
pub use decode::{Decoded, Ignored, Us, decode};
pub use edge::{PATH, routes};
pub use settings::{Oauth, Secret, Settings};
