//! Whether a file has the shape of the table: known keys, the right kind of value, nothing left out.

use crate::bounds::{MAX_LIST, MAX_PROBLEMS};
use crate::keys::{Table, Takes, Words};
use crate::measure;
use crate::problem::{Place, Problem, Source, suggest};
use crate::yaml::{Map, Node, Value};

/// Every way in which `node` does not have the shape of `table`.
pub(crate) fn check(source: &Source<'_>, node: &Node, table: &Table) -> Vec<Problem> {
    let mut shape = Shape { source, found: Vec::new() };
    match &node.value {
        Value::Map(map) => shape.record(map, table, node.place, "the file"),
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
            shape.found.push(source.problem(
                node.place,
                format!("the file is {}, not a mapping", node.value.words()),
                "begin with `name: …`",
            ));
        }
    }
    shape.found.truncate(MAX_PROBLEMS);
    shape.found
}

struct Shape<'a> {
    source: &'a Source<'a>,
    found: Vec<Problem>,
}

impl Shape<'_> {
    fn record(&mut self, map: &Map, table: &Table, place: Place, what: &str) {
        for (key, node) in &map.entries {
            match table.key(&key.text) {
                Some(known) => match &known.takes {
                    Takes::Later(instead) => {
                        self.say(key.place, format!("`{}` is not supported yet", key.text), *instead)
                    }
                    takes => self.value(node, takes, &key.text),
                },
                None => {
                    let known: Vec<&str> = table
                        .keys
                        .iter()
                        .filter(|key| !matches!(key.takes, Takes::Later(_)))
                        .map(|key| key.name)
                        .collect();
                    self.say(key.place, format!("unknown key `{}` in {what}", key.text), suggest(&key.text, &known));
                }
            }
        }
        for key in table.keys.iter().filter(|key| key.required) {
            if !map.entries.iter().any(|(written, _)| written.text == key.name) {
                self.say(place, format!("{what} has no `{}`", key.name), format!("add it: {}", key.about));
            }
        }
    }

    fn value(&mut self, node: &Node, takes: &Takes, key: &str) {
        match takes {
            Takes::Text => {
                if self.text(node, key).is_some_and(|text| text.trim().is_empty()) {
                    self.say(node.place, format!("`{key}` is empty"), "write something, or remove the key");
                }
            }
            Takes::Flag => {
                if !matches!(node.value, Value::Flag(_)) {
                    self.say(
                        node.place,
                        format!("`{key}` must be true or false, and this is {}", node.value.words()),
                        "write true or false, without quotes",
                    );
                }
            }
            Takes::Count(least, most) => {
                let count = if let Value::Number(text) = &node.value { text.parse::<u64>().ok() } else { None };
                if !count.is_some_and(|count| (*least..=*most).contains(&count)) {
                    let range = if least == most {
                        format!("{least}")
                    } else {
                        format!("a whole number from {least} to {most}")
                    };
                    self.say(node.place, format!("`{key}` must be {range}"), format!("write {range}"));
                }
            }
            Takes::Money => match &node.value {
                Value::Number(text) => self.measure(node, key, "is not an amount", measure::money(text).err()),
                other => self.say(
                    node.place,
                    format!("`{key}` must be a number of dollars, and this is {}", other.words()),
                    "write it as 8 or 0.50",
                ),
            },
            Takes::Span => match &node.value {
                Value::Number(text) | Value::Text(text) => {
                    self.measure(node, key, "is not a length of time", measure::span(text).err())
                }
                other => self.say(
                    node.place,
                    format!("`{key}` must be a length of time, and this is {}", other.words()),
                    "write it as 30s, 90m or 24h",
                ),
            },
            Takes::Condition => {
                if !matches!(node.value, Value::Flag(_)) {
                    self.text(node, key);
                }
            }
            Takes::Choice(words) => {
                if let Some(text) = self.text(node, key) {
                    self.word(node, text, key, *words);
                }
            }
            Takes::Choices(words) => {
                for item in self.list(node, key, true) {
                    if let Some(text) = self.text(item, key) {
                        self.word(item, text, key, *words);
                    }
                }
            }
            Takes::Texts => {
                let items = self.list(node, key, false);
                for (place, item) in items.iter().enumerate() {
                    let Some(text) = self.text(item, key) else { continue };
                    if items[..place].iter().any(|earlier| matches!(&earlier.value, Value::Text(same) if same == text))
                    {
                        self.say(item.place, format!("`{text}` stands twice in `{key}`"), "keep one of them");
                    }
                }
            }
            Takes::Record(table) => match &node.value {
                Value::Map(map) => self.record(map, table, node.place, &format!("`{key}`")),
                other => self.say(
                    node.place,
                    format!("`{key}` must be a mapping, and this is {}", other.words()),
                    format!("it may hold {}", names(table)),
                ),
            },
            Takes::Named(table) => self.named(node, table, key),
            Takes::Later(_) => {}
        }
    }

    fn named(&mut self, node: &Node, table: &Table, key: &str) {
        let Value::Map(map) = &node.value else {
            return self.say(
                node.place,
                format!("`{key}` must be a mapping of names, and this is {}", node.value.words()),
                "write a name, a colon, and what it is",
            );
        };
        if map.entries.is_empty() {
            self.say(node.place, format!("`{key}` is empty"), "write at least one");
        }
        for (name, node) in &map.entries {
            if let Err(help) = measure::name(&name.text) {
                self.say(name.place, format!("`{}` cannot be a name", name.text), help);
            }
            match &node.value {
                Value::Map(map) => self.record(map, table, name.place, &format!("`{}`", name.text)),
                other => self.say(
                    node.place,
                    format!("`{}` must be a mapping, and this is {}", name.text, other.words()),
                    format!("it may hold {}", names(table)),
                ),
            }
        }
    }

    fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => return Some(text),
            Value::Flag(_) | Value::Number(_) => {
                let message = format!("`{key}` must be text, and this is read as {}", node.value.words());
                self.say(node.place, message, "put it in quotes if you mean the text");
            }
            Value::Null | Value::List(_) | Value::Map(_) => {
                self.say(
                    node.place,
                    format!("`{key}` must be text, and this is {}", node.value.words()),
                    "write one text here",
                );
            }
        }
        None
    }

    fn list<'n>(&mut self, node: &'n Node, key: &str, some: bool) -> &'n [Node] {
        match &node.value {
            Value::List(items) if some && items.is_empty() => {
                self.say(node.place, format!("`{key}` is an empty list"), "name at least one, or remove the key")
            }
            Value::List(items) if items.len() > MAX_LIST => {
                self.say(node.place, format!("`{key}` has more than {MAX_LIST} entries"), "name fewer")
            }
            Value::List(items) => return items,
            Value::Text(text) => self.say(node.place, format!("`{key}` must be a list"), format!("write [{text}]")),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Map(_) => {
                self.say(
                    node.place,
                    format!("`{key}` must be a list, and this is {}", node.value.words()),
                    "write it as [one, two]",
                );
            }
        }
        &[]
    }

    fn word(&mut self, node: &Node, text: &str, key: &str, words: Words) {
        if words.later.contains(&text) {
            self.say(
                node.place,
                format!("`{key}: {text}` is not supported yet"),
                format!("write {}", words.now.join(" or ")),
            );
        } else if !words.now.contains(&text) {
            self.say(node.place, format!("`{key}` cannot be `{text}`"), suggest(text, words.now));
        }
    }

    fn measure(&mut self, node: &Node, key: &str, wrong: &str, fault: Option<String>) {
        if let Some(help) = fault {
            self.say(node.place, format!("`{key}` {wrong}"), help);
        }
    }

    fn say(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(self.source.problem(place, message, help));
    }
}

fn names(table: &Table) -> String {
    let known: Vec<&str> =
        table.keys.iter().filter(|key| !matches!(key.takes, Takes::Later(_))).map(|key| key.name).collect();
    known.join(", ")
}
