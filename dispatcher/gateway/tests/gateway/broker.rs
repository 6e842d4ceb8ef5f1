use std::sync::{Arc, Mutex};

use signalbox_gateway::{Broker, Desk, Event, Gateway, Ledger, Limits, Prices, Protocol, Setup, serve_boxes};
use signalbox_world_model::{Tokens, Turn, World};
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

use crate::stand::{KEYS, dollars, keys, rules, script, stand_with};

/// Knows one box, while it is there.
struct OneBox(Mutex<Option<Gateway>>);

impl Desk for OneBox {
    fn gateway(&self, token: &str) -> Option<Gateway> {
        self.0.lock().unwrap().clone().filter(|_| token == "token-of-the-box")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_in_the_box_holds_no_credential_and_the_broker_outside_adds_it() {
    let world = World::start(script(vec![Turn::say("From afar.").tokens(Tokens::plain(700, 30))])).await.unwrap();
    let (sender, mut told) = unbounded_channel();
    let setup = Setup {
        rules: rules(&world),
        prices: Prices::shipped(),
        ledger: Ledger::new(dollars(1)),
        credentials: Arc::new(keys()),
        events: sender,
    };
    let outer = Gateway::new(setup).unwrap();
    let desk = Arc::new(OneBox(Mutex::new(Some(outer.clone()))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let broker = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve_boxes(listener, desk.clone(), Limits::default()));
    for (token, expected) in [("token-of-the-box", 200), ("token-of-another", 401)] {
        let credentials = Arc::new(Broker::new(broker.parse().unwrap(), token));
        let mut stand = stand_with(vec![], dollars(1), |rules| rules, |gateway| gateway, credentials).await;
        for (protocol, model) in [(Protocol::Messages, "claude-opus-5-5"), (Protocol::Responses, "gpt-6-sol")] {
            let (status, text) = stand.say(protocol, true, model);
            assert_eq!(status, expected, "{text}");
            let call = stand.call().await;
            if expected == 200 {
                let Event::Call(outside) = told.recv().await.unwrap() else { panic!("the broker tells of a call") };
                assert_eq!((outside.tokens, outside.cost), (call.tokens, call.cost), "both count the same");
            }
        }
    }
    let seen = world.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("x-api-key"), Some(KEYS[0]));
    assert!(!format!("{seen:?}").contains("token-of-the-box"), "the box's token stays with the broker");
    // Its box is gone, and so is the way.
    desk.0.lock().unwrap().take();
    let credentials = Arc::new(Broker::new(broker.parse().unwrap(), "token-of-the-box"));
    let stand = stand_with(vec![], dollars(1), |rules| rules, |gateway| gateway, credentials).await;
    assert_eq!(stand.say(Protocol::Messages, true, "claude-opus-5-5").0, 401);
    server.abort();
}
