//! Deliveries that go wrong, and come again by the clock.

use signalbox_world_slack::{Manner, Rule};

use crate::scene::Scene;
use serde_json::Value;

fn retries(scene: &Scene) -> Vec<Option<String>> {
    scene.app.heard().into_iter().map(|one| one.retry.map(|(number, reason)| format!("{number} {reason}"))).collect()
}

#[tokio::test]
async fn a_delivery_that_fails_comes_again_at_once_after_a_minute_and_after_five_and_never_again() {
    let scene = Scene::new().await;
    for _ in 0..9 {
        scene.app.answer(500, Value::Null);
    }
    scene.world.say(&scene.ana, &scene.web, "hello").await.unwrap();
    assert_eq!(retries(&scene), [None, Some("1 http_error".to_owned())]);
    scene.advance(59_999);
    scene.world.tick().await;
    assert_eq!(retries(&scene).len(), 2);
    scene.advance(1);
    scene.world.tick().await;
    assert_eq!(retries(&scene).len(), 3);
    scene.advance(299_999);
    scene.world.tick().await;
    assert_eq!(retries(&scene).len(), 3);
    scene.advance(1);
    scene.world.tick().await;
    assert_eq!(retries(&scene).last().unwrap().as_deref(), Some("3 http_error"));
    assert!(scene.world.due().is_empty());
    let ids: Vec<Value> = scene.app.heard().iter().map(|one| one.body["event_id"].clone()).collect();
    assert!(ids.iter().all(|id| id == &ids[0]), "a retry keeps its event id");
    assert!(scene.app.heard().iter().all(|one| one.signed), "each try is signed anew");
    assert_eq!(scene.world.deliveries().last().unwrap().attempts.len(), 4);
}

#[tokio::test]
async fn an_app_that_dies_after_it_heard_hears_again() {
    let scene = Scene::new().await;
    scene.world.rule(Rule::next("message", Manner::AnswerLost));
    scene.world.say(&scene.ana, &scene.web, "hello").await.unwrap();
    assert_eq!(retries(&scene), [None, Some("1 http_timeout".to_owned())]);
}

#[tokio::test]
async fn an_outage_of_an_hour_loses_what_was_said_in_it() {
    let scene = Scene::new().await;
    scene.world.outage(true);
    scene.world.say(&scene.ana, &scene.web, "hello").await.unwrap();
    for _ in 0..60 {
        scene.advance(60_000);
        scene.world.tick().await;
    }
    scene.world.outage(false);
    scene.advance(600_000);
    scene.world.tick().await;
    assert!(scene.app.heard().is_empty());
    assert!(!scene.world.deliveries()[0].taken());
    scene.world.say(&scene.ana, &scene.web, "again").await.unwrap();
    assert_eq!(scene.app.kinds(), ["message"]);
}

#[tokio::test]
async fn what_is_held_comes_later_and_what_is_lost_never() {
    let scene = Scene::new().await;
    scene.world.rule(Rule::next_of_any(Manner::Held).times(2));
    scene.world.rule(Rule::next_of_any(Manner::Lost));
    for text in ["one", "two", "three", "four"] {
        scene.world.say(&scene.ana, &scene.web, text).await.unwrap();
    }
    scene.world.release().await;
    let heard = scene.app.heard();
    let mut texts: Vec<&str> = heard.iter().map(|one| one.body["event"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts[0], "four");
    texts.sort();
    assert_eq!(texts, ["four", "one", "two"]);
}

#[tokio::test]
async fn forged_and_old_requests_are_what_they_say() {
    let scene = Scene::new().await;
    scene.world.rule(Rule::next_of_any(Manner::Forged));
    scene.world.rule(Rule::next_of_any(Manner::Old(301)));
    scene.world.say(&scene.ana, &scene.web, "forged").await.unwrap();
    scene.world.say(&scene.ana, &scene.web, "old").await.unwrap();
    let heard = scene.app.heard();
    assert!(!heard[0].signed);
    assert!(heard[1].signed && heard[1].timestamp == 1_700_000_000 - 301);
}

#[tokio::test]
async fn a_url_must_prove_itself() {
    let scene = Scene::new().await;
    scene.world.verify_url(&scene.registered.id).await.unwrap();
    scene.world.point(&scene.registered.id, signalbox_world_slack::Urls::all("http://127.0.0.1:1/nowhere"));
    assert!(scene.world.verify_url(&scene.registered.id).await.is_err());
}

#[tokio::test]
async fn bad_weather_repeats_and_delays_and_loses_nothing() {
    let scene = Scene::new().await;
    scene.world.weather(500);
    for n in 0..40 {
        scene.world.say(&scene.ana, &scene.web, &n.to_string()).await.unwrap();
    }
    let heard = scene.app.heard();
    let mut texts: Vec<&str> = heard.iter().map(|one| one.body["event"]["text"].as_str().unwrap()).collect();
    assert!(texts.len() > 40 && heard.iter().any(|one| one.retry.is_some()));
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 40);
}
