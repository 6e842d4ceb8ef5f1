//! The control surface, as a page or a shell uses it.

use serde_json::{Value, json};
use signalbox_world_slack::{AppSpec, Options, Urls, World};

use crate::app::App;

async fn post(world: &World, verb: &str, body: Value) -> Value {
    let url = format!("{}/_world/{verb}", world.url());
    tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
        let text = agent.post(&url).send_json(body).unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    })
    .await
    .unwrap()
}

async fn get(world: &World, path: &str) -> String {
    let url = format!("{}/{path}", world.url());
    tokio::task::spawn_blocking(move || ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap())
        .await
        .unwrap()
}

async fn read(world: &World, path: &str) -> Value {
    serde_json::from_str(&get(world, &format!("_world/{path}")).await).unwrap()
}

#[tokio::test]
async fn a_workspace_is_built_played_and_watched_over_http_alone() {
    let world = World::start(Options::default()).await.unwrap();
    let app = App::start("secret").await;
    let team = post(&world, "team", json!({ "name": "Acme" })).await["team"].clone();
    let registered = post(&world, "app", json!({ "signing_secret": "secret", "url": app.url })).await;
    let bot = post(&world, "install", json!({ "app": registered["app"], "team": team })).await;
    let ana = post(&world, "person", json!({ "team": team, "name": "Ana" })).await["user"].clone();
    let members = json!([ana, bot["user"]]);
    let web =
        post(&world, "channel", json!({ "team": team, "name": "web", "members": members })).await["channel"].clone();
    post(&world, "rule", json!({ "kind": "message", "manner": "copies", "count": 2 })).await;
    let said = post(&world, "say", json!({ "user": ana, "channel": web, "text": "@signalbox hello" })).await;
    assert_eq!(app.kinds().len(), 3);
    let react = json!({ "user": ana, "channel": web, "ts": said["ts"], "emoji": "eyes" });
    post(&world, "react", react).await;
    let (web, ts) = (web.as_str().unwrap(), said["ts"].as_str().unwrap());
    let transcript = read(&world, &format!("transcript?channel={web}&ts={ts}")).await;
    assert_eq!(transcript["transcript"], "Ana: @signalbox hello\n    👀\n");
    assert_eq!(read(&world, "state").await["teams"][0]["apps"][0]["token"], bot["token"]);
    assert_eq!(read(&world, "deliveries").await["deliveries"].as_array().unwrap().len(), 4);
    let wrong = post(&world, "say", json!({ "user": ana, "channel": "C0", "text": "x" })).await;
    assert_eq!(wrong["error"], "there is no channel `C0` here");
    assert_eq!(post(&world, "sing", json!({ "user": ana })).await["error"], "there is no verb `sing` here");
    assert!(get(&world, "").await.contains("A Slack on this machine"));
}

#[tokio::test]
async fn a_furnished_world_is_ready_to_talk_in() {
    let world = World::start(Options::default()).await.unwrap();
    let app = App::start("signalbox-signing-secret").await;
    world.furnish(AppSpec::everything("signalbox"), Urls::all(&app.url)).unwrap();
    let team = read(&world, "state").await["teams"][0].clone();
    let ana = team["users"].as_array().unwrap().iter().find(|user| user["name"] == "Ana").unwrap()["id"].clone();
    let general = team["channels"][0]["id"].clone();
    post(&world, "say", json!({ "user": ana, "channel": general, "text": "@signalbox hello" })).await;
    assert!(app.heard().iter().all(|one| one.signed));
    assert_eq!(app.kinds(), ["app_mention", "message"]);
}
