//! What the providers are like, as somebody sees who calls them.
#![allow(clippy::unwrap_used)]

use std::io::Read as _;

use serde_json::{Value, json};
use signalbox_world_model::{Fault, Script, Session, Tokens, Turn, When, World};

fn script(turns: Vec<Turn>) -> Script {
    Script { sessions: vec![Session { when: When::default(), turns }], ..Script::default() }
}

/// Posts `body`; the status and the whole text.
fn post(world: &World, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.post(format!("{}{path}", world.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send_json(body).unwrap();
    let mut text = Vec::new();
    let read = response.body_mut().as_reader().read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    (response.status().as_u16(), if read.is_err() { format!("{text}[cut]") } else { text })
}

/// The data of every event.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

const ANTHROPIC: [(&str, &str); 2] = [("x-api-key", "key"), ("anthropic-version", "2023-06-01")];
const OPENAI: [(&str, &str); 1] = [("authorization", "Bearer key")];
const GEMINI: [(&str, &str); 1] = [("x-goog-api-key", "key")];

#[tokio::test(flavor = "multi_thread")]
async fn each_protocol_says_the_same_words_calls_and_tokens_streamed_and_whole() {
    let tokens = Tokens { input: 100, cached: 40, kept: 0, kept_long: 0, output: 25, thought: 5 };
    let turn = Turn {
        say: "I look at the file that was named first.".to_owned(),
        ..Turn::call("read", json!({ "path": "a" }))
    };
    let world = World::start(script(vec![turn.tokens(tokens)])).await.unwrap();
    let said = json!([{ "role": "user", "content": "hello" }]);
    let streamed = |mut body: Value| {
        body["stream"] = true.into();
        body
    };
    let messages = json!({ "model": "m", "max_tokens": 100, "messages": said });
    let chat = json!({ "model": "m", "messages": said, "stream_options": { "include_usage": true } });
    let responses = json!({ "model": "m", "input": said });
    let gemini = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }] });

    let (status, text) = post(&world, "/v1/messages", &ANTHROPIC, &streamed(messages.clone()));
    let last = events(&text);
    let usage = &last[last.len() - 2]["usage"];
    assert_eq!((status, &usage["input_tokens"], &usage["cache_read_input_tokens"]), (200, &json!(100), &json!(40)));
    assert_eq!(usage["output_tokens"], 25);
    assert!(text.contains("event: message_start") && text.contains("input_json_delta"), "{text}");
    let whole: Value = serde_json::from_str(&post(&world, "/v1/messages", &ANTHROPIC, &messages).1).unwrap();
    assert_eq!((&whole["content"][1]["name"], &whole["usage"]["output_tokens"]), (&json!("read"), &json!(25)));

    let (_, text) = post(&world, "/v1/responses", &OPENAI, &streamed(responses.clone()));
    let last = events(&text).pop().unwrap();
    assert_eq!(last["type"], "response.completed");
    let usage = &last["response"]["usage"];
    assert_eq!((&usage["input_tokens"], &usage["input_tokens_details"]["cached_tokens"]), (&json!(140), &json!(40)));
    let whole: Value = serde_json::from_str(&post(&world, "/v1/responses", &OPENAI, &responses).1).unwrap();
    assert_eq!(&whole["usage"], usage);
    assert_eq!(whole["output"][1]["arguments"], last["response"]["output"][1]["arguments"]);

    let (_, text) = post(&world, "/v1/chat/completions", &OPENAI, &streamed(chat.clone()));
    let usage = &events(&text).pop().unwrap()["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(140), &json!(25)));
    assert!(text.trim_end().ends_with("data: [DONE]"), "{text}");

    let (_, text) = post(&world, "/v1beta/models/m:streamGenerateContent?alt=sse", &GEMINI, &gemini);
    let usage = &events(&text).pop().unwrap()["usageMetadata"];
    assert_eq!(
        (&usage["promptTokenCount"], &usage["candidatesTokenCount"], &usage["thoughtsTokenCount"]),
        (&json!(140), &json!(20), &json!(5))
    );
    assert_eq!(world.said().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_as_strict_as_the_real_ones() {
    let world = World::start(Script { keys: vec!["key".to_owned()], ..script(vec![Turn::say("yes")]) }).await.unwrap();
    let body = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "hello" }] });
    let status = |headers: &[(&str, &str)], body: &Value| post(&world, "/v1/messages", headers, body).0;
    assert_eq!(status(&ANTHROPIC, &body), 200);
    assert_eq!(status(&ANTHROPIC[1..], &body), 401, "no credential");
    assert_eq!(status(&[("x-api-key", "other"), ANTHROPIC[1]], &body), 401, "somebody else's");
    assert_eq!(status(&ANTHROPIC[..1], &body), 400, "no version");
    assert_eq!(status(&ANTHROPIC, &json!({ "model": "m", "messages": [] })), 400, "no max_tokens");
    let orphan = json!({ "model": "m", "max_tokens": 9, "messages": [
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "toolu_1", "content": "x" }] }
    ] });
    assert_eq!(status(&ANTHROPIC, &orphan), 400, "a result nobody asked for");
    let more = json!({ "model": "m", "max_tokens": 9, "messages": [
        { "role": "user", "content": "hello" }, { "role": "assistant", "content": "yes" },
        { "role": "user", "content": "and now?" }
    ] });
    assert_eq!(status(&ANTHROPIC, &more), 400, "the script is over");
    assert_eq!(world.seen().len(), 7);
    assert_eq!(world.seen()[2].header("x-api-key"), Some("other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_goes_wrong_once_and_is_said_at_last() {
    let turn = Turn::say("at last").fault(Fault::Limited(7)).fault(Fault::Overloaded).fault(Fault::Dropped(3));
    let world = World::start(script(vec![turn.fault(Fault::Failed(3)).fault(Fault::Uncounted)])).await.unwrap();
    let body =
        json!({ "model": "m", "max_tokens": 99, "stream": true, "messages": [{ "role": "user", "content": "hi" }] });
    let ask = || post(&world, "/v1/messages", &ANTHROPIC, &body);
    assert_eq!(ask().0, 429);
    assert_eq!(ask().0, 529);
    assert!(ask().1.ends_with("[cut]"));
    assert!(ask().1.contains("overloaded_error"));
    let uncounted = ask().1;
    assert!(!uncounted.contains("usage") && uncounted.contains("at last"), "{uncounted}");
    let last = ask();
    assert!(last.1.contains("\"output_tokens\":50"), "{last:?}");
}
