//! The contract of [`Queue`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use signalbox_ports::queue::{Queue, Ticket};

use super::value::{START, at, key, thread};
use super::{Story, stories, tell};

/// Tells every story over what `make` makes: a new and empty one each time.
pub async fn suite(make: impl Fn() -> Arc<dyn Queue>) {
    tell(STORIES, make).await;
}

const STORIES: &[Story<dyn Queue>] = stories![
    an_empty_queue_gives_nothing,
    deliveries_of_a_thread_come_in_the_order_they_were_sent,
    a_thread_waits_for_its_first_delivery,
    threads_do_not_wait_for_each_other,
    a_delivery_that_is_queued_is_not_queued_again,
    a_delivery_that_was_worked_can_be_queued_again,
    a_lease_that_ran_out_gives_the_same_delivery_again,
    a_lease_ends_at_its_deadline_and_not_before,
    a_lease_of_no_length_holds_nothing,
    a_lease_that_was_given_to_somebody_else_finishes_nothing,
    a_lease_that_ran_out_but_was_not_given_away_still_finishes,
    a_ticket_of_an_earlier_sending_does_not_finish_a_later_one,
    a_delivery_given_back_waits_until_it_is_due_and_its_thread_waits_for_it,
    poison_delays_nobody_but_its_own_thread,
    sixteen_workers_lose_nothing_and_keep_every_threads_order,
];

/// Sends a delivery of that name to the thread.
async fn send(queue: &Arc<dyn Queue>, root: &str, text: &str) {
    queue.send(&thread(root), &key(&thread(root), text)).await.unwrap();
}

/// The next ticket at `now` ms into the story, leased for a second.
async fn receive(queue: &Arc<dyn Queue>, now: u64) -> Option<Ticket> {
    queue.receive(at(now), at(now + 1_000)).await.unwrap()
}

/// Whether the ticket is for that delivery.
#[track_caller]
fn holds(ticket: &Option<Ticket>, root: &str, text: &str, tries: u32) {
    let ticket = ticket.as_ref().expect("a delivery is waiting");
    assert_eq!((&ticket.thread, &ticket.delivery), (&thread(root), &key(&thread(root), text)));
    assert_eq!(ticket.tries, tries, "tries");
}

async fn an_empty_queue_gives_nothing(queue: Arc<dyn Queue>) {
    assert_eq!(receive(&queue, 0).await, None);
}

async fn deliveries_of_a_thread_come_in_the_order_they_were_sent(queue: Arc<dyn Queue>) {
    for text in ["c", "a", "b"] {
        send(&queue, "t", text).await;
    }
    for text in ["c", "a", "b"] {
        let ticket = receive(&queue, 0).await;
        holds(&ticket, "t", text, 1);
        queue.finish(&ticket.unwrap()).await.unwrap();
    }
    assert_eq!(receive(&queue, 0).await, None);
}

async fn a_thread_waits_for_its_first_delivery(queue: Arc<dyn Queue>) {
    send(&queue, "t", "first").await;
    send(&queue, "t", "second").await;
    let first = receive(&queue, 0).await;
    assert_eq!(receive(&queue, 1).await, None);
    queue.finish(&first.unwrap()).await.unwrap();
    holds(&receive(&queue, 2).await, "t", "second", 1);
}

async fn threads_do_not_wait_for_each_other(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    send(&queue, "t", "two").await;
    send(&queue, "u", "three").await;
    holds(&receive(&queue, 0).await, "t", "one", 1);
    holds(&receive(&queue, 0).await, "u", "three", 1);
    assert_eq!(receive(&queue, 0).await, None);
}

async fn a_delivery_that_is_queued_is_not_queued_again(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    send(&queue, "t", "one").await;
    let ticket = receive(&queue, 0).await;
    send(&queue, "t", "one").await;
    queue.finish(&ticket.unwrap()).await.unwrap();
    assert_eq!(receive(&queue, 0).await, None);
}

async fn a_delivery_that_was_worked_can_be_queued_again(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    queue.finish(&receive(&queue, 0).await.unwrap()).await.unwrap();
    send(&queue, "t", "one").await;
    holds(&receive(&queue, 0).await, "t", "one", 1);
}

async fn a_lease_that_ran_out_gives_the_same_delivery_again(queue: Arc<dyn Queue>) {
    send(&queue, "t", "first").await;
    send(&queue, "t", "second").await;
    for tries in 1..=4 {
        holds(&receive(&queue, u64::from(tries) * 1_000).await, "t", "first", tries);
    }
}

async fn a_lease_ends_at_its_deadline_and_not_before(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    receive(&queue, 0).await.unwrap();
    assert_eq!(receive(&queue, 999).await, None);
    holds(&receive(&queue, 1_000).await, "t", "one", 2);
}

async fn a_lease_of_no_length_holds_nothing(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    let first = queue.receive(START, START).await.unwrap().unwrap();
    let second = queue.receive(START, START).await.unwrap();
    holds(&second, "t", "one", 2);
    queue.finish(&first).await.unwrap();
    holds(&queue.receive(START, START).await.unwrap(), "t", "one", 3);
}

async fn a_lease_that_was_given_to_somebody_else_finishes_nothing(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    let stale = receive(&queue, 0).await.unwrap();
    let current = receive(&queue, 1_000).await.unwrap();
    queue.finish(&stale).await.unwrap();
    queue.release(&stale, at(0)).await.unwrap();
    assert_eq!(receive(&queue, 1_500).await, None, "the current lease still holds it");
    queue.finish(&current).await.unwrap();
    assert_eq!(receive(&queue, 9_000).await, None);
}

async fn a_lease_that_ran_out_but_was_not_given_away_still_finishes(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    let late = receive(&queue, 0).await.unwrap();
    queue.finish(&late).await.unwrap();
    assert_eq!(receive(&queue, 9_000).await, None);
}

async fn a_ticket_of_an_earlier_sending_does_not_finish_a_later_one(queue: Arc<dyn Queue>) {
    send(&queue, "t", "one").await;
    let earlier = receive(&queue, 0).await.unwrap();
    queue.finish(&earlier).await.unwrap();
    send(&queue, "t", "one").await;
    receive(&queue, 0).await.unwrap();
    queue.finish(&earlier).await.unwrap();
    holds(&receive(&queue, 1_000).await, "t", "one", 2);
}

async fn a_delivery_given_back_waits_until_it_is_due_and_its_thread_waits_for_it(queue: Arc<dyn Queue>) {
    send(&queue, "t", "first").await;
    send(&queue, "t", "second").await;
    let ticket = receive(&queue, 0).await.unwrap();
    queue.release(&ticket, at(500)).await.unwrap();
    assert_eq!(receive(&queue, 499).await, None);
    queue.finish(&ticket).await.unwrap();
    holds(&receive(&queue, 500).await, "t", "first", 2);
}

async fn poison_delays_nobody_but_its_own_thread(queue: Arc<dyn Queue>) {
    for number in 0..100 {
        send(&queue, &format!("t{number}"), "one").await;
        send(&queue, &format!("t{number}"), "two").await;
    }
    let mut worked = BTreeSet::new();
    while let Some(ticket) = receive(&queue, 0).await {
        if ticket.thread == thread("t7") {
            queue.release(&ticket, at(60_000)).await.unwrap();
        } else {
            worked.insert(ticket.delivery.clone());
            queue.finish(&ticket).await.unwrap();
        }
    }
    assert_eq!(worked.len(), 198);
    holds(&receive(&queue, 60_000).await, "t7", "one", 2);
}

async fn sixteen_workers_lose_nothing_and_keep_every_threads_order(queue: Arc<dyn Queue>) {
    const THREADS: usize = 8;
    const EACH: usize = 20;
    for number in 0..EACH {
        for root in 0..THREADS {
            send(&queue, &root.to_string(), &format!("{number:03}")).await;
        }
    }
    let worked: Arc<Mutex<BTreeMap<String, Vec<String>>>> = Arc::default();
    let workers: Vec<_> = (0..16)
        .map(|_| {
            let (queue, worked) = (queue.clone(), worked.clone());
            tokio::spawn(async move {
                // A worker that finds every thread held stops: whoever holds one goes on.
                while let Some(ticket) = receive(&queue, 0).await {
                    let root = ticket.thread.root.clone();
                    worked.lock().unwrap().entry(root).or_default().push(ticket.delivery.0.clone());
                    queue.finish(&ticket).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let worked = worked.lock().unwrap();
    assert_eq!(worked.len(), THREADS);
    for (root, deliveries) in worked.iter() {
        let sent: Vec<String> = (0..EACH).map(|number| key(&thread(root), &format!("{number:03}")).0).collect();
        assert_eq!(*deliveries, sent, "thread {root}");
    }
}
