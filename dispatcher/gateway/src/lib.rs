//! An agent's only way out of its box: what no rule names does not exist, what a model costs is known before it is asked,
//! and credentials are added on the way.
//!
//! Three doors, all on one HTTP address:
//!
//! - `/PROVIDER/…`: a model provider's own API, as far as an agent needs it. Foreign credentials are left out, the real one
//!   is added, the tokens are read from the provider's own usage while the answer passes by, and money is set aside before
//!   the call and settled after it.
//! - `/at/HOST/…`, or a request of a proxy's client: a granted host, by method and path, over TLS that begins here.
//! - `CONNECT HOST:PORT`: a tunnel to a host that is granted as a whole, by its name, under that name only.
//!
//! There is no resolver for the box: names are looked up here, and lead to public addresses only.

mod body;
mod credentials;
mod event;
mod gateway;
mod headers;
mod host;
mod ledger;
mod limits;
mod meter;
mod model;
mod money;
mod passing;
mod path;
mod prices;
mod protocol;
mod reach;
mod refusal;
mod resolver;
mod rules;
mod serve;
mod sse;
mod tokens;
mod trouble;
mod tunnel;

pub use credentials::{Broker, Credentials, Keys, NoBroker, NoCredential};
pub use event::{Call, Class, Event, Fetch, Refused, Settled, Trouble, Tunnel, Why};
pub use gateway::{Body, Gateway, Setup, Unready};
pub use ledger::Ledger;
pub use limits::Limits;
pub use money::Money;
pub use prices::{Price, Prices, Source, Unreadable};
pub use protocol::Protocol;
pub use resolver::{Resolver, System};
pub use rules::{Host, NoGrant, Provider, Rules};
pub use serve::{Desk, serve, serve_boxes, serve_stream};
pub use tokens::Tokens;
