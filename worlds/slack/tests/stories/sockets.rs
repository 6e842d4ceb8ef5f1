//! Socket Mode.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use signalbox_world_slack::{AppSpec, Limits};
use tokio_tungstenite::tungstenite::Message;

use crate::scene::Scene;

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(scene: &Scene) -> Socket {
    let (_, answer, _) = scene.call_as(&scene.registered.app_token, "apps.connections.open", json!({})).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::connect_async(answer["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "hello");
    socket
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

async fn acknowledge(socket: &mut Socket, envelope: &Value, payload: Value) {
    let mut ack = json!({ "envelope_id": envelope["envelope_id"] });
    if !payload.is_null() {
        ack["payload"] = payload;
    }
    socket.send(Message::Text(ack.to_string().into())).await.unwrap();
}

#[tokio::test]
async fn events_and_commands_come_as_envelopes_and_wait_for_their_acknowledgement() {
    let scene = Scene::with(AppSpec::everything("signalbox").with_socket_mode(), Limits::Metered).await;
    let mut socket = connect(&scene).await;
    let saying = scene.world.say(&scene.ana, &scene.web, "hello");
    let listening = async {
        let envelope = next(&mut socket).await;
        acknowledge(&mut socket, &envelope, Value::Null).await;
        envelope
    };
    let (said, envelope) = tokio::join!(saying, listening);
    assert_eq!(
        (&envelope["type"], &envelope["payload"]["event"]["ts"]),
        (&json!("events_api"), &json!(said.unwrap().0))
    );
    assert!(scene.world.deliveries()[0].taken());
    let commanding = scene.world.slash(&scene.ana, &scene.web, "/signalbox", "help");
    let listening = async {
        let envelope = next(&mut socket).await;
        assert_eq!(envelope["payload"]["text"], "help");
        acknowledge(&mut socket, &envelope, json!({ "text": "Two examples" })).await;
    };
    let (answered, ()) = tokio::join!(commanding, listening);
    let ts = answered.unwrap().unwrap();
    assert_eq!(scene.world.message(&scene.web, &ts).unwrap().text, "Two examples");
    assert!(scene.app.heard().is_empty(), "nothing goes to the URLs");
}

#[tokio::test]
async fn what_is_not_acknowledged_before_the_socket_is_gone_comes_again_on_the_next() {
    let scene = Scene::with(AppSpec::everything("signalbox").with_socket_mode(), Limits::Metered).await;
    scene.world.say(&scene.ana, &scene.web, "nobody listens").await.unwrap();
    assert_eq!(scene.world.due().len(), 1, "kept for a minute");
    let mut socket = connect(&scene).await;
    scene.advance(60_000);
    let ticking = scene.world.tick();
    let listening = async {
        let envelope = next(&mut socket).await;
        assert_eq!(envelope["retry_attempt"], 2);
        acknowledge(&mut socket, &envelope, Value::Null).await;
    };
    tokio::join!(ticking, listening);
    assert!(scene.world.due().is_empty());
    scene.world.refresh_sockets(&scene.registered.id);
    assert_eq!(next(&mut socket).await["type"], "disconnect");
    assert_eq!(scene.world.sockets(&scene.registered.id), 0);
}
