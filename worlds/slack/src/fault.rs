//! Faults of the Web API: what goes wrong between an app's call and its answer.

use std::collections::VecDeque;
use std::time::Duration;

use crate::chance::Chance;
use crate::world::World;

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks, and nothing was done.
    DropBefore,
    /// It was done, and the connection breaks before the answer.
    DropAfter,
    /// 500, and nothing was done.
    ServerError,
    /// 503, and it was done.
    ServerErrorAfter,
    /// 429, to come again after so many seconds. Nothing was done.
    RateLimited(u64),
    /// `ok: false` with this error. Nothing was done.
    Refused(String),
}

impl Fault {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::ServerError => "server_error",
            Self::ServerErrorAfter => "server_error_after",
            Self::RateLimited(_) => "rate_limited",
            Self::Refused(_) => "refused",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    next: VecDeque<(Option<String>, Fault, u32)>,
    /// So many of a thousand calls go wrong.
    permille: u32,
    /// Whether every call does.
    down: bool,
    pub(crate) latency: Duration,
}

impl Faults {
    /// What goes wrong with this call of `method`.
    pub(crate) fn draw(&mut self, method: &str, chance: &mut Chance) -> Option<Fault> {
        let place = self.next.iter().position(|(of, _, _)| of.as_deref().is_none_or(|of| of == method));
        if let Some((_, fault, times)) = place.and_then(|place| self.next.get_mut(place)) {
            let fault = fault.clone();
            *times = times.saturating_sub(1);
            self.next.retain(|(_, _, times)| *times > 0);
            return Some(fault);
        }
        if self.down {
            return Some(Fault::ServerError);
        }
        if !chance.happens(self.permille) {
            return None;
        }
        Some(match chance.below(5) {
            0 => Fault::DropBefore,
            1 => Fault::DropAfter,
            2 => Fault::ServerError,
            3 => Fault::ServerErrorAfter,
            _ => Fault::RateLimited(1 + chance.below(10) as u64),
        })
    }
}

impl World {
    /// Lets the next calls of `method` (of any, when nothing) go wrong in this way.
    pub fn fault(&self, method: Option<&str>, fault: Fault, times: u32) {
        self.state().faults.next.push_back((method.map(str::to_owned), fault, times));
    }

    /// Lets so many of a thousand calls go wrong, in every way there is, by the seed.
    pub fn faults(&self, permille: u32) {
        self.state().faults.permille = permille;
    }

    /// Begins or ends an outage of the Web API: every call is answered with 500, and nothing is done.
    pub fn down(&self, on: bool) {
        self.state().faults.down = on;
    }

    /// Lets every call take so much longer, in real time.
    pub fn latency(&self, latency: Duration) {
        self.state().faults.latency = latency;
    }
}
