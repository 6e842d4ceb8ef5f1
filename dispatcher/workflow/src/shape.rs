//! Whether a file has the shape of the table: known keys, the right kind of value, nothing left out.

use crate::bounds::{MAX_LIST, MAX_PROBLEMS};
use crate::keys::{Table, Takes, Words};
use crate::measure;
use crate::node::{Map, Node, Value};
use crate::problem::{Place, Problem, Source, suggest};

/// Every way in which `node` does not have the shape of `table`.
pub(crate) fn check(source: &Source<'_>, node: &Node, table: &Table) -> Vec<Problem> {
    let mut shape = Shape { source, found: Vec::new() };
    if let Value::Map(map) = &node.value {
        shape.record(map, table, node.place, "the file");
    } else {
        shape.wrong(node, "the file", "a mapping", "begin with `name: …`");
    }
    shape.found
}

struct Shape<'a> {
    source: &'a Source<'a>,
    found: Vec<Problem>,
}

impl Shape<'_> {
    fn record(&mut self, map: &Map, table: &Table, place: Place, what: &str) {
        for (key, node) in &map.entries {
            if self.found.len() >= MAX_PROBLEMS {
                return;
            }
            let Some(known) = table.key(&key.text) else {
                let help = suggest(&key.text, &table.supported());
                self.say(key.place, format!("unknown key `{}` in {what}", key.text), help);
                continue;
            };
            if let Takes::Later(instead) = &known.takes {
                self.say(key.place, format!("`{}` is not supported yet", key.text), *instead);
            } else {
                self.value(node, &known.takes, &format!("`{}`", key.text));
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
                    self.say(node.place, format!("{key} is empty"), "write something, or remove the key");
                }
            }
            Takes::Line(most) => {
                let Some(text) = self.text(node, key) else { return };
                let text = text.trim();
                if text.is_empty() || text.contains(['\n', '\r']) || text.chars().count() > *most {
                    self.say(
                        node.place,
                        format!("{key} is not one line of at most {most} characters"),
                        "write it shorter, or say something",
                    );
                }
            }
            Takes::File(ending) => {
                if let Some(text) = self.text(node, key) {
                    self.named_well(node, text, &format!("a file that {key} may name"), measure::path(text, ending));
                }
            }
            Takes::Handoffs => {
                for (item, text) in self.texts(node, key) {
                    self.named_well(item, text, "a handoff's name", measure::handoff(text));
                }
            }
            Takes::Hosts => {
                for (item, text) in self.texts(node, key) {
                    self.named_well(item, text, "a host and a port", measure::host(text));
                }
            }
            Takes::Flag => {
                if !matches!(node.value, Value::Flag(_)) {
                    self.wrong(node, key, "true or false", "write true or false, without quotes");
                }
            }
            Takes::Count(least, most) => {
                let count = if let Value::Number(text) = &node.value { text.parse::<u64>().ok() } else { None };
                if !count.is_some_and(|count| (*least..=*most).contains(&count)) {
                    let range = if least == most {
                        least.to_string()
                    } else {
                        format!("a whole number from {least} to {most}")
                    };
                    self.wrong(node, key, &range, "write it in plain digits");
                }
            }
            Takes::Number(most) => {
                let number = if let Value::Number(text) = &node.value { text.parse::<f64>().ok() } else { None };
                if !number.is_some_and(|number| number > 0.0 && number <= f64::from(*most)) {
                    self.wrong(node, key, &format!("a number above 0, up to {most}"), "write it as 2 or 0.5");
                }
            }
            Takes::Money => {
                if let Value::Number(text) = &node.value {
                    self.measure(node, text, key, "an amount", measure::money(text));
                } else {
                    self.wrong(node, key, "a number of dollars", "write it as 8 or 0.50");
                }
            }
            Takes::Span => {
                if let Value::Number(text) | Value::Text(text) = &node.value {
                    self.measure(node, text, key, "a length of time", measure::span(text));
                } else {
                    self.wrong(node, key, "a length of time", "write it as 30s, 90m or 24h");
                }
            }
            Takes::Condition => {
                if !matches!(node.value, Value::Flag(_)) {
                    self.text(node, key);
                }
            }
            Takes::Choice(words) => self.word(node, key, *words),
            Takes::Choices(words) => {
                let items = self.list(node, key);
                if items.is_some_and(<[Node]>::is_empty) {
                    self.say(node.place, format!("{key} is an empty list"), "name at least one, or remove the key");
                }
                for item in items.unwrap_or_default() {
                    self.word(item, key, *words);
                }
            }
            Takes::Texts => {
                self.texts(node, key);
            }
            Takes::Record(table) => {
                if let Value::Map(map) = &node.value {
                    self.record(map, table, node.place, key);
                } else {
                    let help = format!("it may hold {}", table.supported().join(", "));
                    self.wrong(node, key, "a mapping", &help);
                }
            }
            Takes::Named(table) => self.named(node, table, key),
            Takes::Later(_) => {}
        }
    }

    fn named(&mut self, node: &Node, table: &Table, key: &str) {
        let Value::Map(map) = &node.value else {
            return self.wrong(node, key, "a mapping of names", "write a name, a colon, and what it is");
        };
        if map.entries.is_empty() {
            self.say(node.place, format!("{key} is empty"), "write at least one");
        } else if map.entries.len() > MAX_LIST {
            return self.say(node.place, format!("{key} has more than {MAX_LIST} entries"), "write fewer");
        }
        for (name, node) in &map.entries {
            let called = format!("`{}`", name.text);
            if let Err(help) = measure::name(&name.text) {
                self.say(name.place, format!("{called} cannot be a name"), help);
            }
            if let Value::Map(map) = &node.value {
                self.record(map, table, name.place, &called);
            } else {
                let help = format!("it may hold {}", table.supported().join(", "));
                self.wrong(node, &called, "a mapping", &help);
            }
        }
    }

    fn texts<'n>(&mut self, node: &'n Node, key: &str) -> Vec<(&'n Node, &'n str)> {
        let items = self.list(node, key).unwrap_or_default();
        if items.len() > MAX_LIST {
            self.say(node.place, format!("{key} has more than {MAX_LIST} entries"), "name fewer");
            return Vec::new();
        }
        let mut texts: Vec<(&Node, &str)> = Vec::new();
        for item in items {
            let Some(text) = self.text(item, key) else { continue };
            if texts.iter().any(|(_, same)| *same == text) {
                self.say(item.place, format!("`{text}` stands twice in {key}"), "keep one of them");
            }
            texts.push((item, text));
        }
        texts
    }

    fn list<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(items) => return Some(items),
            Value::Text(text) => {
                self.wrong(node, key, "a list", &format!("write [{}]", text.lines().next().unwrap_or_default()));
            }
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Map(_) => {
                self.wrong(node, key, "a list", "write it as [one, two]");
            }
        }
        None
    }

    fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => return Some(text),
            Value::Flag(_) | Value::Number(_) => self.wrong(node, key, "text", "put it in quotes if you mean the text"),
            Value::Null | Value::List(_) | Value::Map(_) => self.wrong(node, key, "text", "write one text here"),
        }
        None
    }

    fn word(&mut self, node: &Node, key: &str, words: Words) {
        let Some(text) = self.text(node, key) else { return };
        if words.later.contains(&text) {
            self.say(
                node.place,
                format!("`{text}` is not supported yet in {key}"),
                format!("write {}", words.now.join(" or ")),
            );
        } else if !words.now.contains(&text) {
            self.say(node.place, format!("{key} cannot be `{text}`"), suggest(text, words.now));
        }
    }

    fn named_well(&mut self, node: &Node, text: &str, what: &str, read: Result<(), String>) {
        if let Err(help) = read {
            self.say(node.place, format!("`{text}` is not {what}"), help);
        }
    }

    fn measure<T>(&mut self, node: &Node, text: &str, key: &str, what: &str, read: Result<T, String>) {
        if let Err(help) = read {
            self.say(node.place, format!("{key} is `{text}`, which is not {what} it can have"), help);
        }
    }

    fn wrong(&mut self, node: &Node, key: &str, wanted: &str, help: &str) {
        self.say(node.place, format!("{key} must be {wanted}, and this is {}", node.value.words()), help);
    }

    fn say(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        if self.found.len() < MAX_PROBLEMS {
            self.found.push(self.source.problem(place, message, help));
        }
    }
}
