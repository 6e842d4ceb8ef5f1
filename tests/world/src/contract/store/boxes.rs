//! Boxes are heard of by a deadline or lost; limiters are fair.

use std::sync::Arc;

use signalbox_domain::devbox::Control;
use signalbox_domain::id::{DevboxId, RunId};
use signalbox_ports::store::{Lease, Place, Store};

use crate::contract::value::{START, at, begun, lease};
use crate::contract::{Story, stories};

pub(super) const STORIES: &[Story<dyn Store>] = stories![
    a_box_lease_is_kept_once,
    a_box_is_taken_by_the_first_who_asks,
    a_box_that_is_gone_is_taken_by_nobody,
    a_beat_moves_the_deadline_and_tells_what_to_do,
    a_box_of_another_epoch_is_gone,
    a_box_that_is_gone_stays_gone,
    boxes_not_heard_of_are_found_longest_lost_first,
    a_limiter_lets_in_as_many_as_it_has_places,
    a_limiter_is_fair_to_those_who_wait,
    those_who_wait_are_told_in_their_order,
    whoever_leaves_the_line_waits_no_more,
    leaving_twice_frees_one_place_only,
    a_larger_limit_lets_in_more_and_nobody_past_the_line,
    limiters_have_each_their_own_line,
];

/// A lease until one second into the story, kept.
async fn kept(store: &Arc<dyn Store>) -> Lease {
    let run = begun(store, "t", vec![]).await;
    let lease = lease(&run, 3, at(1_000));
    store.lease(&lease).await.unwrap();
    lease
}

async fn a_box_lease_is_kept_once(store: Arc<dyn Store>) {
    let lease = kept(&store).await;
    store.lease(&Lease { deadline: at(9_000), epoch: 4, ..lease.clone() }).await.unwrap();
    assert_eq!(store.leased(&lease.devbox).await, Ok(Some(lease)));
    assert_eq!(store.leased(&DevboxId("no box".into())).await, Ok(None));
}

async fn a_box_is_taken_by_the_first_who_asks(store: Arc<dyn Store>) {
    let lease = kept(&store).await;
    assert_eq!(store.take(&lease.devbox, at(5_000)).await, Ok(true));
    assert_eq!(store.take(&lease.devbox, at(7_000)).await, Ok(false));
    assert_eq!(
        store.leased(&lease.devbox).await,
        Ok(Some(Lease { claimed: true, deadline: at(5_000), ..lease })),
        "who was refused moved nothing"
    );
    assert_eq!(store.take(&DevboxId("no box".into()), at(1)).await, Ok(false));
}

async fn a_box_that_is_gone_is_taken_by_nobody(store: Arc<dyn Store>) {
    let lease = kept(&store).await;
    store.direct(&lease.devbox, Control::Gone).await.unwrap();
    assert_eq!(store.take(&lease.devbox, at(5_000)).await, Ok(false));
}

async fn a_beat_moves_the_deadline_and_tells_what_to_do(store: Arc<dyn Store>) {
    let lease = kept(&store).await;
    assert_eq!(store.beat(&lease.devbox, 3, at(2_000)).await, Ok(Control::Continue));
    assert_eq!(store.lapsed(at(1_999), 9).await, Ok(vec![]));
    store.direct(&lease.devbox, Control::Stop).await.unwrap();
    assert_eq!(store.beat(&lease.devbox, 3, at(3_000)).await, Ok(Control::Stop));
    assert_eq!(store.leased(&lease.devbox).await.unwrap().unwrap().deadline, at(3_000));
}

async fn a_box_of_another_epoch_is_gone(store: Arc<dyn Store>) {
    let lease = kept(&store).await;
    assert_eq!(store.beat(&lease.devbox, 2, at(9_000)).await, Ok(Control::Gone));
    assert_eq!(store.beat(&DevboxId("no box".into()), 3, at(9_000)).await, Ok(Control::Gone));
    assert_eq!(store.leased(&lease.devbox).await, Ok(Some(lease)), "it moved nothing");
}

async fn a_box_that_is_gone_stays_gone(store: Arc<dyn Store>) {
    let lease = kept(&store).await;
    store.direct(&lease.devbox, Control::Gone).await.unwrap();
    store.direct(&lease.devbox, Control::Continue).await.unwrap();
    store.lease(&lease).await.unwrap();
    assert_eq!(store.beat(&lease.devbox, 3, at(9_000)).await, Ok(Control::Gone));
    assert_eq!(store.lapsed(at(9_000), 9).await, Ok(vec![]));
    assert_eq!(store.direct(&DevboxId("no box".into()), Control::Gone).await, Ok(()));
}

async fn boxes_not_heard_of_are_found_longest_lost_first(store: Arc<dyn Store>) {
    let run = begun(&store, "t", vec![]).await;
    for (epoch, ms) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
        store.lease(&lease(&run, epoch, at(ms))).await.unwrap();
    }
    let epochs = |leases: Vec<Lease>| leases.iter().map(|lease| lease.epoch).collect::<Vec<_>>();
    assert_eq!(epochs(store.lapsed(at(9), 9).await.unwrap()), [0; 0]);
    assert_eq!(epochs(store.lapsed(at(10), 9).await.unwrap()), [2], "at its deadline it is late");
    assert_eq!(epochs(store.lapsed(at(30), 9).await.unwrap()), [2, 3, 1]);
    assert_eq!(epochs(store.lapsed(at(30), 2).await.unwrap()), [2, 3]);
}

async fn admit(store: &Arc<dyn Store>, limit: u32, run: &str) -> Place {
    store.admit("rooms", limit, &run.into(), START).await.unwrap()
}

async fn leave(store: &Arc<dyn Store>, limit: u32, run: &str) -> Vec<String> {
    store.leave("rooms", limit, &run.into()).await.unwrap().into_iter().map(|RunId(run)| run).collect()
}

async fn line(store: &Arc<dyn Store>, limit: usize) -> Vec<String> {
    store.line("rooms", limit).await.unwrap().into_iter().map(|RunId(run)| run).collect()
}

async fn a_limiter_lets_in_as_many_as_it_has_places(store: Arc<dyn Store>) {
    assert_eq!(admit(&store, 2, "c").await, Place::In);
    assert_eq!(admit(&store, 2, "b").await, Place::In);
    assert_eq!(admit(&store, 2, "a").await, Place::Line(1));
    assert_eq!(admit(&store, 2, "d").await, Place::Line(2));
    for (run, place) in [("c", Place::In), ("a", Place::Line(1)), ("d", Place::Line(2))] {
        assert_eq!(admit(&store, 2, run).await, place, "asking again gives {run} the place it has");
    }
}

async fn a_limiter_is_fair_to_those_who_wait(store: Arc<dyn Store>) {
    for run in ["z", "y", "x", "w", "a"] {
        admit(&store, 1, run).await;
    }
    let mut order = Vec::new();
    for run in ["z", "y", "x", "w"] {
        order.extend(leave(&store, 1, run).await);
        assert_eq!(admit(&store, 1, run).await, Place::Line(4), "whoever comes back waits behind all others");
    }
    assert_eq!(order, ["y", "x", "w", "a"]);
    assert_eq!(leave(&store, 1, "a").await, ["z"]);
}

async fn those_who_wait_are_told_in_their_order(store: Arc<dyn Store>) {
    assert_eq!(line(&store, 9).await, [""; 0]);
    for run in ["d", "c", "b", "a"] {
        admit(&store, 1, run).await;
    }
    assert_eq!(line(&store, 9).await, ["c", "b", "a"]);
    assert_eq!(line(&store, 2).await, ["c", "b"]);
    leave(&store, 1, "b").await;
    leave(&store, 1, "d").await;
    assert_eq!(line(&store, 9).await, ["a"]);
}

async fn whoever_leaves_the_line_waits_no_more(store: Arc<dyn Store>) {
    for run in ["a", "b", "c"] {
        admit(&store, 1, run).await;
    }
    assert_eq!(leave(&store, 1, "b").await, ["a"]);
    assert_eq!(admit(&store, 1, "c").await, Place::Line(1));
    assert_eq!(leave(&store, 1, "a").await, ["c"]);
}

async fn leaving_twice_frees_one_place_only(store: Arc<dyn Store>) {
    for run in ["a", "b", "c"] {
        admit(&store, 1, run).await;
    }
    assert_eq!(leave(&store, 1, "a").await, ["b"]);
    assert_eq!(leave(&store, 1, "a").await, ["b"], "told again, and nobody else is let in");
    assert_eq!(admit(&store, 1, "c").await, Place::Line(1));
}

async fn a_larger_limit_lets_in_more_and_nobody_past_the_line(store: Arc<dyn Store>) {
    for run in ["a", "b", "c"] {
        admit(&store, 1, run).await;
    }
    assert_eq!(admit(&store, 9, "d").await, Place::Line(3), "b and c wait longer");
    assert_eq!(leave(&store, 3, "a").await, ["b", "c", "d"]);
    assert_eq!(leave(&store, 1, "b").await, ["c", "d"], "a smaller limit turns nobody out");
}

async fn limiters_have_each_their_own_line(store: Arc<dyn Store>) {
    assert_eq!(admit(&store, 1, "a").await, Place::In);
    assert_eq!(store.admit("halls", 1, &"b".into(), START).await, Ok(Place::In));
    assert_eq!(store.leave("halls", 1, &"a".into()).await, Ok(vec!["b".into()]));
}
