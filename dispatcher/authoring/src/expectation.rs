//! `cases/`: events and what a plugin should say, read so that they can be written again as they were.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::trying::Question;

/// The event that every case starts from.
const BASE: &str = "event.json";
/// What a case may hold.
const KEYS: [&str; 5] = ["event", "config", "route", "world", "expect"];

/// A file of cases.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) cases: Vec<(String, Parts)>,
}

/// The parts of a case, as they are written.
pub(crate) type Parts = Ordered<Box<RawValue>>;

/// An object in the order it was written in.
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

/// The files of cases in a folder, by name.
pub(crate) fn files(folder: &Path) -> Result<Vec<File>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::files("read", folder))?;
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == "json") && !path.ends_with(BASE))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| Ok(File { cases: read::<Ordered<Parts>>(&path)?.0, path })).collect()
}

/// The event that every case starts from.
pub(crate) fn base(folder: &Path) -> Result<Value, Error> {
    read(&folder.join(BASE))
}

impl File {
    /// What a case calls the plugin with, and what it expects.
    pub(crate) fn question(&self, name: &str, parts: &Parts, base: &Value) -> Result<(Question, Value), Error> {
        let wrong = |problem: String| Error::wrong(format!("{}: case \"{name}\" {problem}", self.path.display()));
        let mut values = BTreeMap::new();
        for (key, raw) in &parts.0 {
            if !KEYS.contains(&key.as_str()) {
                return Err(wrong(format!("has a `{key}`; a case has {}", KEYS.join(", "))));
            }
            let value: Value = serde_json::from_str(raw.get()).map_err(|error| wrong(error.to_string()))?;
            values.insert(key.as_str(), value);
        }
        let mut take = |key: &str| values.remove(key);
        let mut event = base.clone();
        merge(&mut event, take("event").ok_or_else(|| wrong("has no `event`; write {} for the usual one".into()))?);
        let settings = match take("config") {
            None => Map::new(),
            Some(Value::Object(settings)) => settings,
            Some(_) => return Err(wrong("has a `config` that is no object".into())),
        };
        let world = match take("world") {
            None => Vec::new(),
            Some(Value::Array(world)) => world,
            Some(_) => return Err(wrong("has a `world` that is no list".into())),
        };
        let route = take("route").unwrap_or(Value::Null);
        Ok((Question { event, settings, route, world }, take("expect").unwrap_or(Value::Null)))
    }

    /// Writes the file again, with other expectations where there are any. Everything else stays as it was written.
    pub(crate) fn update(&self, expect: &BTreeMap<String, Value>) -> Result<(), Error> {
        let mut text = String::from("{\n");
        for (place, (name, parts)) in self.cases.iter().enumerate() {
            let mut lines: Vec<String> = Vec::new();
            let mut parts: Vec<(&str, &str)> = parts.0.iter().map(|(key, raw)| (key.as_str(), raw.get())).collect();
            let fresh = expect.get(name).map(|value| pretty(value, 4));
            if let Some(fresh) = &fresh {
                match parts.iter_mut().find(|(key, _)| *key == "expect") {
                    Some(part) => part.1 = fresh,
                    None => parts.push(("expect", fresh)),
                }
            }
            lines.extend(parts.iter().map(|(key, raw)| format!("    \"{key}\": {raw}")));
            let comma = if place + 1 == self.cases.len() { "" } else { "," };
            text.push_str(&format!("  {}: {{\n{}\n  }}{comma}\n", json!(name), lines.join(",\n")));
        }
        text.push_str("}\n");
        fs::write(&self.path, text).map_err(Error::files("write", &self.path))
    }
}

/// A value over several lines, each as long as is pleasant to read, from a line that is indented so far.
fn pretty(value: &Value, indent: usize) -> String {
    let short = line(value);
    if indent + short.chars().count() <= 100 {
        return short;
    }
    let (open, close, parts): (_, _, Vec<String>) = match value {
        Value::Array(all) => ('[', ']', all.iter().map(|it| pretty(it, indent + 2)).collect()),
        Value::Object(all) => {
            ('{', '}', all.iter().map(|(key, it)| format!("{}: {}", json!(key), pretty(it, indent + 2))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return short,
    };
    let deep = " ".repeat(indent + 2);
    let parts: Vec<_> = parts.into_iter().map(|part| format!("{deep}{part}")).collect();
    format!("{open}\n{}\n{}{close}", parts.join(",\n"), " ".repeat(indent))
}

fn line(value: &Value) -> String {
    match value {
        Value::Array(all) => format!("[{}]", all.iter().map(line).collect::<Vec<_>>().join(", ")),
        Value::Object(all) if all.is_empty() => "{}".into(),
        Value::Object(all) => {
            let parts: Vec<_> = all.iter().map(|(key, it)| format!("{}: {}", json!(key), line(it))).collect();
            format!("{{ {} }}", parts.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = fs::read_to_string(path).map_err(Error::files("read", path))?;
    serde_json::from_str(&text).map_err(|error| Error::wrong(format!("{}: {error}", path.display())))
}

/// Objects are merged, everything else is replaced.
fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, change) in change {
                merge(into.entry(key).or_insert(Value::Null), change);
            }
        }
        (into, change) => *into = change,
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Ordered(all))
            }
        }
        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}
