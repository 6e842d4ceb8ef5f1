//! What the gateway tells whoever meters and keeps the transcript: every call, every refusal.

use std::time::Duration;

use crate::money::Money;
use crate::tokens::Tokens;

/// Something that happened at the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A model was called.
    Call(Call),
    /// A granted host was asked for something.
    Fetch(Fetch),
    /// A tunnel to a granted host was open.
    Tunnel(Tunnel),
    /// Something was refused, and went nowhere.
    Refused(Refused),
}

/// A call of a model provider's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which provider, by the name it has in the rules.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// What was asked of it.
    pub class: Class,
    /// The provider's status; nothing if none came.
    pub status: Option<u16>,
    /// Tokens, as the provider counted them; what it did not say is 0.
    pub tokens: Tokens,
    /// What it cost.
    pub cost: Money,
    /// Whether that is known.
    pub settled: Settled,
    /// The length the answer was cut to, where the money left did not pay what was asked for.
    pub cut_to: Option<u64>,
    /// What went wrong.
    pub trouble: Option<Trouble>,
    /// From the request to the end of the answer.
    pub took: Duration,
}

/// What a model's API was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// To say something.
    Say,
    /// How many tokens something has.
    Count,
    /// Which models there are.
    Models,
}

/// How the cost of a call is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The provider said what was used.
    Counted,
    /// It did not, and everything that was set aside counts as spent.
    Reserved,
    /// Nothing was used.
    Free,
}

/// What went wrong with a call, named for what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Too many calls: after a while, or another model.
    Limited {
        /// How long to wait, as the provider says.
        retry_after: Option<Duration>,
    },
    /// The provider has too much to do: after a while, or another provider.
    Overloaded,
    /// The provider's own fault: again, or another provider.
    Broken,
    /// Nobody answered: again, or another provider.
    Unreachable,
    /// No answer in time: again, or another provider.
    TimedOut,
    /// The answer broke off in the middle.
    Cut,
    /// The credential is not taken: a person has to mend it.
    Unauthorized,
    /// The account behind the credential is empty: a person has to pay.
    Unpaid,
    /// There is no such model, or not for this account: another model.
    NoModel,
    /// More was said than the model reads: begin anew with less.
    TooLong,
    /// Anything else the provider found wrong with the request.
    Refused,
    /// Whoever asked hung up.
    Left,
}

/// A request to a granted host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Whom.
    pub host: String,
    /// Its method.
    pub method: String,
    /// The first step of the path: what kind of thing was asked for.
    pub class: String,
    /// The status; nothing if none came.
    pub status: Option<u16>,
}

/// A tunnel to a granted host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// Whom.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Bytes sent to it.
    pub sent: u64,
    /// Bytes that came from it.
    pub received: u64,
}

/// Something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its method.
    pub method: String,
    /// Whom it was for: a host, or a provider's name.
    pub host: String,
    /// Why.
    pub why: Why,
    /// That in words.
    pub detail: String,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No grant names it.
    NotGranted,
    /// It would pass the cap.
    Cap,
    /// The model has no price, or is not one of those allowed.
    Model,
    /// It would have had the provider reach elsewhere (fetch an address, run code, search).
    Reach,
    /// It could be read in two ways, or not at all.
    Malformed,
    /// The name does not lead to a public address.
    Address,
    /// The name in the TLS handshake is another one than was asked for.
    Name,
    /// It is too large, or too slow.
    Limit,
    /// Whoever asks is not known.
    Stranger,
    /// The broker or the credential is not there.
    Credential,
}
