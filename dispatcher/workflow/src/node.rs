//! Values of a file, each at its place.

use crate::problem::Place;

/// A value at its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    /// A number, as written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Map),
}

/// Keys in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    pub(crate) entries: Vec<(Key, Node)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) text: String,
}

impl Value {
    /// The key of that name, if this is a mapping that has it.
    pub(crate) fn key(&self, name: &str) -> Option<&Key> {
        if let Self::Map(map) = self { map.key(name) } else { None }
    }

    /// What it is, for people.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Null => "nothing".into(),
            Self::Flag(flag) => format!("the flag {flag}"),
            Self::Number(text) => format!("the number {text}"),
            Self::Text(text) if text.len() <= 20 && !text.contains(char::is_control) => format!("the text {text}"),
            Self::Text(_) => "text".into(),
            Self::List(_) => "a list".into(),
            Self::Map(_) => "a mapping".into(),
        }
    }
}

/// What a mapping holds, for those who know its shape has been checked: what is not there, or is not of that kind, is
/// nothing.
impl Map {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(written, _)| written.text == key).map(|(_, node)| node)
    }

    pub(crate) fn key(&self, key: &str) -> Option<&Key> {
        self.entries.iter().find(|(written, _)| written.text == key).map(|(key, _)| key)
    }

    pub(crate) fn map(&self, key: &str) -> Option<&Self> {
        match &self.get(key)?.value {
            Value::Map(map) => Some(map),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
        }
    }

    /// Text, or the text of a number.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Null | Value::Flag(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        match &self.get(key)?.value {
            Value::Flag(flag) => Some(*flag),
            Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    pub(crate) fn texts(&self, key: &str) -> Vec<Word<'_>> {
        match self.get(key).map(|node| &node.value) {
            Some(Value::List(items)) => items.iter().filter_map(Word::of).collect(),
            Some(Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Map(_)) | None => Vec::new(),
        }
    }
}

/// A text of a list, at its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) place: Place,
}

impl<'a> Word<'a> {
    fn of(node: &'a Node) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(Self { text, place: node.place }),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => None,
        }
    }
}
