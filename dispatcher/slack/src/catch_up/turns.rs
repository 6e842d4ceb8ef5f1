//! Whose turn it is: those first that were read longest ago, so that none waits for ever.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signalbox_domain::time::Time;

/// The most places that are remembered; of a place that was forgotten it is read again what was read already.
const MAX_PLACES: usize = 20_000;

/// When each place was last read by this process.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<Read>);

#[derive(Debug, Default)]
struct Read {
    /// By name: which turn it was, and when. A sweep takes no time by the clock, so times alone do not order turns.
    places: BTreeMap<String, (u64, Time)>,
    turns: u64,
}

/// One place whose turn it is.
pub(super) struct Turn<'a, T> {
    pub(super) place: &'a T,
    pub(super) name: String,
    /// When it was last read.
    pub(super) last: Option<Time>,
}

impl Turns {
    /// At most so many of the places, longest waiting first.
    pub(super) fn next<'a, T>(&self, places: &'a [T], most: usize, name: impl Fn(&T) -> String) -> Vec<Turn<'a, T>> {
        let read = self.read();
        let mut turns: Vec<(Option<u64>, Turn<'a, T>)> = places
            .iter()
            .map(|place| {
                let name = name(place);
                let last = read.places.get(&name).copied();
                (last.map(|(turn, _)| turn), Turn { place, name, last: last.map(|(_, at)| at) })
            })
            .collect();
        turns.sort_by_key(|(turn, _)| *turn);
        turns.into_iter().take(most).map(|(_, turn)| turn).collect()
    }

    /// A place was read.
    pub(super) fn took(&self, name: String, at: Time) {
        let mut read = self.read();
        if read.places.len() >= MAX_PLACES && !read.places.contains_key(&name) {
            let oldest = read.places.iter().min_by_key(|(_, (turn, _))| *turn).map(|(name, _)| name.clone());
            oldest.and_then(|name| read.places.remove(&name));
        }
        read.turns += 1;
        let turn = read.turns;
        read.places.insert(name, (turn, at));
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        // It is changed in one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_turn_and_nobody_two_before_that() {
        let turns = Turns::default();
        let places: Vec<u32> = (0..5).collect();
        let mut order = Vec::new();
        for _ in 0..5 {
            for turn in turns.next(&places, 2, u32::to_string) {
                order.push(*turn.place);
                turns.took(turn.name, Time(7));
            }
        }
        let mut first = order[..5].to_vec();
        first.sort_unstable();
        assert_eq!(first, places, "{order:?}");
        assert_eq!(order[..5], order[5..], "{order:?}");
    }
}
