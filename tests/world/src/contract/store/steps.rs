//! Deliveries are kept once; steps are written whole and one after the other.

use std::sync::Arc;

use signalbox_domain::reason::Reason;
use signalbox_ports::Error;
use signalbox_ports::store::{Commit, Entry, Recorded, Store, Subject};

use crate::contract::value::{START, advanced, at, begun, mark, next, rejected, said, start, thread};
use crate::contract::{Story, stories};

pub(super) const STORIES: &[Story<dyn Store>] = stories![
    a_delivery_is_kept_once_and_the_first_one_stays,
    a_delivery_is_done_once_a_step_was_made_of_it,
    unworked_deliveries_are_found_in_the_order_they_were_recorded,
    a_step_is_written_whole,
    of_two_steps_from_one_version_one_is_written_and_nothing_of_the_other,
    a_delivery_makes_one_step_only,
    two_runs_cannot_follow_the_same_run_of_a_thread,
    a_new_run_does_not_overwrite_one_of_its_name,
    a_commit_that_is_no_step_is_refused,
    a_step_of_a_delivery_that_was_never_recorded_is_refused,
    threads_have_each_their_own_latest_run,
    a_history_has_no_gaps_and_is_told_in_order,
    what_is_ignored_is_kept_with_the_reason,
    what_was_worked_cannot_be_ignored_afterwards,
    runs_are_listed_newest_first,
];

async fn a_delivery_is_kept_once_and_the_first_one_stays(store: Arc<dyn Store>) {
    let first = said(&thread("t"), "one", at(0));
    assert_eq!(store.record(&first).await, Ok(Recorded::New));
    let again = said(&thread("t"), "one", at(7));
    assert_eq!(store.record(&again).await, Ok(Recorded::Pending));
    assert_eq!(store.delivery(&first.event.id).await, Ok(Some((first, false))));
    assert_eq!(store.delivery(&"never".into()).await, Ok(None));
}

async fn a_delivery_is_done_once_a_step_was_made_of_it(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    let delivery = said(&run.thread, "t", START);
    assert_eq!(store.record(&delivery).await, Ok(Recorded::Done));
    assert_eq!(store.delivery(&delivery.event.id).await, Ok(Some((delivery, true))));
}

async fn unworked_deliveries_are_found_in_the_order_they_were_recorded(store: Arc<dyn Store>) {
    begun(&store, "worked", vec![]).await;
    for (text, ms) in [("c", 1), ("a", 3), ("b", 2), ("late", 9)] {
        store.record(&said(&thread("t"), text, at(ms))).await.unwrap();
    }
    let found = |texts: &[&str]| -> Vec<_> {
        texts.iter().map(|text| (thread("t"), said(&thread("t"), text, START).event.id)).collect()
    };
    assert_eq!(store.unworked(at(9), 10).await, Ok(found(&["c", "a", "b"])));
    assert_eq!(store.unworked(at(9), 2).await, Ok(found(&["c", "a"])));
    assert_eq!(store.unworked(at(1), 10).await, Ok(vec![]));
    assert_eq!(store.unworked(at(10), 0).await, Ok(vec![]));
}

async fn a_step_is_written_whole(store: Arc<dyn Store>) {
    let delivery = said(&thread("t"), "one", START);
    store.record(&delivery).await.unwrap();
    let commit = start(&delivery, None, vec![mark(signalbox_domain::post::Mark::Seen)]);
    assert_eq!(store.commit(&commit).await, Ok(()));
    let id = commit.run.id.clone();
    assert_eq!(store.load(&Subject::Run(id.clone())).await, Ok(Some(commit.run.clone())));
    assert_eq!(store.load(&Subject::Thread(thread("t"))).await, Ok(Some(commit.run)));
    assert_eq!(store.history(&id).await, Ok(vec![Entry { version: 1, event: commit.event }]));
    let effects = store.effects(&id).await.unwrap();
    assert_eq!(effects.iter().map(|standing| standing.owed.clone()).collect::<Vec<_>>(), commit.effects);
    assert!(effects.iter().all(|standing| !standing.settled && standing.tries == 0 && standing.why.is_none()));
    assert_eq!(store.load(&Subject::Run("no run".into())).await, Ok(None));
    assert_eq!(store.load(&Subject::Thread(thread("no thread"))).await, Ok(None));
}

async fn of_two_steps_from_one_version_one_is_written_and_nothing_of_the_other(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    let (won, lost) = (said(&run.thread, "won", START), said(&run.thread, "lost", START));
    store.record(&won).await.unwrap();
    store.record(&lost).await.unwrap();
    let won = next(&won, &run, vec![]);
    assert_eq!(store.commit(&won).await, Ok(()));
    let seen = vec![mark(signalbox_domain::post::Mark::Seen)];
    assert_eq!(store.commit(&next(&lost, &run, seen.clone())).await, Err(Error::Conflict));
    assert_eq!(store.record(&lost).await, Ok(Recorded::Pending));
    assert_eq!(store.effects(&run.id).await, Ok(vec![]));
    assert_eq!(store.history(&run.id).await.unwrap().len(), 2);
    assert_eq!(store.commit(&next(&lost, &won.run, seen)).await, Ok(()));
    assert_eq!(store.effects(&run.id).await.unwrap().len(), 1);
}

async fn a_delivery_makes_one_step_only(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    let more = said(&run.thread, "more", START);
    store.record(&more).await.unwrap();
    let second = next(&more, &run, vec![]);
    assert_eq!(store.commit(&second).await, Ok(()));
    assert_eq!(store.commit(&second).await, Err(Error::Conflict), "the same step again");
    assert_eq!(store.commit(&next(&more, &second.run, vec![])).await, Err(Error::Conflict), "a step on top of it");
    assert_eq!(store.load(&Subject::Run(run.id)).await, Ok(Some(second.run)));
}

async fn two_runs_cannot_follow_the_same_run_of_a_thread(store: Arc<dyn Store>) {
    let first = begun(&store, "t", vec![]).await;
    let (one, two) = (said(&first.thread, "one", at(1)), said(&first.thread, "two", at(2)));
    store.record(&one).await.unwrap();
    store.record(&two).await.unwrap();
    assert_eq!(store.commit(&start(&one, None, vec![])).await, Err(Error::Conflict), "the thread has a run already");
    let second = start(&one, Some(&first.id), vec![]);
    assert_eq!(store.commit(&second).await, Ok(()));
    assert_eq!(store.commit(&start(&two, Some(&first.id), vec![])).await, Err(Error::Conflict));
    assert_eq!(store.load(&Subject::Thread(first.thread)).await, Ok(Some(second.run.clone())));
    assert_eq!(store.commit(&start(&two, Some(&second.run.id), vec![])).await, Ok(()));
}

async fn a_new_run_does_not_overwrite_one_of_its_name(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    let other = said(&thread("u"), "other", START);
    store.record(&other).await.unwrap();
    let fresh = start(&other, None, vec![]);
    let event = fresh.event.clone();
    let clash = Commit { run: signalbox_domain::run::Run { id: run.id.clone(), ..fresh.run }, ..fresh };
    assert_eq!(store.commit(&clash).await, Err(Error::Conflict));
    assert_eq!(store.load(&Subject::Run(run.id.clone())).await, Ok(Some(run)));
    assert_eq!(store.record(&other).await, Ok(Recorded::Pending), "{event:?}");
}

async fn a_commit_that_is_no_step_is_refused(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    let more = said(&run.thread, "more", START);
    store.record(&more).await.unwrap();
    let good = next(&more, &run, vec![mark(signalbox_domain::post::Mark::Seen)]);
    let leaps = Commit { loaded: 0, ..good.clone() };
    assert!(rejected(store.commit(&leaps).await), "from 0 to 2");
    let mut foreign = good.clone();
    foreign.effects[0].id.version = 1;
    assert!(rejected(store.commit(&foreign).await), "an effect of another version");
    assert_eq!(store.commit(&good).await, Ok(()));
}

async fn a_step_of_a_delivery_that_was_never_recorded_is_refused(store: Arc<dyn Store>) {
    let never = said(&thread("t"), "never", START);
    assert!(rejected(store.commit(&start(&never, None, vec![])).await));
    assert!(rejected(store.ignore(&never.event.id, None, Reason::NoRun).await));
    assert_eq!(store.load(&Subject::Thread(thread("t"))).await, Ok(None));
}

async fn threads_have_each_their_own_latest_run(store: Arc<dyn Store>) {
    let one = begun(&store, "t", vec![]).await;
    let two = begun(&store, "u", vec![]).await;
    assert_eq!(store.load(&Subject::Thread(thread("t"))).await, Ok(Some(one)));
    assert_eq!(store.load(&Subject::Thread(thread("u"))).await, Ok(Some(two)));
}

async fn a_history_has_no_gaps_and_is_told_in_order(store: Arc<dyn Store>) {
    let mut run = begun(&store, "t", vec![]).await;
    for number in 2..=12 {
        run = advanced(&store, &run, &number.to_string(), vec![]).await;
    }
    let history = store.history(&run.id).await.unwrap();
    assert_eq!(history.iter().map(|entry| entry.version).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    assert_eq!(history[11].event, said(&run.thread, "12", START).event);
    assert_eq!(store.history(&"no run".into()).await, Ok(vec![]));
}

async fn what_is_ignored_is_kept_with_the_reason(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    let talk = said(&run.thread, "lovely weather", at(1));
    let elsewhere = said(&thread("u"), "about that run", at(2));
    let unrelated = said(&thread("u"), "hm", at(3));
    for delivery in [&talk, &elsewhere, &unrelated] {
        store.record(delivery).await.unwrap();
    }
    store.ignore(&talk.event.id, None, Reason::NotAddressed).await.unwrap();
    store.ignore(&talk.event.id, None, Reason::Over).await.unwrap();
    store.ignore(&elsewhere.event.id, Some(&run.id), Reason::Late).await.unwrap();
    store.ignore(&unrelated.event.id, None, Reason::NoRun).await.unwrap();
    assert_eq!(
        store.ignored(&run.thread).await,
        Ok(vec![(talk.clone(), Reason::NotAddressed), (elsewhere.clone(), Reason::Late)])
    );
    assert_eq!(store.ignored(&thread("u")).await.unwrap().len(), 2);
    assert_eq!(store.record(&talk).await, Ok(Recorded::Done));
    assert_eq!(store.unworked(at(9), 10).await, Ok(vec![]));
    assert_eq!(store.commit(&next(&talk, &run, vec![])).await, Err(Error::Conflict), "it is worked");
}

async fn what_was_worked_cannot_be_ignored_afterwards(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    let delivery = said(&run.thread, "t", START).event.id;
    assert_eq!(store.ignore(&delivery, Some(&run.id), Reason::Late).await, Ok(()));
    assert_eq!(store.ignored(&run.thread).await, Ok(vec![]));
}

async fn runs_are_listed_newest_first(store: Arc<dyn Store>) {
    let mut made = Vec::new();
    for number in 0..5 {
        let delivery = said(&thread(&number.to_string()), "go", at(number));
        store.record(&delivery).await.unwrap();
        let commit = start(&delivery, None, vec![]);
        store.commit(&commit).await.unwrap();
        made.insert(0, commit.run);
    }
    assert_eq!(store.runs(9).await, Ok(made.clone()));
    made.truncate(2);
    assert_eq!(store.runs(2).await, Ok(made));
}
