//! The language as a JSON Schema, for editors.

use serde_json::{Map, Value, json};

use crate::bounds::{MAX_LIST, MAX_NAME};
use crate::keys::{KINDS, Key, PHASE, Table, Takes, WORKFLOW, Words};

/// The JSON Schema of a workflow file. What this version does not support is not in it.
pub fn schema() -> Value {
    let mut schema = record(&WORKFLOW);
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!("Signalbox workflow"));
    }
    schema
}

pub(crate) fn record(table: &Table) -> Value {
    let supported = || table.keys.iter().filter(|key| !matches!(key.takes, Takes::Later(_)));
    let properties: Map<String, Value> = supported().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = supported().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if let Value::Object(map) = &mut schema {
        if !required.is_empty() {
            map.insert("required".into(), json!(required));
        }
        if std::ptr::eq(table, &raw const PHASE) {
            map.insert("oneOf".into(), KINDS.iter().map(|kind| json!({ "required": [kind] })).collect());
        }
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = takes(&key.takes);
    if let Value::Object(map) = &mut schema {
        map.insert("description".into(), json!(key.about));
    }
    schema
}

fn takes(takes: &Takes) -> Value {
    match takes {
        Takes::Text => json!({ "type": "string", "minLength": 1 }),
        Takes::Line(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
        Takes::File(ending) => json!({ "type": "string", "pattern": format!("^[A-Za-z0-9._/-]+\\{ending}$") }),
        Takes::Handoffs => texts(json!({ "type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]*$" })),
        Takes::Hosts => texts(json!({ "type": "string", "pattern": "^[a-z0-9.-]+:[0-9]+$" })),
        Takes::Flag => json!({ "type": "boolean" }),
        Takes::Number(most) => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": most }),
        Takes::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Takes::Money => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Takes::Span => json!({ "type": "string", "pattern": "^[0-9]+[smhd]$" }),
        Takes::Condition => json!({ "type": ["string", "boolean"] }),
        Takes::Choice(words) => choice(*words),
        Takes::Choices(words) => {
            json!({ "type": "array", "minItems": 1, "maxItems": MAX_LIST, "items": choice(*words) })
        }
        Takes::Texts => texts(json!({ "type": "string" })),
        Takes::Record(table) => record(table),
        Takes::Named(table) => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": { "pattern": "^[a-z][a-z0-9_]*$", "maxLength": MAX_NAME },
            "additionalProperties": record(table),
        }),
        Takes::Later(_) => Value::Bool(false),
    }
}

fn choice(words: Words) -> Value {
    json!({ "enum": words.now })
}

fn texts(item: Value) -> Value {
    json!({ "type": "array", "maxItems": MAX_LIST, "uniqueItems": true, "items": item })
}
