//! Lines of JSON that may be anything.

use serde_json::Value;

/// The line, if it is an object.
pub(crate) fn object(line: &str) -> Option<Value> {
    serde_json::from_str::<Value>(line).ok().filter(Value::is_object)
}

pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n"),
        Value::Object(part) => part.get("text").or_else(|| part.get("content")).map(text).unwrap_or_default(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// What a tool is called with, as somebody reads it: the one thing that matters first.
pub(crate) fn input(value: &Value) -> String {
    let named = ["command", "cmd", "file_path", "filePath", "path", "pattern", "query", "url", "prompt"];
    let short = named.iter().find_map(|name| value[*name].as_str());
    let whole = value.to_string();
    match (short, value.as_object()) {
        (Some(short), Some(fields)) if fields.len() > 1 => format!("{short}\n{whole}"),
        (Some(short), _) => short.to_owned(),
        (None, _) => whole,
    }
}

/// Millionths of a dollar.
pub(crate) fn micro_usd(value: &Value) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dollars, checked")]
    value.as_f64().filter(|dollars| (0.0..1e6).contains(dollars)).map_or(0, |dollars| (dollars * 1e6).ceil() as u64)
}
