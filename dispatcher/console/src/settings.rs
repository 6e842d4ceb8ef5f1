//! Who uses the console, and from where.

use std::sync::Arc;

use signalbox_domain::talk::{Person, Role};
use signalbox_ports::clock::{Clock, System};

/// How the console is set up.
#[derive(Clone)]
pub struct Settings {
    /// Who may use it. A token says who asks.
    pub members: Vec<Member>,
    /// Rooms that are made, name and topic, when there is none yet.
    pub rooms: Vec<(String, String)>,
    /// Names the page may be asked for by, besides this machine's own: a page asked for by any other name is refused,
    /// so that no site can borrow the browser's way in.
    pub hosts: Vec<String>,
    /// The clock messages are dated by.
    pub clock: Arc<dyn Clock>,
}

/// Someone who may use the console.
#[derive(Clone)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// The secret that says it is them.
    pub token: String,
}

impl Settings {
    /// One person on their own machine, who may do everything, and one room.
    pub fn local(name: &str, token: impl Into<String>) -> Self {
        let person = Person { id: "console:you".into(), name: name.into(), role: Role::Admin };
        Self {
            members: vec![Member { person, token: token.into() }],
            rooms: vec![("general".into(), String::new())],
            hosts: Vec::new(),
            clock: Arc::new(System),
        }
    }
}
