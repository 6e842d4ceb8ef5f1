use std::sync::Arc;

use serde_json::Value;
use signalbox_gateway::{Money, Prices, Protocol, Settled, Why};
use signalbox_world_model::{Tokens, Turn};

use crate::stand::{ask, dollars, keys, post, short, stand, stand_with};

#[tokio::test(flavor = "multi_thread")]
async fn the_call_that_would_pass_the_cap_is_not_made() {
    let cap = Money::micro_usd(200_000);
    for (protocol, model) in [
        (Protocol::Messages, "claude-opus-5-5"),
        (Protocol::Responses, "gpt-6-sol"),
        (Protocol::Chat, "gpt-5.2"),
        (Protocol::Gemini, "gemini-2.5-pro"),
    ] {
        let mut stand = stand(vec![Turn::say("More.").tokens(Tokens::plain(100, 3_000))], cap).await;
        let mut calls = 0;
        let (status, text) = loop {
            let (status, text) = stand.say(protocol, true, model);
            if status != 200 {
                break (status, text);
            }
            let call = stand.call().await;
            assert_eq!(call.settled, Settled::Counted);
            calls += 1;
        };
        assert!(calls >= 2, "{protocol:?}: {calls}");
        assert_eq!(stand.why().await, Why::Cap);
        assert_eq!(stand.world.seen().len(), calls, "the one that was refused went nowhere");
        let spent = stand.gateway.ledger().spent();
        assert!(spent <= cap && stand.gateway.ledger().held() == Money::ZERO, "{spent} of {cap}");
        let body: Value = serde_json::from_str(&text).unwrap();
        let (words, status_expected) = match protocol {
            Protocol::Messages => (body["error"]["message"].as_str().unwrap(), 400),
            Protocol::Responses | Protocol::Chat => {
                assert_eq!(body["error"]["code"], "insufficient_quota");
                let status = if protocol == Protocol::Chat { 402 } else { 429 };
                (body["error"]["message"].as_str().unwrap(), status)
            }
            Protocol::Gemini => (body["error"]["message"].as_str().unwrap(), 400),
        };
        assert_eq!(status, status_expected);
        assert!(words.contains("of the $0.20 this run may spend is left"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_cut_to_what_the_money_left_pays() {
    let cap = Money::micro_usd(200_000);
    let mut stand = stand(vec![Turn::say("Short.").tokens(Tokens::plain(50, 10))], cap).await;
    let (path, mut body) = ask(Protocol::Messages, true, "claude-opus-5-5");
    body["max_tokens"] = 128_000.into();
    assert_eq!(stand.post(&path, &[("x-api-key", "placeholder")], &body).0, 200);
    let call = stand.call().await;
    let asked = stand.world.seen()[0].body["max_tokens"].as_u64().unwrap();
    assert_eq!(call.cut_to, Some(asked));
    let price = Prices::shipped().of("claude-opus-5-5").unwrap();
    let output = price.cost(&signalbox_gateway::Tokens { output: asked, ..Default::default() });
    assert!(output < cap && asked > 2_000, "{asked} tokens for {output}");
    assert_eq!(stand.world.seen()[0].body["messages"], body["messages"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_share_one_cap() {
    let cap = Money::micro_usd(500_000);
    let mut stand = stand(vec![Turn::say("One of many.").tokens(Tokens::plain(100, 2_000))], cap).await;
    let (path, body) = ask(Protocol::Messages, true, "claude-opus-5-5");
    let address = stand.address;
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let (path, body) = (path.clone(), body.clone());
            tokio::task::spawn_blocking(move || post(address, &path, &[], &body).0)
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        answered += usize::from(call.await.unwrap() == 200);
        assert!(stand.gateway.ledger().spent() + stand.gateway.ledger().held() <= cap);
    }
    // 0.0404 each, and 0.08 set aside for it.
    assert!((10..=12).contains(&answered), "{answered}");
    println!("gateway: 40 calls at once, {answered} answered, {} of {cap} spent", stand.gateway.ledger().spent());
    assert_eq!(stand.world.seen().len(), answered);
    assert_eq!(stand.told(40).await.len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_money_held_by_others_is_told_to_ask_again() {
    let turn = Turn::say("word ".repeat(500)).fault(signalbox_world_model::Fault::Slow(50));
    let mut stand = stand_with(
        vec![turn],
        Money::micro_usd(100_000),
        |rules| rules,
        |gateway| gateway.with_limits(short()),
        Arc::new(keys()),
    )
    .await;
    let address = stand.address;
    let (path, body) = ask(Protocol::Messages, true, "claude-opus-5-5");
    let first = tokio::task::spawn_blocking({
        let (path, body) = (path.clone(), body.clone());
        move || post(address, &path, &[], &body).0
    });
    while stand.gateway.ledger().held() == Money::ZERO {
        tokio::task::yield_now().await;
    }
    let (status, text) = stand.post(&path, &[], &body);
    assert_eq!(status, 429, "{text}");
    assert!(text.contains("rate_limit_error") && text.contains("ask again"), "{text}");
    assert_eq!(stand.why().await, Why::Cap);
    assert_eq!(first.await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_a_price_is_not_asked() {
    let mut stand = stand_with(
        vec![Turn::say("x")],
        dollars(5),
        |mut rules| {
            rules.models = Some(["claude-opus-5-5", "claude-unheard-of"].map(str::to_owned).into());
            rules
        },
        |gateway| gateway,
        Arc::new(keys()),
    )
    .await;
    for model in ["claude-unheard-of", "claude-sonnet-4-5", "CLAUDE-OPUS-5-5", ""] {
        let (status, text) = stand.say(Protocol::Messages, false, model);
        assert_eq!(status, 404, "{model}: {text}");
        assert_eq!(stand.why().await, Why::Model);
    }
    assert_eq!(stand.say(Protocol::Messages, false, "claude-opus-5-5").0, 200);
    assert_eq!(stand.world.seen().len(), 1);
}
