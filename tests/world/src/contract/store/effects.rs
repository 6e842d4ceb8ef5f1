//! Effects are taken up lane by lane, held by a deadline, and settled once.

use std::sync::Arc;

use signalbox_domain::effect::Effect;
use signalbox_domain::id::{DevboxId, EffectId};
use signalbox_domain::post::{Mark, Slot};
use signalbox_domain::time::Time;
use signalbox_ports::store::{Claimed, Recorded, Settlement, Store};

use crate::contract::value::{START, advanced, at, begun, done, lease, mark, places, rejected, said, say, wake};
use crate::contract::{Story, stories};

pub(super) const STORIES: &[Story<dyn Store>] = stories![
    effects_of_one_lane_are_taken_up_one_after_the_other,
    lanes_do_not_wait_for_each_other,
    an_effect_of_a_later_step_waits_for_its_lane,
    an_alarm_rings_at_its_own_time_and_waits_for_none,
    what_is_held_is_not_taken_up_until_its_lease_runs_out,
    a_lease_of_any_length_under_any_clock_sticks_nowhere,
    a_stale_lease_settles_nothing,
    a_lease_that_ran_out_but_was_not_taken_still_settles,
    an_effect_is_settled_once,
    a_result_is_recorded_with_its_settlement,
    a_result_that_is_known_stays_as_it_was_recorded_first,
    what_is_put_off_waits_until_it_is_due_and_its_lane_waits_for_it,
    what_failed_is_kept_with_the_reason_and_frees_its_lane,
    what_is_dropped_frees_its_lane,
    settling_what_was_never_owed_is_refused,
    runs_that_owe_are_found_longest_owed_first,
    the_next_moment_is_when_something_can_be_taken_up,
    a_slot_remembers_its_newest_effect_and_its_message,
];

/// What can be taken up at `now` ms into the story, leased for a second.
async fn claim(store: &Arc<dyn Store>, run: &signalbox_domain::run::Run, now: u64) -> Vec<Claimed> {
    store.claim(&run.id, at(now), at(now + 1_000)).await.unwrap()
}

async fn settle(store: &Arc<dyn Store>, claimed: &Claimed, settlement: Settlement) {
    store.settle(claimed, &settlement, START).await.unwrap();
}

fn release(run: &signalbox_domain::run::Run) -> Effect {
    Effect::Release { devbox: DevboxId::of(&run.id, 1) }
}

async fn effects_of_one_lane_are_taken_up_one_after_the_other(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen), mark(Mark::Working), mark(Mark::Done)]).await;
    for place in 0..3 {
        let claimed = claim(&store, &run, 0).await;
        assert_eq!(places(&claimed), [place]);
        assert_eq!(places(&claim(&store, &run, 0).await), [0; 0], "the next one waits");
        settle(&store, &claimed[0], done()).await;
    }
    assert_eq!(places(&claim(&store, &run, 0).await), [0; 0]);
    assert!(store.effects(&run.id).await.unwrap().iter().all(|standing| standing.settled && standing.tries == 1));
}

async fn lanes_do_not_wait_for_each_other(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen), Effect::Route, mark(Mark::Working), Effect::Admit]).await;
    let claimed = claim(&store, &run, 0).await;
    assert_eq!(places(&claimed), [0, 1]);
    settle(&store, &claimed[1], done()).await;
    assert_eq!(places(&claim(&store, &run, 0).await), [3]);
}

async fn an_effect_of_a_later_step_waits_for_its_lane(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen)]).await;
    let later = advanced(&store, &run, "more", vec![mark(Mark::Working), release(&run)]).await;
    let claimed = claim(&store, &later, 0).await;
    let ids: Vec<(u64, u32)> = claimed.iter().map(|claimed| (claimed.owed.id.version, claimed.owed.id.index)).collect();
    assert_eq!(ids, [(1, 0), (2, 1)]);
}

async fn an_alarm_rings_at_its_own_time_and_waits_for_none(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![wake(at(50)), wake(at(10)), wake(at(10))]).await;
    assert_eq!(places(&claim(&store, &run, 9).await), [0; 0]);
    assert_eq!(places(&claim(&store, &run, 10).await), [1, 2]);
    assert_eq!(places(&claim(&store, &run, 50).await), [0]);
}

async fn what_is_held_is_not_taken_up_until_its_lease_runs_out(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen)]).await;
    let first = claim(&store, &run, 0).await;
    assert_eq!((first[0].tries, first[0].until), (1, at(1_000)));
    assert_eq!(claim(&store, &run, 999).await, []);
    let second = claim(&store, &run, 1_000).await;
    assert_eq!((second[0].tries, second[0].until), (2, at(2_000)));
    assert_eq!(second[0].owed, first[0].owed);
}

/// A process may die right after it took something up, with its clock five seconds off in either direction.
async fn a_lease_of_any_length_under_any_clock_sticks_nowhere(store: Arc<dyn Store>) {
    for (number, length) in [0, 1, 10, 1_000].into_iter().enumerate() {
        for (twin, skew) in [-5_000_i64, 0, 5_000].into_iter().enumerate() {
            let run = begun(&store, &format!("{number}.{twin}"), vec![mark(Mark::Seen)]).await;
            let theirs = Time(START.0.saturating_add_signed(5_000 + skew));
            let until = Time(theirs.0 + length);
            assert_eq!(store.claim(&run.id, theirs, until).await.unwrap().len(), 1);
            assert_eq!(store.claim(&run.id, until, Time(until.0 + 1)).await.unwrap().len(), 1, "{length} {skew}");
        }
    }
}

async fn a_stale_lease_settles_nothing(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen)]).await;
    let stale = claim(&store, &run, 0).await.remove(0);
    // The second lease ends at the very moment the first one did: a clock jumped back.
    let lapsed = Claimed { until: at(1_000), ..stale.clone() };
    let current = store.claim(&run.id, at(1_000), at(1_000)).await.unwrap().remove(0);
    let result = said(&run.thread, "result", START);
    for settlement in [
        Settlement::Done { message: Some("m9".into()), result: Some(result.clone()) },
        Settlement::Dropped,
        Settlement::Failed { why: "stale".into(), result: Some(result.clone()) },
        Settlement::Later { due: at(9_000), why: "stale".into() },
    ] {
        settle(&store, &lapsed, settlement).await;
    }
    let standing = store.effects(&run.id).await.unwrap().remove(0);
    assert_eq!((standing.settled, standing.tries, standing.why), (false, 2, None));
    assert_eq!(store.delivery(&result.event.id).await, Ok(None));
    settle(&store, &current, done()).await;
    assert!(store.effects(&run.id).await.unwrap()[0].settled);
}

async fn a_lease_that_ran_out_but_was_not_taken_still_settles(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen)]).await;
    let late = claim(&store, &run, 0).await.remove(0);
    store.settle(&late, &done(), at(60_000)).await.unwrap();
    assert!(store.effects(&run.id).await.unwrap()[0].settled);
}

async fn an_effect_is_settled_once(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![say(Slot::Closing, "done")]).await;
    let claimed = claim(&store, &run, 0).await.remove(0);
    settle(&store, &claimed, Settlement::Done { message: Some("m1".into()), result: None }).await;
    settle(&store, &claimed, Settlement::Done { message: Some("m2".into()), result: None }).await;
    settle(&store, &claimed, Settlement::Failed { why: "twice".into(), result: None }).await;
    settle(&store, &claimed, Settlement::Later { due: at(5), why: "twice".into() }).await;
    let standing = store.effects(&run.id).await.unwrap().remove(0);
    assert_eq!((standing.settled, standing.why), (true, None));
    assert_eq!(store.slot(&run.id, "closing").await.unwrap().1, Some("m1".into()));
}

async fn a_result_is_recorded_with_its_settlement(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![Effect::Route, mark(Mark::Seen)]).await;
    let claimed = claim(&store, &run, 0).await;
    let (routed, failed) = (said(&run.thread, "routed", at(1)), said(&run.thread, "failed", at(2)));
    settle(&store, &claimed[0], Settlement::Done { message: None, result: Some(routed.clone()) }).await;
    settle(&store, &claimed[1], Settlement::Failed { why: "no".into(), result: Some(failed.clone()) }).await;
    assert_eq!(store.delivery(&routed.event.id).await, Ok(Some((routed.clone(), false))));
    let found: Vec<_> = store.unworked(at(9), 9).await.unwrap().into_iter().map(|(_, id)| id).collect();
    assert_eq!(found, [routed.event.id, failed.event.id], "found, should the caller die before it queues them");
}

async fn a_result_that_is_known_stays_as_it_was_recorded_first(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![Effect::Route]).await;
    let first = said(&run.thread, "routed", at(1));
    store.record(&first).await.unwrap();
    let again = said(&run.thread, "routed", at(2));
    let claimed = claim(&store, &run, 0).await.remove(0);
    settle(&store, &claimed, Settlement::Done { message: None, result: Some(again.clone()) }).await;
    assert_eq!(store.delivery(&first.event.id).await, Ok(Some((first, false))));
    assert_eq!(store.record(&again).await, Ok(Recorded::Pending));
}

async fn what_is_put_off_waits_until_it_is_due_and_its_lane_waits_for_it(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen), mark(Mark::Done)]).await;
    let claimed = claim(&store, &run, 0).await.remove(0);
    settle(&store, &claimed, Settlement::Later { due: at(30), why: "the chat is busy".into() }).await;
    let standing = store.effects(&run.id).await.unwrap().remove(0);
    assert_eq!((standing.settled, standing.why.as_deref()), (false, Some("the chat is busy")));
    assert_eq!(standing.owed.due, at(30));
    assert_eq!(claim(&store, &run, 29).await, []);
    let again = claim(&store, &run, 30).await;
    assert_eq!((places(&again), again[0].tries), (vec![0], 2));
}

async fn what_failed_is_kept_with_the_reason_and_frees_its_lane(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen), mark(Mark::Done)]).await;
    let claimed = claim(&store, &run, 0).await.remove(0);
    settle(&store, &claimed, Settlement::Failed { why: "the room is archived".into(), result: None }).await;
    let standing = store.effects(&run.id).await.unwrap().remove(0);
    assert_eq!((standing.settled, standing.why.as_deref()), (true, Some("the room is archived")));
    assert_eq!(places(&claim(&store, &run, 0).await), [1]);
}

async fn what_is_dropped_frees_its_lane(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![Effect::Route, Effect::Leave]).await;
    let claimed = claim(&store, &run, 0).await.remove(0);
    settle(&store, &claimed, Settlement::Dropped).await;
    assert_eq!(places(&claim(&store, &run, 0).await), [1]);
}

async fn settling_what_was_never_owed_is_refused(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen)]).await;
    let mut claimed = claim(&store, &run, 0).await.remove(0);
    claimed.owed.id.index = 7;
    assert!(rejected(store.settle(&claimed, &done(), START).await));
    assert_eq!(store.claim(&"no run".into(), START, at(1)).await, Ok(vec![]));
}

async fn runs_that_owe_are_found_longest_owed_first(store: Arc<dyn Store>) {
    let late = begun(&store, "late", vec![wake(at(30))]).await;
    let long = begun(&store, "long", vec![wake(at(10))]).await;
    let mid = begun(&store, "mid", vec![wake(at(20)), wake(at(99))]).await;
    begun(&store, "nothing", vec![]).await;
    let ids = |runs: &[&signalbox_domain::run::Run]| Ok(runs.iter().map(|run| run.id.clone()).collect::<Vec<_>>());
    assert_eq!(store.due(at(9), 9).await, Ok(vec![]));
    assert_eq!(store.due(at(30), 9).await, ids(&[&long, &mid, &late]));
    assert_eq!(store.due(at(30), 1).await, ids(&[&long]));
    let claimed = store.claim(&long.id, at(30), at(40)).await.unwrap();
    assert_eq!(store.due(at(30), 9).await, ids(&[&mid, &late]), "what is held is not due");
    settle(&store, &claimed[0], done()).await;
    assert_eq!(store.due(at(50), 9).await, ids(&[&mid, &late]), "what is settled is not due");
}

async fn the_next_moment_is_when_something_can_be_taken_up(store: Arc<dyn Store>) {
    assert_eq!(store.next_due().await, Ok(None));
    let run = begun(&store, "t", vec![mark(Mark::Seen), mark(Mark::Done), wake(at(5_000))]).await;
    assert_eq!(store.next_due().await, Ok(Some(START)));
    let first = claim(&store, &run, 0).await.remove(0);
    assert_eq!(store.next_due().await, Ok(Some(at(1_000))), "the lease's end");
    settle(&store, &first, Settlement::Later { due: at(3_000), why: "busy".into() }).await;
    assert_eq!(store.next_due().await, Ok(Some(at(3_000))), "the second mark waits for the first");
    store.lease(&lease(&run, 1, at(2_000))).await.unwrap();
    assert_eq!(store.next_due().await, Ok(Some(at(2_000))), "a box must be heard of by then");
    store.direct(&DevboxId::of(&run.id, 1), signalbox_domain::devbox::Control::Gone).await.unwrap();
    assert_eq!(store.next_due().await, Ok(Some(at(3_000))), "a box that is gone is not awaited");
    for now in [3_000, 3_000, 5_000] {
        for claimed in claim(&store, &run, now).await {
            settle(&store, &claimed, done()).await;
        }
    }
    assert_eq!(store.next_due().await, Ok(None));
}

async fn a_slot_remembers_its_newest_effect_and_its_message(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![mark(Mark::Seen), say(Slot::Status, "on it"), say(Slot::Closing, "done")]).await;
    let id = |version, index| Some(EffectId { run: run.id.clone(), version, index });
    assert_eq!(store.slot(&run.id, "status").await, Ok((id(1, 1), None)));
    let mark = claim(&store, &run, 0).await.remove(0);
    settle(&store, &mark, Settlement::Done { message: Some("not of a slot".into()), result: None }).await;
    let said = claim(&store, &run, 0).await.remove(0);
    settle(&store, &said, Settlement::Done { message: Some("m7".into()), result: None }).await;
    assert_eq!(store.slot(&run.id, "status").await, Ok((id(1, 1), Some("m7".into()))));
    advanced(&store, &run, "more", vec![say(Slot::Status, "still on it")]).await;
    assert_eq!(store.slot(&run.id, "status").await, Ok((id(2, 0), Some("m7".into()))));
    assert_eq!(store.slot(&run.id, "closing").await, Ok((id(1, 2), None)));
    assert_eq!(store.slot(&run.id, "question:3").await, Ok((None, None)));
    assert_eq!(store.slot(&"no run".into(), "status").await, Ok((None, None)));
}
