use signalbox_gateway::{Class, Money, Prices, Protocol, Settled, Tokens, Trouble};
use signalbox_world_model as model;
use signalbox_world_model::{Fault, Turn};

use crate::stand::{dollars, stand};

const ALL: [(Protocol, &str); 4] = [
    (Protocol::Messages, "claude-opus-5-5"),
    (Protocol::Responses, "gpt-6-sol"),
    (Protocol::Chat, "gpt-5.2"),
    (Protocol::Gemini, "gemini-2.5-pro"),
];

/// What the provider says was used, and how the gateway counts it.
fn used(protocol: Protocol) -> (model::Tokens, Tokens) {
    let (kept, kept_long) = match protocol {
        Protocol::Messages => (900, 70),
        Protocol::Responses => (900, 0),
        Protocol::Chat | Protocol::Gemini => (0, 0),
    };
    let said = model::Tokens { input: 1_234, cached: 5_678, kept, kept_long, output: 321, thought: 200 };
    (said, Tokens { input: 1_234, cached: 5_678, kept, kept_long, output: 321 })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_protocol_is_metered_to_the_token_streamed_and_whole() {
    for (protocol, name) in ALL {
        for streamed in [true, false] {
            let (said, counted) = used(protocol);
            let mut stand = stand(vec![Turn::say("All is well.").tokens(said)], dollars(5)).await;
            let (status, text) = stand.say(protocol, streamed, name);
            assert_eq!(status, 200, "{text}");
            assert!(text.contains("well") && (!streamed || text.contains("data: ")), "{text}");
            let call = stand.call().await;
            assert_eq!(call.tokens, counted, "{protocol:?} {streamed}");
            let cost = Prices::shipped().of(name).unwrap().cost(&counted);
            assert_eq!((call.cost, call.settled, call.status), (cost, Settled::Counted, Some(200)));
            assert_eq!((call.class, call.model.as_str(), call.trouble), (Class::Say, name, None));
            assert_eq!((stand.gateway.ledger().spent(), stand.gateway.ledger().held()), (cost, Money::ZERO));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_usage_never_comes_costs_what_was_set_aside() {
    for (protocol, name) in ALL {
        for (fault, trouble) in [
            (Fault::Dropped(1), Some(Trouble::Cut)),
            (Fault::Uncounted, None),
            (Fault::Failed(1), Some(Trouble::Overloaded)),
        ] {
            let mut stand = stand(vec![Turn::say("All is well.").fault(fault)], dollars(5)).await;
            stand.say(protocol, true, name);
            let call = stand.call().await;
            assert_eq!(call.settled, Settled::Reserved, "{protocol:?} {fault:?}");
            let most = Prices::shipped().of(name).unwrap().cost(&Tokens { output: 4_000, ..Tokens::default() });
            assert!(call.cost > most, "reading it costs something too");
            assert_eq!((stand.gateway.ledger().spent(), stand.gateway.ledger().held()), (call.cost, Money::ZERO));
            match (fault, protocol) {
                // They have one error for everything there.
                (Fault::Failed(_), Protocol::Chat | Protocol::Gemini) => {
                    assert_eq!(call.trouble, Some(Trouble::Broken))
                }
                _ => assert_eq!(call.trouble, trouble, "{protocol:?} {fault:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_in_the_middle_has_bought_the_whole_answer() {
    use std::io::{Read as _, Write as _};
    let turn = Turn::say("word ".repeat(2_000)).fault(Fault::Slow(20));
    let mut stand = stand(vec![turn], dollars(5)).await;
    let (path, body) = crate::stand::ask(Protocol::Messages, true, "claude-opus-5-5");
    let body = body.to_string();
    let mut stream = std::net::TcpStream::connect(stand.address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nanthropic-version: 2023-06-01\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut some = [0; 200];
    stream.read_exact(&mut some).unwrap();
    drop(stream);
    let call = stand.call().await;
    assert_eq!((call.settled, call.trouble), (Settled::Reserved, Some(Trouble::Left)));
    assert_eq!(stand.gateway.ledger().held(), Money::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_before_the_answer_may_have_been_heard() {
    use std::io::Write as _;
    let mut stand = stand(vec![Turn::say("x").fault(Fault::Silent)], dollars(5)).await;
    let (path, body) = crate::stand::ask(Protocol::Messages, true, "claude-opus-5-5");
    let body = body.to_string();
    let mut stream = std::net::TcpStream::connect(stand.address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nanthropic-version: 2023-06-01\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    while stand.world.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stream);
    let call = stand.call().await;
    assert_eq!((call.settled, call.trouble, call.status), (Settled::Reserved, Some(Trouble::Left), None));
    assert_eq!((stand.gateway.ledger().spent(), stand.gateway.ledger().held()), (call.cost, Money::ZERO));
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_and_listing_cost_nothing() {
    let mut stand = stand(vec![Turn::say("x")], Money::ZERO).await;
    let (_, body) = crate::stand::ask(Protocol::Messages, false, "claude-opus-5-5");
    assert_eq!(stand.post("/anthropic/v1/messages/count_tokens", &[], &body).0, 200);
    let call = stand.call().await;
    assert_eq!((call.class, call.cost, call.settled), (Class::Count, Money::ZERO, Settled::Free));
    assert_eq!(stand.world.seen().len(), 1);
}
