//! What GitHub sends twice, late or never.

use std::collections::BTreeSet;

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_github::{Fate, Fault};

use super::World;

async fn runs(world: &World) -> usize {
    world.store.runs(100).await.unwrap().len()
}

#[tokio::test]
async fn eleven_copies_of_one_webhook_are_one_run() {
    let world = World::default();
    world.vendor.deliver(|_| Fate::Copies(11));
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.hear(Span::minutes(5)).await;
    assert_eq!(runs(&world).await, 1);
    assert!(world.transcript(&thread).await.contains("acme/website: done."));
}

#[tokio::test]
async fn eleven_copies_under_guids_of_their_own_are_one_run() {
    for event in ["issues", "issue_comment"] {
        let world = World::forged();
        world.vendor.deliver(|_| Fate::Fresh(11));
        let ana = world.vendor.person("Ana");
        let asks = "@signalbox the price should say $12";
        let issue = ana.open_issue("acme/website", "Prices", if event == "issues" { asks } else { "" }).unwrap();
        if event == "issue_comment" {
            ana.comment("acme/website", issue, asks).unwrap();
        }
        world.hear(Span::minutes(5)).await;
        assert_eq!(runs(&world).await, 1, "{event}");
        let guids: BTreeSet<String> = world.vendor.deliveries().into_iter().map(|sent| sent.guid).collect();
        assert!(guids.len() >= 11, "{event}: {}", guids.len());
        assert_eq!(world.vendor.pulls("acme/website").len(), 1, "{event}");
    }
}

#[tokio::test]
async fn a_webhook_that_died_after_receipt_and_is_sent_again_is_one_run() {
    let world = World::default();
    world.vendor.deliver(|outgoing| if outgoing.redelivery { Fate::Arrive } else { Fate::DieAfterReceipt });
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.hear(Span::minutes(10)).await;
    assert_eq!(runs(&world).await, 1);
    assert!(world.transcript(&thread).await.contains("acme/website: done."));
}

#[tokio::test]
async fn a_webhook_that_never_arrived_is_found_by_the_sweep() {
    let world = World::default();
    let mut failed = BTreeSet::new();
    world.vendor.deliver(move |outgoing| if failed.insert(outgoing.guid.clone()) { Fate::Fail } else { Fate::Arrive });
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.settle().await;
    assert_eq!(runs(&world).await, 0, "GitHub does not try again by itself");
    world.hear(Span::minutes(10)).await;
    assert_eq!(runs(&world).await, 1);
    assert!(world.transcript(&thread).await.contains("acme/website: done."));
}

#[tokio::test]
async fn what_was_sent_in_an_hour_without_an_edge_is_heard_once_it_is_back() {
    let world = World::default();
    world.vendor.outage(true);
    let first = world.ask("web", "Ana", "the price should say $12").await;
    let second = world.ask("web", "Bo", "the FAQ should say $12").await;
    world.hear(Span::hours(1)).await;
    assert_eq!(runs(&world).await, 0);
    world.vendor.outage(false);
    world.hear(Span::hours(2)).await;
    assert_eq!(runs(&world).await, 2);
    for thread in [first, second] {
        assert!(world.transcript(&thread).await.contains("acme/website: done."));
    }
}

#[tokio::test]
async fn a_run_at_work_while_github_is_down_for_an_hour_is_shown_once_it_is_back() {
    let world = World::default();
    world.vendor.trouble(|called| if called.nth < 12 { Fault::Pass } else { Fault::Status(503) });
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.hear(Span::hours(1)).await;
    assert!(!world.transcript(&thread).await.contains("Ready for review"));
    world.vendor.calm();
    world.hear(Span::hours(1)).await;
    let transcript = world.transcript(&thread).await;
    assert_eq!(transcript.matches("Ready for review").count(), 1, "{transcript}");
    assert!(transcript.contains("acme/website: done."), "{transcript}");
}
