//! Drives: a delivery is [received](signalbox_ports::intake::Intake::receive), its run [advanced](Engine::advance) by one step, what the step
//! decided is [performed](Engine::perform), and a [sweep](Engine::sweep) enters the same path for what was left behind.
//!
//! Nothing is performed that was not first committed; nothing is acknowledged that was not first stored. A crash after
//! the commit costs time, never work; a crash before it is a redelivery.

mod advance;
mod perform;
mod receive;
mod sweep;

mod boxes;
mod drive;
mod linked;
mod settings;
mod spending;
mod token;
mod tokens;
mod tools;

mod assignment;
mod attached;
pub mod beside;
mod bundle;
pub mod context;
pub mod corpus;
mod definition;
pub mod explain;
mod fetch;
pub mod gathering;
mod guide;
mod known;
pub mod record;
pub mod replay;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::blobs::Blobs;
use signalbox_ports::chat::Chat;
use signalbox_ports::clock::Clock;
use signalbox_ports::devbox::Devbox;
use signalbox_ports::forge::Forge;
use signalbox_ports::plugins::Plugins;
use signalbox_ports::queue::Queue;
use signalbox_ports::store::Store;
use signalbox_ports::web::Web;
use tokio::sync::Notify;

pub use settings::{Agent, Fetching, Room, Settings};
pub use spending::Spending;
pub use sweep::Swept;
pub use token::Secret;

/// The world, as the engine reaches it.
#[derive(Clone)]
pub struct Ports {
    /// What is durable.
    pub store: Arc<dyn Store>,
    /// The order of deliveries.
    pub queue: Arc<dyn Queue>,
    /// Content-addressed bytes.
    pub blobs: Arc<dyn Blobs>,
    /// Routers and prefetchers.
    pub plugins: Arc<dyn Plugins>,
    /// Chats, by the name that threads carry.
    pub chats: BTreeMap<String, Arc<dyn Chat>>,
    /// Where code lives.
    pub forge: Arc<dyn Forge>,
    /// The public web, as far as it is open.
    pub web: Arc<dyn Web>,
    /// Where phases run.
    pub devbox: Arc<dyn Devbox>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The dispatcher, on whatever world it is given. It keeps nothing in memory that matters: any number of engines may
/// work on one store.
pub struct Engine {
    ports: Ports,
    settings: Settings,
    /// Rung when there may be something to do; missing it costs time, never work.
    bell: Notify,
    /// What was found in repositories for routing; not knowing it costs a look.
    looked: known::Looked,
    /// When edges last looked for what they missed; not knowing it costs a look.
    caught_up: Mutex<Option<Time>>,
}

impl Engine {
    /// An engine on that world.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        Self { ports, settings, bell: Notify::new(), looked: known::Looked::default(), caught_up: Mutex::new(None) }
    }

    /// The world it works on.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    fn chat(&self, thread: &ThreadId) -> Result<&Arc<dyn Chat>, Error> {
        self.ports.chats.get(&thread.chat).ok_or_else(|| {
            Error::Rejected(format!("no chat named `{}` is set up, so nothing can be said in {thread}", thread.chat))
        })
    }
}
