//! Gemini's `generateContent`.

use serde_json::{Value, json};

use crate::protocol::{Answer, Event, Heard, list, pieces};

pub(crate) fn hear(path: &str, body: &Value) -> Result<Heard, String> {
    let called = path.rsplit('/').next().unwrap_or_default();
    let (model, action) = called.split_once(':').unwrap_or((called, ""));
    let mut heard = Heard {
        model: model.to_owned(),
        streamed: action == "streamGenerateContent",
        counted: true,
        most: body["generationConfig"]["maxOutputTokens"].as_u64(),
        ..Heard::default()
    };
    for tools in body["tools"].as_array().into_iter().flatten() {
        let declared = tools["functionDeclarations"].as_array().into_iter().flatten();
        heard.tools.extend(declared.filter_map(|tool| tool["name"].as_str()).map(str::to_owned));
    }
    for content in list(body, "contents")? {
        let parts = content["parts"].as_array().into_iter().flatten();
        if content["role"] == "model" {
            heard.turns += 1;
            heard.results.clear();
            continue;
        }
        for part in parts {
            if let Some(text) = part["text"].as_str() {
                heard.said.push(text.to_owned());
            }
            if part["functionResponse"].is_object() {
                heard.results.push_str(&part["functionResponse"]["response"].to_string());
            }
        }
    }
    Ok(heard)
}

fn usage(answer: &Answer<'_>) -> Value {
    let tokens = answer.turn.tokens;
    json!({
        "promptTokenCount": tokens.read(),
        "cachedContentTokenCount": tokens.cached,
        "candidatesTokenCount": tokens.output.saturating_sub(tokens.thought),
        "thoughtsTokenCount": tokens.thought,
        "totalTokenCount": tokens.read() + tokens.output,
    })
}

fn frame(answer: &Answer<'_>, parts: Value, end: bool) -> Value {
    let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
    if end {
        let reason = match answer {
            _ if answer.declined => "SAFETY",
            _ if answer.cut => "MAX_TOKENS",
            _ => "STOP",
        };
        candidate["finishReason"] = reason.into();
    }
    let mut frame = json!({
        "candidates": [candidate],
        "modelVersion": answer.heard.model,
        "responseId": format!("response-{:06}", answer.number),
    });
    if answer.counted && end {
        frame["usageMetadata"] = usage(answer);
    }
    frame
}

fn calls(answer: &Answer<'_>) -> impl Iterator<Item = Value> {
    answer.turn.calls.iter().map(|call| json!({ "functionCall": { "name": call.tool, "args": call.input } }))
}

pub(crate) fn whole(answer: &Answer<'_>) -> Value {
    let mut parts = Vec::new();
    if !answer.turn.say.is_empty() {
        parts.push(json!({ "text": answer.turn.say }));
    }
    parts.extend(calls(answer));
    frame(answer, parts.into(), true)
}

pub(crate) fn stream(answer: &Answer<'_>) -> Vec<Event> {
    let said = pieces(&answer.turn.say).into_iter();
    let mut events: Vec<Event> =
        said.map(|text| Event::plain(frame(answer, json!([{ "text": text }]), false))).collect();
    let rest: Vec<Value> = calls(answer).collect();
    let rest = if rest.is_empty() { json!([{ "text": "" }]) } else { rest.into() };
    events.push(Event::plain(frame(answer, rest, true)));
    events
}
