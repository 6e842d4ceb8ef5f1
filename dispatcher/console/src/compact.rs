//! Which records of the log are of no use any more: states that were overwritten, and deliveries' troubles that are
//! over. What is left folds to the same board, and a browser that resumes in the middle of what is gone misses nothing:
//! the last record of everything stays.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Record, What};

/// The records without those that are of no use.
pub(crate) fn compact(records: &[Record]) -> Vec<Record> {
    let mut kept = BTreeSet::new();
    // By message: the record that said it last, and the one that marked it last.
    let (mut said, mut marked) = (BTreeMap::new(), BTreeMap::new());
    let mut delayed = BTreeMap::new();
    for record in records {
        match &record.what {
            What::Spoke { thread, message, .. } => {
                // The first one tells when and where in the thread it was said.
                if said.insert((&thread.room, message), record.n).is_none() {
                    kept.insert(record.n);
                }
            }
            What::Marked { thread, message, .. } => {
                marked.insert((&thread.room, message), record.n);
            }
            What::Delayed { delivery, .. } => {
                delayed.insert(delivery, record.n);
            }
            What::Received { delivery } | What::Declined { delivery, .. } => {
                delayed.remove(delivery);
                kept.insert(record.n);
            }
            What::Room { .. } | What::Sent { .. } | What::Whispered { .. } => {
                kept.insert(record.n);
            }
        }
    }
    kept.extend(said.into_values().chain(marked.into_values()).chain(delayed.into_values()));
    // The last number is never given out again.
    kept.extend(records.last().map(|record| record.n));
    records.iter().filter(|record| kept.contains(&record.n)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use signalbox_domain::event::{Delivery, Event, Fact};
    use signalbox_domain::id::{EffectId, RunId};
    use signalbox_domain::post::{Mark, Post, Slot};
    use signalbox_domain::talk::{Message, MessageId, Person, Role, ThreadId};
    use signalbox_domain::time::Time;

    use super::*;
    use crate::board::Board;
    use crate::encode;

    fn history() -> Vec<Record> {
        let thread = ThreadId { chat: "console".into(), room: "general".into(), root: "m2".into() };
        let by = Person { id: "console:you".into(), name: "Ana".into(), role: Role::Admin };
        let message = Message { id: "m2".into(), by, text: "go".into(), attachments: Vec::new() };
        let id = Event::said(&thread, &message);
        let event = Event { id: id.clone(), at: Time(1), fact: Fact::Said { message, addressed: true } };
        let delivery = Box::new(Delivery { thread: thread.clone(), run: None, event });
        let mut whats = vec![
            What::Room { room: "general".into(), name: "general".into(), topic: String::new() },
            What::Sent { delivery, on: None, key: Some("k".into()) },
            What::Delayed { delivery: id.clone(), why: "down".into() },
            What::Received { delivery: id },
        ];
        let effect = |version| EffectId { run: RunId("01J".into()), version, index: 0 };
        for version in 1..50 {
            let (thread, post) = (thread.clone(), Post::line(format!("state {version}")));
            whats.push(What::Spoke {
                id: effect(version),
                thread: thread.clone(),
                message: "m5".into(),
                slot: Slot::Status,
                post,
            });
            let mark = if version % 2 == 0 { Mark::Working } else { Mark::Waiting };
            whats.push(What::Marked { thread, message: "m2".into(), mark });
        }
        let (message, post) = (MessageId("m900".into()), Post::line("done"));
        whats.push(What::Spoke { id: effect(50), thread, message, slot: Slot::Closing, post });
        (1..).zip(whats).map(|(n, what)| Record { n, at: Time(n), what }).collect()
    }

    /// Everything a person sees, and what a browser that saw up to `n` is told.
    fn seen(board: &Board, n: u64) -> String {
        let viewer = Person { id: "console:you".into(), name: "Ana".into(), role: Role::Admin };
        let thread = board.thread("general", "m2").unwrap();
        let mut text = serde_json::to_string(&encode::thread(thread, &viewer)).unwrap();
        for entry in &thread.entries {
            let place = board.place("general", &entry.id).unwrap();
            text += &serde_json::to_string(&encode::message(board, &place, &viewer)).unwrap();
        }
        text + &format!("{:?}", board.since(n))
    }

    #[test]
    fn what_is_left_folds_to_the_same_board_for_whoever_saw_however_much() {
        let all = history();
        let kept = compact(&all);
        assert!(kept.len() < 12, "{}", kept.len());
        assert_eq!(compact(&kept), kept);
        let (whole, small) = (Board::of(all.clone()), Board::of(kept));
        for n in 0..=whole.latest() {
            assert_eq!(seen(&small, n), seen(&whole, n), "after {n}");
        }
    }
}
