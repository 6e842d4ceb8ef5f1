//! A team's settings for a plugin, checked against what its manifest says they are.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One setting, as a manifest describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What it is for, for the person who sets it.
    pub about: String,
    /// What it holds.
    pub holds: Holds,
    /// What it holds if nobody sets it. Without one it has to be set.
    pub default: Option<Value>,
}

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// `"words"`.
    Text,
    /// `3`.
    Number,
    /// `true` or `false`.
    Flag,
    /// `["several", "words"]`.
    List,
    /// Anything by name; the plugin itself checks what is inside.
    Table,
}

impl Holds {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_number(),
            Self::Flag => value.is_boolean(),
            Self::List => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            Self::Table => value.is_object(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::List => "a list of texts",
            Self::Table => "a table",
        }
    }
}

/// The settings with their defaults, as the JSON a plugin is given. The same settings give the same bytes.
pub fn fill(schema: &BTreeMap<String, Setting>, given: &Map<String, Value>) -> Result<String, String> {
    for name in given.keys() {
        if !schema.contains_key(name) {
            let known: Vec<_> = schema.keys().map(|it| format!("`{it}`")).collect();
            return Err(match known.is_empty() {
                true => format!("there is no setting `{name}`; this plugin has none"),
                false => format!("there is no setting `{name}`; there are {}", known.join(", ")),
            });
        }
    }
    let mut filled = BTreeMap::new();
    for (name, setting) in schema {
        let value = given.get(name).or(setting.default.as_ref());
        let value = value.ok_or_else(|| format!("the setting `{name}` has to be set: {}", setting.about))?;
        if !setting.holds.fits(value) {
            return Err(format!("the setting `{name}` holds {value}; it should hold {}", setting.holds.words()));
        }
        filled.insert(name, value);
    }
    serde_json::to_string(&filled).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(given: &str) -> Result<String, String> {
        let schema = toml::from_str(
            "rooms = { about = \"Rooms by name.\", holds = \"table\", default = {} }\n\
             depth = { about = \"How deep.\", holds = \"number\" }",
        );
        fill(&schema.unwrap(), &serde_json::from_str(given).unwrap())
    }

    #[test]
    fn what_is_not_set_is_filled_in() {
        assert_eq!(filled(r#"{"depth": 3}"#).unwrap(), r#"{"depth":3,"rooms":{}}"#);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(filled(r#"{"depht": 3}"#).unwrap_err(), "there is no setting `depht`; there are `depth`, `rooms`");
        assert_eq!(filled("{}").unwrap_err(), "the setting `depth` has to be set: How deep.");
        assert_eq!(
            filled(r#"{"depth": "3"}"#).unwrap_err(),
            "the setting `depth` holds \"3\"; it should hold a number"
        );
    }
}
