//! What an edge receives and cannot know: the chat is asked what it means, later and as often as it takes.

use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::DeliveryId;
use signalbox_domain::reason::Reason;
use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::{Span, Time};
use signalbox_engine::Swept;
use signalbox_ports::Error;
use signalbox_ports::clock::Clock as _;
use signalbox_ports::store::Store as _;
use signalbox_world::chat::Chat;
use signalbox_world::fault::Fault;
use signalbox_world::{World, person};

/// Somebody asks something, as the chat would tell it once it is asked.
fn asked(world: &World, text: &str) -> (ThreadId, Delivery) {
    let (thread, message) = world.chat.open("web", &person("Ana"), text);
    let id = Event::said(&thread, &message);
    let event = Event { id, at: world.clock.now(), fact: Fact::Said { message, addressed: true } };
    (thread.clone(), Delivery { thread, run: None, event })
}

async fn runs(world: &World) -> usize {
    world.store.runs(100).await.expect("memory").len()
}

#[tokio::test]
async fn what_was_received_becomes_what_it_means_once() {
    let world = World::default();
    let (thread, means) = asked(&world, "the price should say $12");
    // Every envelope has an id of its own, and all mean the same message.
    for envelope in 0..11 {
        world.deliver(&thread, None, format!("raw:{envelope}"), Chat::raw(std::slice::from_ref(&means))).await;
    }
    world.pass(Span::minutes(5)).await;
    assert_eq!((runs(&world).await, world.forge.changes().len()), (1, 1));
    let ignored = world.store.ignored(&thread).await.expect("memory");
    assert_eq!(ignored.iter().filter(|(_, reason)| *reason == Reason::Understood).count(), 11);
}

#[tokio::test]
async fn what_means_nothing_is_kept_with_the_reason() {
    let world = World::default();
    let (thread, _) = world.chat.open("web", &person("Ana"), "hello");
    let what = serde_json::json!({ "nothing": "a reaction that is not ours" });
    world.deliver(&thread, None, "raw:1".into(), Fact::Received { what }).await;
    let what = serde_json::json!({ "nobody": "knows" });
    world.deliver(&thread, None, "raw:2".into(), Fact::Received { what }).await;
    world.pass(Span::minutes(1)).await;
    let reasons: Vec<_> =
        world.store.ignored(&thread).await.expect("memory").into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, [Reason::Meaningless("a reaction that is not ours".into()), Reason::Unworkable]);
    assert_eq!(runs(&world).await, 0);
}

#[tokio::test]
async fn a_chat_that_cannot_say_now_is_asked_again() {
    let world = World::default();
    let (thread, means) = asked(&world, "the price should say $12");
    for _ in 0..3 {
        world.faults.fail_next("chat.understand", Fault::FailBefore(Error::unavailable("away")));
    }
    world.deliver(&thread, None, "raw:1".into(), Chat::raw(&[means])).await;
    world.pass(Span::minutes(5)).await;
    assert_eq!((runs(&world).await, world.forge.changes().len()), (1, 1));
}

#[tokio::test]
async fn what_an_edge_missed_is_found_within_two_minutes_and_taken_once() {
    let world = World::default();
    let (thread, means) = asked(&world, "the price should say $12");
    world
        .chat
        .miss(Delivery { event: Event { id: DeliveryId("raw:1".into()), ..means.event.clone() }, ..means.clone() });
    // The same by its raw envelope: found twice, it is one.
    let event =
        Event { id: DeliveryId("raw:2".into()), at: means.event.at, fact: Chat::raw(std::slice::from_ref(&means)) };
    let mut missed = means.clone();
    missed.event = event;
    world.chat.miss(missed);
    let _ = thread;
    let found = world.engine.sweep().await.expect("calm");
    assert_eq!(found.missed, 2);
    assert_eq!(world.engine.sweep().await.expect("calm"), Swept::default(), "not looked for all the time");
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
}

#[tokio::test]
async fn a_bucket_that_is_empty_until_then_is_not_tried_before() {
    let world = World::default();
    let (thread, means) = asked(&world, "the price should say $12");
    let then = Time(world.clock.now().0 + 17_321);
    let later = || Fault::FailBefore(Error::later(then, "the bucket of room web is empty"));
    world.faults.fail_next("chat.understand", later());
    world.deliver(&thread, None, "raw:1".into(), Chat::raw(&[means])).await;
    world.settle().await;
    world.pass(Span(then.0 - world.clock.now().0 - 1)).await;
    assert_eq!((calls(&world, "chat.understand"), runs(&world).await), (1, 0), "a delivery waits, to the millisecond");
    let then = Time(then.0 + 120_123);
    world.faults.fail_next("chat.mark", Fault::FailBefore(Error::later(then, "the bucket of room web is empty")));
    world.pass(Span(1)).await;
    assert_eq!((calls(&world, "chat.understand"), runs(&world).await), (2, 1));
    assert_eq!(calls(&world, "chat.mark"), 1);
    world.pass(Span(then.0 - world.clock.now().0 - 1)).await;
    assert_eq!(calls(&world, "chat.mark"), 1, "an effect waits, to the millisecond");
    world.pass(Span(1)).await;
    assert!(calls(&world, "chat.mark") > 1);
    world.pass(Span::minutes(5)).await;
    assert_eq!(world.forge.changes().len(), 1);
}

fn calls(world: &World, point: &str) -> usize {
    world.faults.hits().iter().filter(|hit| **hit == point).count()
}
