//! Arguments of a call, from wherever Slack takes them: the query, a form, or JSON.

use serde_json::{Map, Value, json};

use crate::api::{Fail, fail};
use crate::ids::{ChannelId, Ts, UserId};

/// Arguments that are JSON, also where they come as text in a form or query.
const JSON: [&str; 7] = ["attachments", "blocks", "chunks", "files", "metadata", "prompts", "view"];

/// The arguments of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Args(Map<String, Value>);

/// Reads the arguments of a call.
pub(crate) fn parse(query: Option<&str>, content_type: &str, body: &str) -> Result<Args, Fail> {
    let mut args = Map::new();
    if let Some(query) = query {
        add_form(&mut args, query);
    }
    if content_type.starts_with("application/json") {
        let read = if body.trim().is_empty() { Ok(json!({})) } else { serde_json::from_str::<Value>(body) };
        let read = read.map_err(|_| fail("invalid_json"))?;
        let fields = read.as_object().ok_or_else(|| fail("json_not_object"))?;
        for (name, value) in fields {
            args.insert(name.clone(), value.clone());
        }
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        add_form(&mut args, body);
    } else if !body.is_empty() {
        return Err(fail("invalid_post_type"));
    }
    // What is nothing was not given.
    args.retain(|_, value| !value.is_null());
    Ok(Args(args))
}

fn add_form(args: &mut Map<String, Value>, form: &str) {
    for (name, value) in url::form_urlencoded::parse(form.as_bytes()) {
        let read = JSON.contains(&name.as_ref()).then(|| serde_json::from_str(&value).ok()).flatten();
        args.insert(name.into_owned(), read.unwrap_or_else(|| Value::String(value.into_owned())));
    }
}

impl Args {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn value(&self) -> Value {
        let mut fields = self.0.clone();
        fields.remove("token");
        Value::Object(fields)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(super) fn need(&self, name: &str) -> Result<&str, Fail> {
        self.text(name)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Fail::because("invalid_arguments", vec![format!("missing required field: {name}")]))
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let value = self.0.get(name)?;
        value.as_bool().or_else(|| value.as_str().map(|text| matches!(text, "true" | "1")))
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let value = self.0.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    pub(super) fn list(&self, name: &str) -> Option<Vec<Value>> {
        self.0.get(name)?.as_array().cloned()
    }

    /// A list of words: JSON, or text with commas.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let Some(value) = self.0.get(name) else { return Vec::new() };
        match value.as_array() {
            Some(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            None => {
                let words = value.as_str().unwrap_or_default().split(',').map(str::trim);
                words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
            }
        }
    }

    pub(super) fn channel(&self, name: &str) -> Result<ChannelId, Fail> {
        self.text(name).filter(|id| !id.is_empty()).map(ChannelId::from).ok_or_else(|| fail("channel_not_found"))
    }

    pub(super) fn user(&self, name: &str) -> Result<UserId, Fail> {
        self.text(name).map(UserId::from).ok_or_else(|| fail("user_not_found"))
    }

    pub(super) fn ts(&self, name: &str) -> Option<Ts> {
        self.text(name).map(Ts::from)
    }
}
