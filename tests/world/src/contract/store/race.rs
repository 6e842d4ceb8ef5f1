//! Many at once: nothing is lost, written twice, or skipped.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use signalbox_ports::Error;
use signalbox_ports::store::{Recorded, Store, Subject};

use crate::contract::value::{START, at, begun, done, next, said, thread, wake};
use crate::contract::{Story, stories};

pub(super) const STORIES: &[Story<dyn Store>] = stories![
    sixteen_writers_lose_duplicate_and_skip_nothing,
    sixteen_who_record_one_delivery_find_it_new_once,
    sixteen_who_take_up_effects_share_none,
];

/// What became of many appends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Steps that were told to be written.
    pub acknowledged: usize,
    /// Steps that were told to be written and are not in the history.
    pub lost: usize,
    /// Deliveries that are in the history more than once.
    pub duplicated: usize,
    /// Versions that are missing from the history.
    pub gapped: usize,
    /// Steps that had to be made again because somebody else was first.
    pub conflicts: usize,
}

/// Lets `writers` each append `each` events to one run, all at once, and counts what went wrong.
pub async fn race(store: &Arc<dyn Store>, writers: usize, each: usize) -> Figures {
    let run = begun(store, "race", vec![]).await;
    let tasks = (0..writers).map(|writer| {
        let (store, run) = (store.clone(), run.clone());
        tokio::spawn(async move {
            let mut conflicts = 0;
            for number in 0..each {
                let delivery = said(&run.thread, &format!("{writer}:{number}"), START);
                store.record(&delivery).await.unwrap();
                loop {
                    let current = store.load(&Subject::Run(run.id.clone())).await.unwrap().unwrap();
                    match store.commit(&next(&delivery, &current, vec![])).await {
                        Ok(()) => break,
                        Err(Error::Conflict) => conflicts += 1,
                        Err(other) => panic!("a writer met {other:?}"),
                    }
                }
            }
            conflicts
        })
    });
    let conflicts = join_all(tasks.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).sum();

    let history = store.history(&run.id).await.unwrap();
    let versions: BTreeSet<u64> = history.iter().map(|entry| entry.version).collect();
    let deliveries: BTreeSet<_> = history.iter().map(|entry| &entry.event.id).collect();
    Figures {
        acknowledged: writers * each,
        lost: (writers * each + 1).saturating_sub(deliveries.len()),
        duplicated: history.len() - deliveries.len(),
        gapped: (1..=history.len() as u64).filter(|version| !versions.contains(version)).count(),
        conflicts,
    }
}

async fn sixteen_writers_lose_duplicate_and_skip_nothing(store: Arc<dyn Store>) {
    let figures = race(&store, 16, 12).await;
    assert_eq!((figures.lost, figures.duplicated, figures.gapped), (0, 0, 0), "{figures:?}");
}

async fn sixteen_who_record_one_delivery_find_it_new_once(store: Arc<dyn Store>) {
    for number in 0..8 {
        let delivery = said(&thread("t"), &number.to_string(), START);
        let tasks = (0..16).map(|_| {
            let (store, delivery) = (store.clone(), delivery.clone());
            tokio::spawn(async move { store.record(&delivery).await.unwrap() })
        });
        let recorded = join_all(tasks.collect::<Vec<_>>()).await;
        let new = recorded.into_iter().filter(|recorded| matches!(recorded, Ok(Recorded::New))).count();
        assert_eq!(new, 1);
    }
}

async fn sixteen_who_take_up_effects_share_none(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![wake(START); 40]).await;
    let tasks = (0..16).map(|_| {
        let (store, run) = (store.clone(), run.clone());
        tokio::spawn(async move {
            let claimed = store.claim(&run.id, START, at(1_000)).await.unwrap();
            for claimed in &claimed {
                store.settle(claimed, &done(), START).await.unwrap();
            }
            claimed.len()
        })
    });
    let taken: usize = join_all(tasks.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(taken, 40);
    assert!(store.effects(&run.id).await.unwrap().iter().all(|standing| standing.settled && standing.tries == 1));
}
