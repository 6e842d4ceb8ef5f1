//! Collecting what is wrong, and where.

use std::collections::BTreeSet;

use serde_json::Value;

/// What is wrong so far, and where the reader is.
#[derive(Debug, Default)]
pub(super) struct Check {
    path: String,
    wrong: Vec<String>,
    pub(super) block_ids: BTreeSet<String>,
    /// Of the block being read.
    pub(super) action_ids: BTreeSet<String>,
}

impl Check {
    pub(super) fn finish(self) -> Vec<String> {
        self.wrong
    }

    pub(super) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Says what is wrong with the field `name` of what is being read.
    pub(super) fn blame(&mut self, name: &str, what: &str) {
        self.wrong.push(format!("{what} [json-pointer:{}/{name}]", self.path));
    }

    /// Reads something below.
    pub(super) fn at(&mut self, below: &str, read: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(below);
        read(self);
        self.path.truncate(length);
    }

    /// No fields but these.
    pub(super) fn fields(&mut self, value: &Value, allowed: &[&str]) {
        let Some(fields) = value.as_object() else {
            self.blame("", "must be an object");
            return;
        };
        for name in fields.keys().filter(|name| !allowed.contains(&name.as_str())) {
            self.blame(name, &format!("unknown field `{name}`"));
        }
    }

    /// A string of one to `most` characters.
    pub(super) fn words(&mut self, value: &Value, name: &str, most: usize, needed: bool) {
        let field = &value[name];
        if field.is_null() {
            if needed {
                self.blame(name, &format!("missing required field: {name}"));
            }
            return;
        }
        match field.as_str().map(|text| text.chars().count()) {
            None => self.blame(name, "must be a string"),
            Some(0) if needed => self.blame(name, "must be more than 0 characters"),
            Some(length) if length > most => self.blame(name, &format!("must be less than {} characters", most + 1)),
            Some(_) => {}
        }
    }

    pub(super) fn one_of(&mut self, value: &Value, name: &str, allowed: &[&str], needed: bool) {
        match value[name].as_str() {
            Some(word) if allowed.contains(&word) => {}
            Some(word) => self.blame(name, &format!("`{word}` is none of {}", allowed.join(", "))),
            None if value[name].is_null() && !needed => {}
            None => self.blame(name, &format!("missing required field: {name}")),
        }
    }

    pub(super) fn flag(&mut self, value: &Value, name: &str) {
        if !value[name].is_null() && !value[name].is_boolean() {
            self.blame(name, "must be true or false");
        }
    }

    pub(super) fn url(&mut self, value: &Value, name: &str, needed: bool) {
        self.words(value, name, 3_000, needed);
        let Some(text) = value[name].as_str() else { return };
        let read = url::Url::parse(text);
        if !read.is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto" | "slack")) {
            self.blame(name, "must be a valid URL");
        }
    }

    /// A list of `least` to `most`; gives it to read.
    pub(super) fn list<'v>(&mut self, value: &'v Value, name: &str, least: usize, most: usize) -> &'v [Value] {
        let Some(list) = value[name].as_array() else {
            if least > 0 || !value[name].is_null() {
                self.blame(name, &format!("missing required field: {name}"));
            }
            return &[];
        };
        if list.len() < least {
            self.blame(name, &format!("no fewer than {least} items allowed"));
        }
        if list.len() > most {
            self.blame(name, &format!("no more than {most} items allowed"));
        }
        list
    }
}
