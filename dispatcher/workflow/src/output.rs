//! Typed outputs, checked against their schema.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// The most faults told of one output.
const MAX_FAULTS: usize = 20;
/// The most memory one compiled pattern may take, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;
/// The longest a fault is told, in characters.
const MAX_WORDS: usize = 300;

/// Whether `value` satisfies `schema`; if not, every way in which it does not, in words an agent can act on.
pub fn check(schema: &Value, value: &Value) -> Result<(), Vec<String>> {
    let validator = compile(schema).map_err(|fault| vec![format!("the schema itself is wrong: {fault}")])?;
    let faults: Vec<String> = validator.iter_errors(value).take(MAX_FAULTS).map(|error| words(&error)).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Reads a schema. It refers to nothing outside itself, and its patterns take time in proportion to what they read.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    if let Some(reference) = outside(schema) {
        return Err(format!("it refers to {reference}, which is outside it"));
    }
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN))
        .build(schema)
        .map_err(|error| words(&error))
}

fn words(error: &jsonschema::ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let place = place.trim_start_matches('/').replace('/', ".");
    let full = error.to_string();
    // A long value hides what is wrong with it.
    let text = if full.chars().count() > MAX_WORDS { error.masked().to_string() } else { full };
    let text = if place.is_empty() { text } else { format!("{place}: {text}") };
    text.chars().take(MAX_WORDS).collect()
}

/// A reference in a schema to something outside it, if there is one.
fn outside(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(map) => {
            let own = ["$ref", "$dynamicRef"]
                .into_iter()
                .filter_map(|key| map.get(key)?.as_str())
                .find(|text| !text.starts_with('#'));
            own.or_else(|| map.values().find_map(outside))
        }
        Value::Array(items) => items.iter().find_map(outside),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
