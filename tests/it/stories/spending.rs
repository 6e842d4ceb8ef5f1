//! What boxes may ask of models: while they count, and of what is left of their run's budget.

use std::collections::BTreeSet;

use signalbox_domain::time::Span;
use signalbox_engine::{Agent, Spending};
use signalbox_ports::boxes::Refusal;
use signalbox_world::boxes::Act;

use super::World;

/// A world whose agent asks one provider, and is followed by one that asks another.
fn world() -> World {
    let agent = |provider: &str, then: &[&str]| Agent {
        adapter: "scripted".into(),
        provider: Some(provider.into()),
        then: then.iter().map(|name| (*name).to_owned()).collect(),
        ..Agent::default()
    };
    World::with(|settings| {
        settings.agents.insert("default".into(), agent("anthropic", &["second"]));
        settings.agents.insert("second".into(), agent("openai", &[]));
        settings.agents.insert("other".into(), agent("gemini", &[]));
    })
}

/// What the newest box may ask.
async fn spending(world: &World, at: usize) -> Result<Spending, Refusal> {
    world.engine.spending(&world.boxes.assignments()[at].report_token).await
}

#[tokio::test]
async fn a_box_asks_the_providers_of_its_agents_and_of_what_is_left() {
    let world = world();
    world.script("plan", vec![vec![Act::Spend(1_500_000), Act::Report("thinking"), Act::Hang]]);
    world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    let may = spending(&world, 0).await.unwrap();
    assert_eq!(may.providers, BTreeSet::from(["anthropic".to_owned(), "openai".to_owned()]));
    assert_eq!((may.cap, may.used), (8_000_000, 1_500_000));
    assert_eq!(world.engine.spending("none.of-ours").await, Err(Refusal::Gone));
    let claim = format!("{}.{}", may.devbox, "0".repeat(64));
    assert_eq!(world.engine.spending(&claim).await, Err(Refusal::Gone));
    world.abandon();
}

#[tokio::test]
async fn a_box_that_was_replaced_asks_nothing_more() {
    let world = world();
    world.script("plan", vec![vec![Act::Vanish], vec![Act::Hang]]);
    world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(3)).await;
    assert!(world.boxes.assignments().len() > 1, "there is another");
    assert_eq!(spending(&world, 0).await, Err(Refusal::Gone));
    assert!(spending(&world, 1).await.is_ok());
    world.abandon();
}

#[tokio::test]
async fn a_box_that_is_told_to_stop_asks_nothing_more_though_it_does_not_listen() {
    let world = world();
    world.script("plan", vec![vec![Act::Deaf]]);
    let thread = world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::seconds(10)).await;
    assert!(spending(&world, 0).await.is_ok());
    world.reply(&thread, "Ana", "stop").await;
    world.rest().await;
    assert_eq!(spending(&world, 0).await, Err(Refusal::Gone));
    world.pass(Span::minutes(2)).await;
    assert!(world.boxes.live().is_empty(), "it is ended though it does not listen");
}
