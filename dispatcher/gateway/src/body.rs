//! What a call of a model says, read strictly: a body that can be read in two ways is not passed on.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::event::{Class, Why};
use crate::protocol::Protocol;
use crate::reach;
use crate::refusal::Refusal;
use crate::tokens::Keeps;

/// Bytes of a text that are taken for one token, to be on the dear side: real ones have three to four.
const BYTES_PER_TOKEN: u64 = 2;
/// What providers put around a call, in tokens: their template, and what they say about tools.
const AROUND_TOKENS: u64 = 1_000;
/// What one picture is taken for, in tokens.
const PICTURE_TOKENS: u64 = 8_000;
/// Texts longer than this with only the letters of base64 are taken for pictures, in bytes.
const PICTURE_BYTES: usize = 4 << 10;
/// The shortest answer that is worth asking for, in tokens, beside those of its thoughts: agents end their work when one is
/// cut, so that one that is cut early is money for nothing.
const LEAST_TOKENS: u64 = 4_096;

/// What a call says that matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) model: String,
    pub(crate) streamed: bool,
    /// The most tokens of an answer, if it says so.
    pub(crate) most: Option<u64>,
    /// Those below which it makes no sense.
    pub(crate) least: u64,
    /// No fewer tokens than the model reads, but for the strangest texts.
    pub(crate) read: u64,
    /// What it may have kept.
    pub(crate) keeps: Keeps,
}

/// What `bytes` say; or why they are not passed on.
pub(crate) fn read(
    protocol: Protocol,
    class: Class,
    model: Option<&str>,
    streamed: bool,
    bytes: &[u8],
) -> Result<Said, Refusal> {
    let malformed = |words: String| Refusal::new(Why::Malformed, words);
    serde_json::from_slice::<Once>(bytes).map_err(|error| malformed(format!("the body is no plain JSON: {error}")))?;
    let body: Value = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    let model = match model {
        Some(model) => model.to_owned(),
        None => body["model"].as_str().ok_or_else(|| malformed("the body names no model".to_owned()))?.to_owned(),
    };
    if class == Class::Say {
        reach::check(protocol, &body)?;
    }
    let number = |value: &Value| value.as_u64();
    let (most, thoughts) = match protocol {
        Protocol::Messages => (number(&body["max_tokens"]), number(&body["thinking"]["budget_tokens"])),
        Protocol::Responses => (number(&body["max_output_tokens"]), None),
        Protocol::Chat => (number(&body["max_completion_tokens"]).max(number(&body["max_tokens"])), None),
        Protocol::Gemini => {
            let config = &body["generationConfig"];
            (number(&config["maxOutputTokens"]), number(&config["thinkingConfig"]["thinkingBudget"]))
        }
    };
    let (pictures, picture_bytes) = pictures(&body);
    let text = (bytes.len() as u64).saturating_sub(picture_bytes);
    Ok(Said {
        streamed: streamed || body["stream"].as_bool().unwrap_or(false),
        most,
        least: thoughts.unwrap_or(0).saturating_add(LEAST_TOKENS).min(most.unwrap_or(u64::MAX)),
        read: AROUND_TOKENS + text.div_ceil(BYTES_PER_TOKEN) + pictures * PICTURE_TOKENS,
        keeps: match protocol {
            Protocol::Messages => keeps(&body),
            // They keep what they like.
            Protocol::Responses | Protocol::Chat | Protocol::Gemini => Keeps::Short,
        },
        model,
    })
}

/// The body as it is passed on: with an answer of at most `cut` tokens if that is named, and with the usage asked for
/// where that has to be asked for. Everything else is as it came, byte for byte.
pub(crate) fn amended(protocol: Protocol, said: &Said, cut: Option<u64>, bytes: &Bytes) -> Result<Bytes, Refusal> {
    let broken = |error: serde_json::Error| Refusal::new(Why::Malformed, format!("the body is no plain JSON: {error}"));
    let mut fields = Vec::new();
    if cut.is_none() && (protocol != Protocol::Chat || !said.streamed) {
        return Ok(bytes.clone());
    }
    let body: Value = serde_json::from_slice(bytes).map_err(broken)?;
    if let Some(most) = cut {
        match protocol {
            Protocol::Messages => fields.push(("max_tokens", most.to_string())),
            Protocol::Responses => fields.push(("max_output_tokens", most.to_string())),
            Protocol::Chat => {
                // OpenAI renamed it; those who speak as it does know the older name.
                let newer = body.get("max_completion_tokens").is_some() || said.model.starts_with("gpt-");
                let older = body.get("max_tokens").is_some();
                fields.push((if newer && !older { "max_completion_tokens" } else { "max_tokens" }, most.to_string()));
            }
            Protocol::Gemini => {
                let mut config = body["generationConfig"].clone();
                config["maxOutputTokens"] = most.into();
                fields.push(("generationConfig", config.to_string()));
            }
        }
    }
    if protocol == Protocol::Chat && said.streamed && body["stream_options"]["include_usage"] != true {
        let mut options = body["stream_options"].clone();
        options["include_usage"] = true.into();
        fields.push(("stream_options", options.to_string()));
    }
    if fields.is_empty() {
        return Ok(bytes.clone());
    }
    let Fields(mut written) = serde_json::from_slice(bytes).map_err(broken)?;
    for (name, value) in fields {
        let value = RawValue::from_string(value).map_err(broken)?;
        match written.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => written.push((name.to_owned(), value)),
        }
    }
    let fields = written.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), value.get()));
    Ok(Bytes::from(format!("{{{}}}", fields.collect::<Vec<_>>().join(","))))
}

/// What Anthropic is asked to keep, wherever it is said.
fn keeps(value: &Value) -> Keeps {
    let inside = |values: &mut dyn Iterator<Item = &Value>| values.map(keeps).max().unwrap_or(Keeps::Nothing);
    match value {
        Value::Object(fields) => {
            let own = match fields.get("cache_control") {
                None | Some(Value::Null) => Keeps::Nothing,
                Some(control) if control["ttl"].is_null() || control["ttl"] == "5m" => Keeps::Short,
                Some(_) => Keeps::Long,
            };
            own.max(inside(&mut fields.values()))
        }
        Value::Array(all) => inside(&mut all.iter()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Keeps::Nothing,
    }
}

/// How many pictures there are, and the bytes they have.
fn pictures(value: &Value) -> (u64, u64) {
    match value {
        Value::String(text) if text.len() > PICTURE_BYTES => {
            let data = text.rsplit_once("base64,").map_or(text.as_str(), |(_, data)| data);
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
            if data.bytes().all(letters) { (1, text.len() as u64) } else { (0, 0) }
        }
        Value::Array(all) => all.iter().map(pictures).fold((0, 0), add),
        Value::Object(fields) => match fields.get("type").and_then(Value::as_str) {
            // What a tool was called with, and what it answered, is text even if it looks like a picture.
            Some("tool_use" | "function_call" | "custom_tool_call") => (0, 0),
            Some(_) | None => {
                fields.iter().filter(|(name, _)| picture_in(name)).map(|(_, v)| pictures(v)).fold((0, 0), add)
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (0, 0),
    }
}

fn add(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0 + other.0, one.1 + other.1)
}

/// Where pictures are, in the protocols.
fn picture_in(name: &str) -> bool {
    ["messages", "input", "contents", "content", "parts", "source", "data", "image_url", "url", "inlineData", "output"]
        .contains(&name)
}

/// JSON in which no object says a name twice: who reads the first and who reads the last would read two things.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Once)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self, A::Error> {
        while all.next_element::<Once>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("it says {name:?} twice")));
            }
            seen.insert(name);
            fields.next_value::<Once>()?;
        }
        Ok(self)
    }
}

/// The fields of an object in their order, each as it was written.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Fields, A::Error> {
                let mut all = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    all.push(field);
                }
                Ok(Fields(all))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(protocol: Protocol, body: &str) -> Result<Said, Why> {
        read(protocol, Class::Say, None, false, body.as_bytes()).map_err(|refusal| refusal.why)
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for body in [
            r#"{"model":"a","model":"b","max_tokens":1,"messages":[]}"#,
            r#"{"model":"a","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64"},"source":{"type":"url"}}]}]}"#,
            r#"{"model":"a","m\u006fdel":"b"}"#,
            r#"{"model":"a"} {"model":"b"}"#,
            r#"{"model":"#,
            "",
            "[]",
            r#"{"max_tokens":1}"#,
        ] {
            assert_eq!(said(Protocol::Messages, body), Err(Why::Malformed), "{body}");
        }
    }

    #[test]
    fn only_what_has_to_be_changed_is() {
        let body =
            Bytes::from_static(br#"{ "z": 1e400, "model":"m", "max_tokens" : 9000, "a":[1.10 ], "messages": []}"#);
        assert!(said(Protocol::Messages, &String::from_utf8_lossy(&body)).is_err(), "a number nobody can hold");
        let body =
            Bytes::from_static(br#"{ "z": 1.10, "model":"m", "max_tokens" : 9000, "a":[1.10 ], "messages": []}"#);
        let known = said(Protocol::Messages, &String::from_utf8_lossy(&body)).unwrap();
        assert_eq!(amended(Protocol::Messages, &known, None, &body).unwrap(), body);
        let shorter = amended(Protocol::Messages, &known, Some(2_000), &body).unwrap();
        assert_eq!(shorter, r#"{"z":1.10,"model":"m","max_tokens":2000,"a":[1.10 ],"messages":[]}"#);
        let chat =
            Bytes::from_static(br#"{"model":"m","stream":true,"stream_options":{"x":1},"max_completion_tokens":5}"#);
        let known = said(Protocol::Chat, &String::from_utf8_lossy(&chat)).unwrap();
        let counted = amended(Protocol::Chat, &known, Some(4), &chat).unwrap();
        let expected =
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true,"x":1},"max_completion_tokens":4}"#;
        assert_eq!(counted, expected);
        let gemini = Bytes::from_static(br#"{"contents":[],"generationConfig":{"temperature":0}}"#);
        let known = read(Protocol::Gemini, Class::Say, Some("m"), true, &gemini).ok().unwrap();
        let counted = amended(Protocol::Gemini, &known, Some(4), &gemini).unwrap();
        assert_eq!(counted, r#"{"contents":[],"generationConfig":{"maxOutputTokens":4,"temperature":0}}"#);
    }

    #[test]
    fn a_picture_is_not_taken_for_text() {
        let data = "iVBORw0KGgo".repeat(100_000);
        let body = format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":[{{"type":"image","source":{{"type":"base64","data":"{data}"}}}}]}}]}}"#
        );
        let said = said(Protocol::Messages, &body).unwrap();
        assert!(said.read < 10_000, "{said:?}");
        let text = format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"{}"}}]}}"#,
            "word ".repeat(1_000)
        );
        assert!(self::said(Protocol::Messages, &text).unwrap().read >= 2_500);
    }

    #[test]
    fn what_is_kept_is_looked_for_everywhere() {
        let keeps =
            |part: &str| said(Protocol::Messages, &format!(r#"{{"model":"m","max_tokens":9,{part}}}"#)).unwrap().keeps;
        assert_eq!(keeps(r#""messages":[{"content":"cache_control"}]"#), Keeps::Nothing);
        assert_eq!(keeps(r#""system":[{"cache_control":{"type":"ephemeral"}}]"#), Keeps::Short);
        assert_eq!(keeps(r#""messages":[{"content":[{"\u0063ache_control":{"ttl":"1h"}}]}]"#), Keeps::Long);
        assert_eq!(keeps(r#""cache_control":{"ttl":"24h"}"#), Keeps::Long);
    }

    #[test]
    fn an_answer_is_not_cut_below_its_thoughts() {
        let body =
            r#"{"model":"m","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":4000},"messages":[]}"#;
        assert_eq!(said(Protocol::Messages, body).unwrap().least, 8_096);
    }
}
