//! The same, on a socket that we open.

use std::time::Duration;

use signalbox_slack::socket;

use crate::scene::{Scene, spec};

/// Until `done`; the world's patience bounds it.
async fn until(done: impl Fn() -> bool) {
    let waited = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.expect("it did not happen");
}

#[tokio::test]
async fn everything_comes_through_a_socket_too_and_a_new_one_is_opened_when_slack_asks() {
    let scene = Scene::with(spec().with_socket_mode(), |_| ()).await;
    let listening = tokio::spawn(socket::listen(scene.slack.clone(), scene.desk.clone()));
    until(|| scene.world.sockets(&scene.app.id) == 1).await;
    scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it"]);
    assert_eq!(scene.world.slash(&scene.ana, &scene.web, "/signalbox", "help").await.unwrap(), None);

    scene.world.refresh_sockets(&scene.app.id);
    until(|| scene.world.sockets(&scene.app.id) == 1).await;
    scene.world.say(&scene.ben, &scene.web, "@signalbox and that").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it", "Ben: and that"]);
    listening.abort();
}

#[tokio::test]
async fn what_could_not_be_kept_is_not_acknowledged_and_comes_again() {
    let scene = Scene::with(spec().with_socket_mode(), |_| ()).await;
    let listening = tokio::spawn(socket::listen(scene.slack.clone(), scene.desk.clone()));
    until(|| scene.world.sockets(&scene.app.id) == 1).await;
    *scene.desk.down.lock().unwrap() = true;
    let slash = tokio::time::timeout(
        Duration::from_millis(300),
        scene.world.slash(&scene.ana, &scene.web, "/signalbox", "fix it"),
    );
    assert!(slash.await.is_err(), "nothing is acknowledged that was not kept");
    *scene.desk.down.lock().unwrap() = false;
    scene.world.slash(&scene.ana, &scene.web, "/signalbox", "fix it").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it"]);
    listening.abort();
}
