//! Finding what a person presses or fills in by what they see, and what it is worth when they did.

use serde_json::{Value, json};

use crate::plain;

/// A thing to press or fill in, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) block_id: String,
    pub(super) element: Value,
    /// The label of the input it is in.
    pub(super) label: String,
    /// Whether it is in an input block, and may be left out there.
    pub(super) input: Option<bool>,
}

impl Found {
    pub(super) fn kind(&self) -> &str {
        self.element["type"].as_str().unwrap_or_default()
    }

    pub(super) fn action_id(&self) -> &str {
        self.element["action_id"].as_str().unwrap_or_default()
    }

    /// Whether a person would call it so: by its label, its text, its placeholder; or a story, by its ids.
    fn is_called(&self, name: &str) -> bool {
        let texts = [&self.element["text"]["text"], &self.element["placeholder"]["text"], &self.element["action_id"]];
        self.label == name || self.block_id == name || texts.into_iter().any(|text| text == name)
    }

    /// The option that is called `value`: by what is read or what it is worth.
    pub(super) fn option(&self, value: &str) -> Option<Value> {
        let groups = self.element["option_groups"].as_array().into_iter().flatten();
        let grouped = groups.flat_map(|group| group["options"].as_array().into_iter().flatten());
        let mut all = self.element["options"].as_array().into_iter().flatten().chain(grouped);
        all.find(|option| option["value"] == value || option["text"]["text"] == value).cloned()
    }

    /// What it is worth with `value` filled in, as in `actions` and in a view's state. The error says what there is.
    pub(super) fn filled(&self, value: &str) -> Result<Value, String> {
        let one = || {
            if self.kind().contains("external") {
                // What was searched for is not known here; its text is its value unless it is given whole.
                let whole = serde_json::from_str::<Value>(value).ok().filter(Value::is_object);
                return Ok(whole.unwrap_or_else(
                    || json!({ "text": { "type": "plain_text", "text": value, "emoji": true }, "value": value }),
                ));
            }
            self.option(value).ok_or_else(|| format!("`{}` has no option `{value}`", self.label))
        };
        let mut filled = json!({ "type": self.kind() });
        match self.kind() {
            "static_select" | "external_select" | "overflow" | "radio_buttons" => filled["selected_option"] = one()?,
            "multi_static_select" | "checkboxes" => {
                let options = value.split(',').map(str::trim).filter(|value| !value.is_empty());
                let chosen: Option<Vec<Value>> = options.map(|value| self.option(value)).collect();
                filled["selected_options"] =
                    json!(chosen.ok_or_else(|| format!("`{}` has not all options of `{value}`", self.label))?);
            }
            "multi_external_select" => filled["selected_options"] = json!([one()?]),
            "users_select" => filled["selected_user"] = json!(value),
            "channels_select" => filled["selected_channel"] = json!(value),
            "conversations_select" => filled["selected_conversation"] = json!(value),
            "multi_users_select" => filled["selected_users"] = json!([value]),
            "multi_channels_select" => filled["selected_channels"] = json!([value]),
            "multi_conversations_select" => filled["selected_conversations"] = json!([value]),
            "datepicker" => filled["selected_date"] = json!(value),
            "timepicker" => filled["selected_time"] = json!(value),
            "datetimepicker" => filled["selected_date_time"] = json!(value.parse::<u64>().unwrap_or_default()),
            _ => filled["value"] = json!(value),
        }
        Ok(filled)
    }

    /// What it is worth untouched.
    pub(super) fn untouched(&self) -> Value {
        let mut filled = json!({ "type": self.kind() });
        for (initial, field) in [
            ("initial_option", "selected_option"),
            ("initial_options", "selected_options"),
            ("initial_user", "selected_user"),
            ("initial_channel", "selected_channel"),
            ("initial_conversation", "selected_conversation"),
            ("initial_date", "selected_date"),
            ("initial_time", "selected_time"),
            ("initial_value", "value"),
        ] {
            if !self.element[initial].is_null() {
                filled[field] = self.element[initial].clone();
            }
        }
        if filled.as_object().is_some_and(|fields| fields.len() == 1) {
            let kind = self.kind();
            let empty = if kind.starts_with("multi_") || kind == "checkboxes" {
                ("selected_options", json!([]))
            } else if kind.ends_with("select") || kind == "radio_buttons" {
                ("selected_option", Value::Null)
            } else {
                ("value", Value::Null)
            };
            filled[empty.0] = empty.1;
        }
        filled
    }
}

/// Everything to press or fill in.
pub(super) fn all(blocks: &[Value]) -> Vec<Found> {
    let mut found = Vec::new();
    for block in blocks {
        let children = block["blocks"].as_array().map_or(&[][..], Vec::as_slice);
        found.extend(all(children));
        let mut bare = block.clone();
        bare["blocks"] = Value::Null;
        for element in plain::elements(&bare) {
            found.push(Found {
                block_id: block["block_id"].as_str().unwrap_or_default().to_owned(),
                element: element.clone(),
                label: block["label"]["text"].as_str().unwrap_or_default().to_owned(),
                input: (block["type"] == "input").then(|| block["optional"] == true),
            });
        }
    }
    found.retain(|found| found.kind() != "image");
    found
}

/// What a person calls `name`; the error lists what there is.
pub(super) fn find(blocks: &[Value], name: &str) -> Result<Found, String> {
    let all = all(blocks);
    all.iter().find(|found| found.is_called(name)).cloned().ok_or_else(|| {
        let there: Vec<String> = plain::labels(blocks).into_iter().map(|label| format!("`{label}`")).collect();
        format!("there is no `{name}` to press; there is {}", there.join(", "))
    })
}
