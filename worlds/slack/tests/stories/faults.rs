//! Calls that go wrong: before they did anything, or after.

use serde_json::json;
use signalbox_world_slack::Fault;

use crate::scene::Scene;

#[tokio::test]
async fn a_broken_connection_says_nothing_about_whether_it_was_done() {
    let scene = Scene::new().await;
    let post = || scene.call_as(&scene.bot.token, "chat.postMessage", json!({ "channel": scene.web.0, "text": "t" }));
    let said = || scene.world.history(&scene.web).unwrap().len();
    scene.world.fault(Some("chat.postMessage"), Fault::DropBefore, 1);
    assert!(post().await.is_err());
    assert_eq!(said(), 0);
    scene.world.fault(Some("chat.postMessage"), Fault::DropAfter, 1);
    assert!(post().await.is_err());
    assert_eq!(said(), 1);
    scene.world.fault(None, Fault::ServerError, 1);
    assert_eq!(post().await.unwrap().0, 500);
    assert_eq!(said(), 1);
    scene.world.fault(None, Fault::ServerErrorAfter, 1);
    assert_eq!(post().await.unwrap().0, 503);
    assert_eq!(said(), 2);
    scene.world.fault(None, Fault::RateLimited(7), 1);
    let (status, _, after) = post().await.unwrap();
    assert_eq!((status, after.as_deref()), (429, Some("7")));
    post().await.unwrap();
    assert_eq!(scene.world.meters().early["chat.postMessage"], 1);
    scene.world.fault(None, Fault::Refused("fatal_error".into()), 1);
    assert_eq!(post().await.unwrap().1["error"], "fatal_error");
}

#[tokio::test]
async fn the_same_seed_breaks_the_same_calls() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let scene = Scene::new().await;
        scene.world.faults(300);
        let mut went = Vec::new();
        for _ in 0..40 {
            let answer = scene.call_as(&scene.bot.token, "auth.test", json!({})).await;
            went.push(answer.map(|(status, ..)| status).ok());
        }
        let faults: u64 = scene.world.meters().faults.values().sum();
        assert!(faults > 0 && faults < 40);
        runs.push(went);
    }
    assert_eq!(runs[0], runs[1]);
}
