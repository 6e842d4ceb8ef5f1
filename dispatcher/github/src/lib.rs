//! GitHub as a forge and as a chat of comments, spoken to as an App.

mod account;
mod app;
mod catch_up;
mod chat;
mod checks;
mod decode;
mod doctor;
mod edge;
mod encode;
mod forge;
mod forward;
mod marker;
mod mention;
mod permission;
mod press;
mod settings;
mod setup;
mod token;
mod understand;

pub use account::{LINK, Linked, link_routes};
pub use app::Github;
pub use chat::Comments;
pub use decode::{CHAT, Decoded, Ignored, Us, decode};
pub use doctor::{Expected, Finding, Weight, examine};
pub use edge::{PATH, routes};
pub use forward::{Forwarded, Forwarder};
pub use settings::{Oauth, Secret, Settings};
pub use setup::{Credentials, Feature, Needs, Setup, manifest};
