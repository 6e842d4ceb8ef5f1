//! OpenAI's Responses.

use serde_json::{Value, json};

use crate::protocol::{Answer, Event, Heard, pieces, required, text_of};

pub(crate) fn hear(body: &Value) -> Result<Heard, String> {
    let mut heard = Heard {
        model: required(body, "model")?.to_owned(),
        streamed: body["stream"].as_bool().unwrap_or(false),
        counted: true,
        most: body["max_output_tokens"].as_u64(),
        ..Heard::default()
    };
    if !body["previous_response_id"].is_null() {
        return Err("previous_response_id: nothing is kept here; send the whole input".to_owned());
    }
    for tool in body["tools"].as_array().into_iter().flatten() {
        heard.tools.push(tool["name"].as_str().or_else(|| tool["type"].as_str()).unwrap_or_default().to_owned());
    }
    if let Some(text) = body["input"].as_str() {
        heard.said.push(text.to_owned());
        return Ok(heard);
    }
    let items = body["input"].as_array().ok_or("Missing required parameter: 'input'.")?;
    let mut called: Vec<&str> = Vec::new();
    let mut speaking = false;
    for item in items {
        let kind = item["type"].as_str().unwrap_or("message");
        let spoke = match kind {
            "message" => item["role"] == "assistant",
            "reasoning" | "function_call" | "custom_tool_call" | "local_shell_call" | "web_search_call" => true,
            _ => false,
        };
        if spoke && !speaking {
            heard.turns += 1;
            heard.results.clear();
        }
        speaking = spoke;
        match kind {
            "message" if !spoke => heard.said.push(text_of(&item["content"])),
            "function_call" | "custom_tool_call" | "local_shell_call" => called.extend(item["call_id"].as_str()),
            "function_call_output" | "custom_tool_call_output" | "local_shell_call_output" => {
                let id = item["call_id"].as_str().unwrap_or_default();
                if !called.contains(&id) {
                    return Err(format!("No tool call found for function call output with call_id {id}."));
                }
                heard.results.push_str(&text_of(&item["output"]));
            }
            _ => {}
        }
    }
    Ok(heard)
}

fn usage(answer: &Answer<'_>) -> Value {
    let tokens = answer.turn.tokens;
    json!({
        "input_tokens": tokens.read(),
        "input_tokens_details": { "cached_tokens": tokens.cached, "cache_write_tokens": tokens.kept },
        "output_tokens": tokens.output,
        "output_tokens_details": { "reasoning_tokens": tokens.thought },
        "total_tokens": tokens.read() + tokens.output,
    })
}

fn response(answer: &Answer<'_>, status: &str, output: Vec<Value>, usage: Value) -> Value {
    json!({
        "id": format!("resp_{:06}", answer.number),
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "error": null,
        "incomplete_details": if status == "incomplete" { json!({ "reason": "max_output_tokens" }) } else { Value::Null },
        "model": answer.heard.model,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "store": false,
        "usage": usage,
    })
}

fn message(answer: &Answer<'_>, status: &str, content: Value) -> Value {
    let id = format!("msg_{:06}", answer.number);
    json!({ "id": id, "type": "message", "status": status, "role": "assistant", "content": content })
}

fn call(answer: &Answer<'_>, place: usize, status: &str) -> Value {
    let call = &answer.turn.calls[place];
    let (id, call_id) = (format!("fc_{:06}{place:02}", answer.number), format!("call_{:06}{place:02}", answer.number));
    match call.input.as_str() {
        Some(text) => json!({
            "id": id, "type": "custom_tool_call", "status": status, "call_id": call_id, "name": call.tool,
            "input": text,
        }),
        None => json!({
            "id": id, "type": "function_call", "status": status, "call_id": call_id, "name": call.tool,
            "arguments": call.input.to_string(),
        }),
    }
}

fn text(answer: &Answer<'_>) -> Value {
    match answer.declined {
        true => json!([{ "type": "refusal", "refusal": "I can't help with that." }]),
        false => json!([{ "type": "output_text", "text": answer.turn.say, "annotations": [] }]),
    }
}

fn outputs(answer: &Answer<'_>) -> Vec<Value> {
    let mut output = Vec::new();
    if !answer.turn.say.is_empty() || answer.declined {
        output.push(message(answer, "completed", text(answer)));
    }
    output.extend((0..answer.turn.calls.len()).map(|place| call(answer, place, "completed")));
    output
}

pub(crate) fn whole(answer: &Answer<'_>) -> Value {
    let usage = if answer.counted { usage(answer) } else { Value::Null };
    response(answer, if answer.cut { "incomplete" } else { "completed" }, outputs(answer), usage)
}

pub(crate) fn stream(answer: &Answer<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let mut tell = |name: &'static str, mut data: Value| {
        data["type"] = name.into();
        data["sequence_number"] = events.len().into();
        events.push(Event::named(name, data));
    };
    let started = response(answer, "in_progress", Vec::new(), Value::Null);
    tell("response.created", json!({ "response": started }));
    tell("response.in_progress", json!({ "response": started }));
    let mut index = 0;
    if !answer.turn.say.is_empty() || answer.declined {
        let item = message(answer, "in_progress", json!([]));
        let id = item["id"].clone();
        tell("response.output_item.added", json!({ "output_index": index, "item": item }));
        let at = |more: Value| {
            let mut data = json!({ "item_id": id, "output_index": index, "content_index": 0 });
            for (name, value) in more.as_object().into_iter().flatten() {
                data[name] = value.clone();
            }
            data
        };
        let empty = json!({ "type": "output_text", "text": "", "annotations": [] });
        tell("response.content_part.added", at(json!({ "part": empty })));
        for piece in pieces(&answer.turn.say) {
            tell("response.output_text.delta", at(json!({ "delta": piece, "logprobs": [] })));
        }
        tell("response.output_text.done", at(json!({ "text": answer.turn.say, "logprobs": [] })));
        tell("response.content_part.done", at(json!({ "part": text(answer)[0] })));
        let item = message(answer, "completed", text(answer));
        tell("response.output_item.done", json!({ "output_index": index, "item": item }));
        index += 1;
    }
    for place in 0..answer.turn.calls.len() {
        let done = call(answer, place, "completed");
        let custom = done["type"] == "custom_tool_call";
        let (field, delta, whole) = match custom {
            true => ("input", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"),
            false => ("arguments", "response.function_call_arguments.delta", "response.function_call_arguments.done"),
        };
        let mut added = call(answer, place, "in_progress");
        added[field] = "".into();
        tell("response.output_item.added", json!({ "output_index": index, "item": added }));
        let id = &done["id"];
        for piece in pieces(done[field].as_str().unwrap_or_default()) {
            tell(delta, json!({ "item_id": id, "output_index": index, "delta": piece }));
        }
        let mut end = json!({ "item_id": id, "output_index": index });
        end[field] = done[field].clone();
        tell(whole, end);
        tell("response.output_item.done", json!({ "output_index": index, "item": done }));
        index += 1;
    }
    let end = if answer.cut { "response.incomplete" } else { "response.completed" };
    tell(end, json!({ "response": self::whole(answer) }));
    events
}

/// The stream's own way to say that nothing more comes.
pub(crate) fn failure() -> Event {
    Event::named(
        "response.failed",
        json!({
            "type": "response.failed",
            "sequence_number": 99,
            "response": {
                "id": "resp_failed",
                "object": "response",
                "status": "failed",
                "error": { "code": "server_is_overloaded", "message": "Our servers are currently overloaded." },
                "output": [],
                "usage": null,
            },
        }),
    )
}
