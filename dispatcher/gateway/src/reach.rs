//! What would have the provider reach out in the agent's place: fetch an address, search, run code, call a server.
//!
//! The box has no way out but this one, and this one must not be a way around itself: a picture "by its address" is a
//! request to that address with whatever its query says.

use serde_json::Value;

use crate::event::Why;
use crate::protocol::Protocol;
use crate::refusal::Refusal;

/// Kinds of tools whose work is done by who asks, by the beginning of their names.
const CLIENT_TOOLS: [&str; 13] = [
    "custom",
    "function",
    "bash_",
    "text_editor_",
    "computer_",
    "memory_",
    "tool_search_",
    "tool_search",
    "local_shell",
    "shell",
    "apply_patch",
    "namespace",
    "grammar",
];

/// Fields with which a call is priced otherwise, or is not over when it is answered, or reads what is not in it; and
/// what each may be.
const PLAIN: [(&str, &[&str]); 10] = [
    ("service_tier", &["auto", "default", "flex", "standard_only"]),
    ("speed", &["standard"]),
    ("inference_geo", &["global"]),
    ("background", &[]),
    ("previous_response_id", &[]),
    ("conversation", &[]),
    ("prompt", &[]),
    ("container", &[]),
    ("mcp_servers", &[]),
    ("cachedContent", &[]),
];

/// Refuses a call that would do more than let a model answer what is in it.
pub(crate) fn check(protocol: Protocol, body: &Value) -> Result<(), Refusal> {
    for (name, allowed) in PLAIN {
        let value = &body[name];
        let nothing = value.is_null() || *value == false || value.as_array().is_some_and(Vec::is_empty);
        if !nothing && !value.as_str().is_some_and(|value| allowed.contains(&value)) {
            return Err(reaches(&format!("the field `{name}`")));
        }
    }
    if body["n"].as_u64().is_some_and(|n| n > 1) || body["generationConfig"]["candidateCount"].as_u64() > Some(1) {
        return Err(Refusal::new(Why::Reach, "a call asks for one answer, not for several at once"));
    }
    tools(&body["tools"])?;
    match protocol {
        Protocol::Messages => each(&body["messages"], |message| parts(&message["content"])),
        Protocol::Chat => each(&body["messages"], |message| parts(&message["content"])),
        Protocol::Responses => each(&body["input"], |item| {
            tools(&item["tools"])?;
            parts(&item["content"])?;
            parts(&item["output"])
        }),
        Protocol::Gemini => each(&body["contents"], |content| parts(&content["parts"])),
    }
}

fn each(all: &Value, check: impl Fn(&Value) -> Result<(), Refusal>) -> Result<(), Refusal> {
    all.as_array().into_iter().flatten().try_for_each(check)
}

fn tools(all: &Value) -> Result<(), Refusal> {
    each(all, |tool| {
        if let Some(kind) = tool["type"].as_str() {
            let ours = CLIENT_TOOLS.iter().any(|known| match known.strip_suffix('_') {
                Some(_) => kind.starts_with(known),
                None => kind == *known,
            });
            if !ours {
                return Err(reaches(&format!("the provider's own tool `{kind}`")));
            }
        } else if let Some(fields) = tool.as_object()
            && !fields.contains_key("name")
            && let Some(field) =
                fields.keys().find(|field| !["functionDeclarations", "function_declarations"].contains(&field.as_str()))
        {
            return Err(reaches(&format!("the provider's own tool `{field}`")));
        }
        tools(&tool["tools"])
    })
}

fn parts(all: &Value) -> Result<(), Refusal> {
    each(all, |part| {
        let kind = part["type"].as_str().unwrap_or_default();
        // What a tool was called with is the agent's own business.
        if ["tool_use", "function_call"].contains(&kind) {
            return Ok(());
        }
        let source = part["source"]["type"].as_str();
        if ["image", "document", "video", "audio"].contains(&kind)
            && source.is_some_and(|source| !["base64", "text", "content"].contains(&source))
        {
            return Err(reaches(&format!("a {kind} that is not in the call")));
        }
        let address = part["image_url"]["url"].as_str().or_else(|| part["image_url"].as_str());
        if address.is_some_and(|address| !address.starts_with("data:")) {
            return Err(reaches("a picture that is not in the call"));
        }
        let file = ["file_url", "file_id", "fileData", "file_data_url"].iter().find(|name| !part[**name].is_null());
        if file.is_some() || !part["file"]["file_id"].is_null() {
            return Err(reaches("a file that is not in the call"));
        }
        parts(&part["content"])
    })
}

fn reaches(what: &str) -> Refusal {
    Refusal::new(
        Why::Reach,
        format!("{what} is not granted: with it the provider would reach out in this box's place, or bill otherwise"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_reaches_the_model_and_nothing_behind_it() {
        let user = |part: Value| json!([{ "role": "user", "content": [part] }]);
        let cases = [
            (Protocol::Messages, json!({ "mcp_servers": [{ "type": "url", "url": "https://x" }] })),
            (Protocol::Messages, json!({ "tools": [{ "type": "web_search_20250305", "name": "web_search" }] })),
            (Protocol::Messages, json!({ "tools": [{ "type": "web_fetch_20250910", "name": "web_fetch" }] })),
            (Protocol::Messages, json!({ "tools": [{ "type": "code_execution_20250825", "name": "code_execution" }] })),
            (
                Protocol::Messages,
                json!({ "messages": user(json!({ "type": "image", "source": { "type": "url", "url": "https://x" } })) }),
            ),
            (
                Protocol::Messages,
                json!({ "messages": user(json!({ "type": "document", "source": { "type": "file", "file_id": "f" } })) }),
            ),
            (
                Protocol::Messages,
                json!({ "messages": user(json!({ "type": "tool_result", "content": [{ "type": "image", "source": { "type": "url", "url": "https://x" } }] })) }),
            ),
            (Protocol::Messages, json!({ "speed": "fast" })),
            (Protocol::Responses, json!({ "tools": [{ "type": "web_search" }] })),
            (Protocol::Responses, json!({ "tools": [{ "type": "mcp", "server_url": "https://x" }] })),
            (
                Protocol::Responses,
                json!({ "input": [{ "role": "developer", "tools": [{ "type": "namespace", "tools": [{ "type": "code_interpreter" }] }] }] }),
            ),
            (Protocol::Responses, json!({ "input": user(json!({ "type": "input_image", "image_url": "https://x" })) })),
            (Protocol::Responses, json!({ "input": user(json!({ "type": "input_file", "file_url": "https://x" })) })),
            (
                Protocol::Responses,
                json!({ "input": [{ "type": "function_call_output", "output": [{ "type": "input_image", "image_url": "https://x" }] }] }),
            ),
            (Protocol::Responses, json!({ "background": true })),
            (Protocol::Responses, json!({ "previous_response_id": "resp_1" })),
            (Protocol::Responses, json!({ "service_tier": "priority" })),
            (
                Protocol::Chat,
                json!({ "messages": user(json!({ "type": "image_url", "image_url": { "url": "https://x" } })) }),
            ),
            (Protocol::Chat, json!({ "n": 3 })),
            (Protocol::Gemini, json!({ "tools": [{ "googleSearch": {} }] })),
            (Protocol::Gemini, json!({ "tools": [{ "functionDeclarations": [], "urlContext": {} }] })),
            (Protocol::Gemini, json!({ "contents": [{ "parts": [{ "fileData": { "fileUri": "https://x" } }] }] })),
            (Protocol::Gemini, json!({ "cachedContent": "cachedContents/1" })),
        ];
        for (protocol, body) in cases {
            assert_eq!(check(protocol, &body).map_err(|refusal| refusal.why), Err(Why::Reach), "{body}");
        }
    }

    #[test]
    fn what_agents_send_is_passed() {
        let cases = [
            (
                Protocol::Messages,
                json!({ "tools": [{ "name": "Bash", "input_schema": {} }, { "type": "bash_20250124", "name": "bash" }], "mcp_servers": [] }),
            ),
            // What a tool was called with may look like anything.
            (
                Protocol::Messages,
                json!({ "messages": [{ "role": "assistant", "content": [{ "type": "tool_use", "input": { "tools": [{ "type": "web_search" }], "image_url": "https://x", "content": [{ "type": "image", "source": { "type": "url" } }] } }] }] }),
            ),
            (
                Protocol::Messages,
                json!({ "service_tier": "auto", "messages": [{ "role": "user", "content": "see https://x" }] }),
            ),
            (
                Protocol::Responses,
                json!({ "previous_response_id": null, "store": false, "tools": [{ "type": "function", "name": "a" }, { "type": "custom", "name": "apply_patch" }] }),
            ),
            (
                Protocol::Responses,
                json!({ "input": [{ "role": "developer", "tools": [{ "type": "namespace", "name": "functions", "tools": [{ "type": "function", "name": "exec" }] }] }] }),
            ),
            (
                Protocol::Responses,
                json!({ "input": [{ "role": "user", "content": [{ "type": "input_image", "image_url": "data:image/png;base64,AA" }] }] }),
            ),
            (Protocol::Gemini, json!({ "tools": [{ "functionDeclarations": [{ "name": "read_file" }] }] })),
        ];
        for (protocol, body) in cases {
            assert!(check(protocol, &body).is_ok(), "{body}");
        }
    }
}
