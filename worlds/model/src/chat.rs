//! OpenAI's Chat Completions.

use serde_json::{Value, json};

use crate::protocol::{Answer, Event, Heard, list, pieces, required, text_of};

pub(crate) fn hear(body: &Value) -> Result<Heard, String> {
    let mut heard = Heard {
        model: required(body, "model")?.to_owned(),
        streamed: body["stream"].as_bool().unwrap_or(false),
        counted: body["stream_options"]["include_usage"].as_bool().unwrap_or(false),
        most: body["max_completion_tokens"].as_u64().or(body["max_tokens"].as_u64()),
        ..Heard::default()
    };
    let tools = body["tools"].as_array().into_iter().flatten();
    heard.tools.extend(tools.filter_map(|tool| tool["function"]["name"].as_str()).map(str::to_owned));
    let mut called: Vec<&str> = Vec::new();
    for message in list(body, "messages")? {
        match required(message, "role")? {
            "assistant" => {
                heard.turns += 1;
                heard.results.clear();
                let calls = message["tool_calls"].as_array().into_iter().flatten();
                called = calls.filter_map(|call| call["id"].as_str()).collect();
            }
            "tool" => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                if !called.contains(&id) {
                    return Err("Invalid parameter: messages with role 'tool' must be a response to a preceding \
                                message with 'tool_calls'."
                        .to_owned());
                }
                heard.results.push_str(&text_of(&message["content"]));
            }
            "user" | "developer" | "system" => heard.said.push(text_of(&message["content"])),
            other => return Err(format!("Invalid value: '{other}' is no role")),
        }
    }
    Ok(heard)
}

fn usage(answer: &Answer<'_>) -> Value {
    let tokens = answer.turn.tokens;
    json!({
        "prompt_tokens": tokens.read(),
        "completion_tokens": tokens.output,
        "total_tokens": tokens.read() + tokens.output,
        "prompt_tokens_details": { "cached_tokens": tokens.cached, "audio_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": tokens.thought },
    })
}

fn finish(answer: &Answer<'_>) -> &'static str {
    match answer {
        _ if answer.declined => "content_filter",
        _ if answer.cut => "length",
        _ if answer.turn.calls.is_empty() => "stop",
        _ => "tool_calls",
    }
}

fn calls(answer: &Answer<'_>, indexed: bool) -> Vec<Value> {
    let calls = answer.turn.calls.iter().enumerate().map(|(place, call)| {
        let mut written = json!({
            "id": format!("call_{:06}{place:02}", answer.number),
            "type": "function",
            "function": { "name": call.tool, "arguments": call.input.to_string() },
        });
        if indexed {
            written["index"] = place.into();
        }
        written
    });
    calls.collect()
}

fn frame(answer: &Answer<'_>, object: &str, choices: Value) -> Value {
    json!({
        "id": format!("chatcmpl-{:06}", answer.number),
        "object": object,
        "created": 1_700_000_000,
        "model": answer.heard.model,
        "choices": choices,
    })
}

pub(crate) fn whole(answer: &Answer<'_>) -> Value {
    let mut message = json!({ "role": "assistant", "content": answer.turn.say, "refusal": null });
    if !answer.turn.calls.is_empty() {
        message["tool_calls"] = calls(answer, false).into();
    }
    let choice = json!([{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(answer) }]);
    let mut whole = frame(answer, "chat.completion", choice);
    if answer.counted {
        whole["usage"] = usage(answer);
    }
    whole
}

pub(crate) fn stream(answer: &Answer<'_>) -> Vec<Event> {
    let counted = answer.counted && answer.heard.counted;
    let chunk = |delta: Value, finish: Value| {
        let choice = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
        let mut chunk = frame(answer, "chat.completion.chunk", choice);
        if counted {
            chunk["usage"] = Value::Null;
        }
        Event::plain(chunk)
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), Value::Null)];
    events.extend(pieces(&answer.turn.say).into_iter().map(|text| chunk(json!({ "content": text }), Value::Null)));
    if !answer.turn.calls.is_empty() {
        events.push(chunk(json!({ "tool_calls": calls(answer, true) }), Value::Null));
    }
    events.push(chunk(json!({}), finish(answer).into()));
    if counted {
        let mut last = frame(answer, "chat.completion.chunk", json!([]));
        last["usage"] = usage(answer);
        events.push(Event::plain(last));
    }
    events.push(Event { name: None, data: "[DONE]".to_owned() });
    events
}
