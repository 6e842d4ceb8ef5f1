//! Anthropic's Messages.

use serde_json::{Value, json};

use crate::protocol::{Answer, Event, Heard, list, pieces, required, text_of};

pub(crate) fn hear(body: &Value) -> Result<Heard, String> {
    let mut heard = Heard {
        model: required(body, "model")?.to_owned(),
        streamed: body["stream"].as_bool().unwrap_or(false),
        counted: true,
        most: body["max_tokens"].as_u64(),
        ..Heard::default()
    };
    if heard.most.is_none_or(|most| most == 0) {
        return Err("max_tokens: Field required".to_owned());
    }
    for tool in body["tools"].as_array().into_iter().flatten() {
        heard.tools.push(required(tool, "name")?.to_owned());
    }
    let mut called: Vec<&str> = Vec::new();
    for (place, message) in list(body, "messages")?.iter().enumerate() {
        let of = |kind: &'static str| {
            let parts = message["content"].as_array().into_iter().flatten();
            parts.filter(move |part| part["type"] == kind)
        };
        match required(message, "role")? {
            "assistant" => {
                heard.turns += 1;
                called = of("tool_use").filter_map(|part| part["id"].as_str()).collect();
            }
            "user" => {
                let results: Vec<&Value> = of("tool_result").collect();
                for result in &results {
                    let id = result["tool_use_id"].as_str().unwrap_or_default();
                    if !called.contains(&id) {
                        return Err(format!(
                            "messages.{place}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {id}. \
                             Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                        ));
                    }
                }
                if results.len() < called.len() {
                    return Err(format!(
                        "messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: {}.",
                        called.join(", ")
                    ));
                }
                heard.results = results.iter().map(|result| text_of(&result["content"])).collect::<Vec<_>>().join("\n");
                called.clear();
                if results.is_empty() {
                    heard.said.push(text_of(&message["content"]));
                } else {
                    heard.said.extend(of("text").map(text_of));
                }
            }
            // Newer agents give instructions in the middle of a conversation.
            "system" => heard.said.push(text_of(&message["content"])),
            other => return Err(format!("messages.{place}.role: Input should be 'user' or 'assistant', got {other}")),
        }
    }
    if heard.said.is_empty() {
        return Err("messages: at least one message is required".to_owned());
    }
    Ok(heard)
}

fn usage(answer: &Answer<'_>, output: u64) -> Value {
    let tokens = answer.turn.tokens;
    json!({
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.kept + tokens.kept_long,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.kept,
            "ephemeral_1h_input_tokens": tokens.kept_long,
        },
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn stop_reason(answer: &Answer<'_>) -> &'static str {
    match answer {
        _ if answer.declined => "refusal",
        _ if answer.cut => "max_tokens",
        _ if answer.turn.calls.is_empty() => "end_turn",
        _ => "tool_use",
    }
}

fn message(answer: &Answer<'_>, content: Value, stop: Value, output: Option<u64>) -> Value {
    let mut message = json!({
        "id": format!("msg_{:06}", answer.number),
        "type": "message",
        "role": "assistant",
        "model": answer.heard.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": null,
    });
    if let Some(output) = output {
        message["usage"] = usage(answer, output);
    }
    message
}

fn call_id(answer: &Answer<'_>, place: usize) -> String {
    format!("toolu_{:06}{place:02}", answer.number)
}

pub(crate) fn whole(answer: &Answer<'_>) -> Value {
    let mut content = Vec::new();
    if !answer.turn.say.is_empty() {
        content.push(json!({ "type": "text", "text": answer.turn.say }));
    }
    content.extend(answer.turn.calls.iter().enumerate().map(
        |(place, call)| json!({ "type": "tool_use", "id": call_id(answer, place), "name": call.tool, "input": call.input }),
    ));
    message(answer, content.into(), stop_reason(answer).into(), answer.counted.then_some(answer.turn.tokens.output))
}

pub(crate) fn stream(answer: &Answer<'_>) -> Vec<Event> {
    // At the start one token is written; at the end all are.
    let start = message(answer, json!([]), Value::Null, answer.counted.then_some(1));
    let mut events = vec![Event::named("message_start", json!({ "type": "message_start", "message": start }))];
    let mut index = 0;
    let mut block = |block: Value, deltas: Vec<Value>| {
        let start = json!({ "type": "content_block_start", "index": index, "content_block": block });
        events.push(Event::named("content_block_start", start));
        if index == 0 {
            events.push(Event::named("ping", json!({ "type": "ping" })));
        }
        events.extend(deltas.into_iter().map(|delta| {
            let delta = json!({ "type": "content_block_delta", "index": index, "delta": delta });
            Event::named("content_block_delta", delta)
        }));
        events.push(Event::named("content_block_stop", json!({ "type": "content_block_stop", "index": index })));
        index += 1;
    };
    if !answer.turn.say.is_empty() {
        let deltas = pieces(&answer.turn.say).into_iter().map(|text| json!({ "type": "text_delta", "text": text }));
        block(json!({ "type": "text", "text": "" }), deltas.collect());
    }
    for (place, call) in answer.turn.calls.iter().enumerate() {
        let input = pieces(&call.input.to_string()).into_iter();
        let deltas = input.map(|piece| json!({ "type": "input_json_delta", "partial_json": piece })).collect();
        let start = json!({ "type": "tool_use", "id": call_id(answer, place), "name": call.tool, "input": {} });
        block(start, deltas);
    }
    let mut end = json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop_reason(answer), "stop_sequence": null },
    });
    if answer.counted {
        end["usage"] = usage(answer, answer.turn.tokens.output);
    }
    events.push(Event::named("message_delta", end));
    events.push(Event::named("message_stop", json!({ "type": "message_stop" })));
    events
}
