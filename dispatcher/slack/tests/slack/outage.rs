//! The edge is away for a while, and nothing is lost.

use signalbox_domain::time::Span;
use signalbox_world_slack::{Manner, Rule};

use crate::scene::Scene;

#[tokio::test]
async fn a_delivery_that_dies_after_receipt_comes_again_and_is_taken_once() {
    let scene = Scene::new().await;
    scene.world.rule(Rule::next("app_mention", Manner::AnswerLost));
    scene.world.rule(Rule::next("message", Manner::Unreachable));
    *scene.desk.down.lock().unwrap() = true;
    scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    assert!(scene.facts().await.is_empty());
    *scene.desk.down.lock().unwrap() = false;
    scene.clock.advance(Span::minutes(7));
    scene.world.tick().await;
    assert_eq!(scene.facts().await, ["Ana: fix it"]);
}

#[tokio::test]
async fn after_an_hour_away_everything_that_was_said_to_us_is_found_once() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    let root = world.say(&scene.ana, web, "@signalbox fix the price").await.unwrap();
    scene.facts().await;
    let open = [scene.thread(&root)];
    scene.sweep(&open).await;
    assert_eq!(scene.facts().await, ["Ana: fix the price"], "a sweep finds what was not missed again, as the same");

    world.rule(Rule::next_of_any(Manner::Lost).times(100));
    scene.clock.advance(Span::minutes(5));
    world.reply(&scene.ana, web, &root, "also the FAQ").await.unwrap();
    world.edit(&scene.ana, web, &root, "@signalbox fix the price, $12").await.unwrap();
    world.say(&scene.ben, web, "lunch?").await.unwrap();
    world.say(&scene.ben, web, "@signalbox why is the build slow?").await.unwrap();
    let pointed = world.say(&scene.ben, web, "the footer is broken").await.unwrap();
    world.react(&scene.ana, web, &pointed, "signalbox").await.unwrap();
    let direct = world.direct(&scene.ana, &scene.bot);
    world.say(&scene.ana, &direct, "and the docs").await.unwrap();
    scene.clock.advance(Span::hours(1));
    assert_eq!(scene.facts().await, ["Ana: fix the price"], "nothing of it came");

    for _ in 0..3 {
        scene.sweep(&open).await;
        scene.clock.advance(Span::minutes(1));
    }
    let mut facts = scene.facts().await;
    facts.sort();
    let mut expected = [
        "Ana: also the FAQ",
        "Ana: and the docs",
        "Ana: fix the price",
        "Ana: the footer is broken",
        "Ana edited: fix the price, $12",
        "Ben: why is the build slow?",
    ];
    expected.sort_unstable();
    assert_eq!(facts, expected);
    assert_eq!((world.meters().over_total(), world.meters().early_total()), (0, 0));
}

#[tokio::test]
async fn what_slack_lost_and_then_delivers_late_is_not_taken_twice() {
    let scene = Scene::new().await;
    scene.world.rule(Rule::next_of_any(Manner::Held).times(2));
    scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    scene.sweep(&[]).await;
    assert_eq!(scene.facts().await, ["Ana: fix it"]);
    scene.world.release().await;
    assert_eq!(scene.facts().await, ["Ana: fix it"]);
}

#[tokio::test]
async fn a_first_message_that_was_deleted_meanwhile_is_found_gone() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    let root = world.say(&scene.ana, web, "@signalbox fix it").await.unwrap();
    world.reply(&scene.ben, web, &root, "yes, please").await.unwrap();
    world.rule(Rule::next_of_any(Manner::Lost).times(10));
    world.delete(&scene.ana, web, &root).await.unwrap();
    scene.sweep(&[scene.thread(&root)]).await;
    assert!(scene.facts().await.iter().any(|fact| fact.starts_with("deleted")));
}
