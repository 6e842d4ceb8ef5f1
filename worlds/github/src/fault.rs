//! Trouble on demand: what a call of the API meets.

use std::fmt;
use std::time::Duration;

/// A call that is about to be answered.
#[derive(Clone, Debug)]
pub struct Called {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path template, e.g. `/repos/{owner}/{repo}/issues/{issue_number}/comments`; the path itself for git.
    pub template: String,
    /// The path.
    pub path: String,
    /// How many calls there were before, from 0.
    pub nth: u64,
}

/// What a call meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// The connection breaks before it has an effect.
    Before,
    /// It has its effect, then the connection breaks.
    After,
    /// It is answered with this status and has no effect.
    Status(u16),
    /// It has its effect, and is answered with this status nevertheless.
    StatusAfter(u16),
    /// It is answered with 403, a secondary limit, and the seconds to wait.
    Limited(u64),
    /// The same as 429.
    TooMany(u64),
    /// It takes that much longer.
    Delay(Duration),
}

/// Decides what a call meets.
pub(crate) type Chooser = Box<dyn FnMut(&Called) -> Fault + Send>;

#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) choose: Option<Chooser>,
    pub(crate) calls: u64,
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Faults").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl Faults {
    pub(crate) fn next(&mut self, method: &str, template: &str, path: &str) -> Fault {
        let nth = self.calls;
        self.calls += 1;
        let Some(choose) = &mut self.choose else { return Fault::Pass };
        choose(&Called { method: method.into(), template: template.into(), path: path.into(), nth })
    }
}

/// A chooser that makes `percent` of all calls fail, half of them after their effect; the same seed, the same faults.
pub fn seeded(seed: u64, percent: u64) -> impl FnMut(&Called) -> Fault + Send + 'static {
    let mut chance = Chance(seed);
    move |_| {
        if chance.below(100) >= percent {
            return Fault::Pass;
        }
        match chance.below(6) {
            0 => Fault::Before,
            1 | 2 => Fault::After,
            3 => Fault::Status(502),
            4 => Fault::StatusAfter(504),
            _ => Fault::Limited(2),
        }
    }
}

/// Numbers that look random and are the same for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}
