//! Rate limits, metered and enforced.

use serde_json::json;
use signalbox_world_slack::{AppSpec, Limits, MESSAGE_BURST};

use crate::scene::Scene;

#[tokio::test]
async fn metered_limits_count_and_answer() {
    let scene = Scene::new().await;
    for _ in 0..MESSAGE_BURST + 2 {
        scene.done("chat.postMessage", json!({ "channel": scene.web.0, "text": "t" })).await;
    }
    let meters = scene.world.meters();
    assert_eq!(meters.calls["chat.postMessage"], MESSAGE_BURST + 2);
    assert_eq!(meters.over["chat.postMessage"], 2);
    let other = scene.world.channel(&scene.team, "other", &[&scene.bot.user]);
    scene.done("chat.postMessage", json!({ "channel": other.0, "text": "t" })).await;
    assert_eq!(scene.world.meters().over_total(), 2, "each channel has its own");
}

#[tokio::test]
async fn enforced_limits_say_when_to_come_again_and_count_who_comes_earlier() {
    let scene = Scene::with(AppSpec::everything("signalbox"), Limits::Enforced).await;
    let ts = scene.posts(json!({ "text": "0 %" })).await;
    let update = |n: u64| json!({ "channel": scene.web.0, "ts": ts, "text": format!("{n} %") });
    for n in 0..50 {
        scene.done("chat.update", update(n)).await;
        scene.advance(1_000);
    }
    let (status, body, after) = scene.call_as(&scene.bot.token, "chat.update", update(51)).await.unwrap();
    assert_eq!((status, body["error"].as_str(), after.as_deref()), (429, Some("ratelimited"), Some("10")));
    scene.advance(9_000);
    scene.call_as(&scene.bot.token, "chat.update", update(52)).await.unwrap();
    assert_eq!(scene.world.meters().early_total(), 1);
    scene.advance(1_000);
    scene.done("chat.update", update(53)).await;
    assert_eq!(scene.world.meters().early_total(), 1);
    assert_eq!(scene.world.message(&scene.web, &ts.as_str().into()).unwrap().text, "53 %");
}
