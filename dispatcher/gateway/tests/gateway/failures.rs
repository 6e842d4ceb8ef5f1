use std::sync::Arc;
use std::time::Duration;

use signalbox_gateway::{Money, Protocol, Settled, Trouble};
use signalbox_world_model::{Fault, Turn};

use crate::stand::{dollars, keys, short, stand, stand_with};

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_passes_and_is_told_by_its_name() {
    let faults = [
        (Fault::Limited(7), [429, 429, 429, 429], Trouble::Limited { retry_after: Some(Duration::from_secs(7)) }),
        (Fault::Overloaded, [529, 503, 503, 503], Trouble::Overloaded),
        (Fault::Broken, [500, 500, 500, 500], Trouble::Broken),
        (Fault::Unauthorized, [401, 401, 401, 401], Trouble::Unauthorized),
        (Fault::NoModel, [404, 404, 404, 404], Trouble::NoModel),
        (Fault::TooLong, [400, 400, 400, 400], Trouble::TooLong),
        (Fault::Unpaid, [400, 429, 429, 400], Trouble::Unpaid),
    ];
    let protocols = [
        (Protocol::Messages, "claude-opus-5-5"),
        (Protocol::Responses, "gpt-6-sol"),
        (Protocol::Chat, "gpt-5.2"),
        (Protocol::Gemini, "gemini-2.5-pro"),
    ];
    for (place, (protocol, model)) in protocols.into_iter().enumerate() {
        let turn = faults.iter().fold(Turn::say("at last"), |turn, (fault, _, _)| turn.fault(*fault));
        let mut stand = stand(vec![turn], dollars(5)).await;
        for (fault, statuses, trouble) in &faults {
            let (status, text) = stand.say(protocol, true, model);
            assert_eq!(status, statuses[place], "{protocol:?} {fault:?}: {text}");
            let call = stand.call().await;
            assert_eq!(call.trouble.as_ref(), Some(trouble), "{protocol:?} {fault:?}");
            assert_eq!((call.settled, call.cost), (Settled::Free, Money::ZERO), "a refusal costs nothing");
        }
        assert_eq!(stand.say(protocol, true, model).0, 200);
        assert_eq!(stand.call().await.trouble, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_to_wait_is_passed_on() {
    let stand = stand(vec![Turn::say("x").fault(Fault::Limited(7))], dollars(5)).await;
    let (path, body) = crate::stand::ask(Protocol::Messages, true, "claude-opus-5-5");
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nanthropic-version: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let answer = stand.raw(head + &body).to_lowercase();
    assert!(answer.starts_with("http/1.1 429") && answer.contains("retry-after: 7"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_silent_or_stops_in_the_middle_is_not_waited_for() {
    let turn = Turn::say("x".repeat(200)).fault(Fault::Silent).fault(Fault::Slow(3_000));
    let mut stand =
        stand_with(vec![turn], dollars(5), |rules| rules, |gateway| gateway.with_limits(short()), Arc::new(keys()))
            .await;
    let (status, text) = stand.say(Protocol::Messages, true, "claude-opus-5-5");
    assert!(status == 502 && text.contains("in time"), "{status} {text}");
    let call = stand.call().await;
    assert_eq!((call.trouble, call.settled), (Some(Trouble::TimedOut), Settled::Reserved), "it may have been heard");
    let (status, text) = stand.say(Protocol::Messages, true, "claude-opus-5-5");
    assert!(status == 200 && text.ends_with("[cut]"), "{status} {text}");
    assert_eq!(stand.call().await.trouble, Some(Trouble::TimedOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there_costs_nothing() {
    let mut stand = stand_with(
        vec![],
        dollars(5),
        |mut rules| {
            rules.providers[0].upstream = "http://127.0.0.1:1".parse().unwrap();
            rules
        },
        |gateway| gateway,
        Arc::new(keys()),
    )
    .await;
    assert_eq!(stand.say(Protocol::Messages, true, "claude-opus-5-5").0, 502);
    let call = stand.call().await;
    assert_eq!((call.trouble, call.cost, call.status), (Some(Trouble::Unreachable), Money::ZERO, None));
    assert_eq!(stand.gateway.ledger().spent(), Money::ZERO);
}
