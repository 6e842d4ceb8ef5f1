//! How often a run's status message is edited: seldom enough that its other words find room in GitHub's limits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::chat::Utterance;

/// The least time between two edits of one status message.
const EVERY: Span = Span::seconds(2);
/// The edits of status messages within an hour after which each is made seldom. GitHub takes 500 posts an hour from one
/// installation; the rest is for what people wait for.
const MANY: usize = 250;
/// How often it is edited then.
const SELDOM: Span = Span::seconds(60);
/// The most runs that are remembered.
const MOST: usize = 1_000;

/// When status messages were edited.
#[derive(Default)]
pub(super) struct Statuses {
    /// The last one of each run, and when it was made.
    last: BTreeMap<RunId, (Time, EffectId)>,
    hour: VecDeque<Time>,
    /// Put off before anything was done about them.
    held: BTreeSet<EffectId>,
    /// The newest of each run that was left out.
    left: BTreeMap<RunId, Utterance>,
}

/// What is done with an edit of a status message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is made.
    Now,
    /// It is put off.
    Later(Time),
    /// It is left out: a newer one is there, or comes, or the closing message brings it.
    Left,
}

impl Statuses {
    /// Whose turn it is.
    pub(super) fn turn(&mut self, utterance: &Utterance, now: Time) -> Turn {
        while self.hour.pop_front_if(|at| now - *at >= Span::hours(1)).is_some() {}
        let last = self.last.get(&utterance.run);
        if last.is_some_and(|(_, made)| *made > utterance.id) {
            return Turn::Left;
        }
        let last = last.map(|(at, _)| *at).filter(|last| *last <= now);
        let every = if self.hour.len() >= MANY { SELDOM } else { EVERY };
        match last {
            Some(last) if now - last < EVERY => {
                bound(&mut self.held);
                self.held.insert(utterance.id.clone());
                Turn::Later(last + EVERY)
            }
            Some(last) if now - last < every => {
                if self.left.len() >= MOST {
                    self.left.pop_first();
                }
                self.left.insert(utterance.run.clone(), utterance.clone());
                Turn::Left
            }
            Some(_) | None => Turn::Now,
        }
    }

    /// Whether it was only put off, so that it cannot have been said before.
    pub(super) fn was_held(&mut self, id: &EffectId) -> bool {
        self.held.remove(id)
    }

    /// One was made.
    pub(super) fn made(&mut self, id: &EffectId, now: Time) {
        if self.last.len() >= MOST {
            self.last.retain(|_, (at, _)| now - *at < SELDOM);
        }
        self.last.insert(id.run.clone(), (now, id.clone()));
        self.hour.push_back(now);
        self.left.remove(&id.run);
    }

    /// What was left out of a run and nothing newer replaced.
    pub(super) fn left(&mut self, run: &RunId) -> Option<Utterance> {
        self.last.remove(run);
        self.left.remove(run)
    }
}

fn bound(held: &mut BTreeSet<EffectId>) {
    if held.len() >= MOST {
        held.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use signalbox_domain::post::{Post, Slot};
    use signalbox_domain::talk::ThreadId;

    use super::*;

    fn status(run: &str, version: u64) -> Utterance {
        Utterance {
            id: EffectId { run: run.into(), version, index: 0 },
            thread: ThreadId { chat: "github".into(), room: "acme/website".into(), root: "1".into() },
            run: run.into(),
            slot: Slot::Status,
            post: Post::default(),
            known: None,
            retried: false,
        }
    }

    #[test]
    fn an_edit_that_comes_too_early_is_put_off_and_was_not_said() {
        let mut statuses = Statuses::default();
        assert_eq!(statuses.turn(&status("a", 1), Time(1_000)), Turn::Now);
        statuses.made(&status("a", 1).id, Time(1_000));
        assert_eq!(statuses.turn(&status("a", 2), Time(2_500)), Turn::Later(Time(3_000)));
        assert!(statuses.was_held(&status("a", 2).id));
        assert_eq!(statuses.turn(&status("b", 1), Time(2_500)), Turn::Now, "another run has its own pace");
        assert_eq!(statuses.turn(&status("a", 2), Time(3_000)), Turn::Now);
        statuses.made(&status("a", 3).id, Time(3_000));
        assert_eq!(statuses.turn(&status("a", 2), Time(9_000)), Turn::Left, "a newer one is there");
    }

    #[test]
    fn under_load_edits_are_left_out_and_the_newest_is_kept_for_the_end() {
        let mut statuses = Statuses::default();
        for edit in 0..MANY as u64 {
            statuses.made(&status(&edit.to_string(), 1).id, Time(edit));
        }
        statuses.made(&status("a", 1).id, Time(10_000));
        assert_eq!(statuses.turn(&status("a", 2), Time(20_000)), Turn::Left);
        assert_eq!(statuses.turn(&status("a", 3), Time(30_000)), Turn::Left);
        assert_eq!(statuses.left(&"a".into()).map(|left| left.id.version), Some(3));
        assert_eq!(statuses.turn(&status("a", 4), Time(4_000_000)), Turn::Now);
    }
}
