//! The files a workflow is made of: itself, its prompts and its schemas, and the one digest of them all.

use std::collections::BTreeMap;

use serde_json::Value;
use signalbox_domain::id::Digest;

use crate::bounds::MAX_PART;
use crate::node::Map;
use crate::problem::{Place, Problem, Source};
use crate::{output, prompt};

/// The name under which the workflow file itself goes into the digest, whatever it is called.
pub(crate) const WORKFLOW: &str = "workflow.yaml";

/// What has been read, by path below the workflow file's folder.
pub(crate) struct Parts<'a> {
    files: &'a dyn Fn(&str) -> Option<String>,
    /// The folder, with a slash at its end unless it is the workflows folder itself.
    folder: String,
    read: BTreeMap<String, String>,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(files: &'a dyn Fn(&str) -> Option<String>, folder: String, workflow: &str) -> Self {
        Self { files, folder, read: BTreeMap::from([(WORKFLOW.to_owned(), workflow.to_owned())]) }
    }

    /// The prompt that `key` of `map` names.
    pub(crate) fn prompt(
        &mut self,
        source: &Source<'_>,
        map: &Map,
        key: &str,
        found: &mut Vec<Problem>,
    ) -> Option<String> {
        let (file, text) = self.part(source, map, key, found)?;
        let own = Source::new(&file, &text);
        for fault in prompt::faults(&text) {
            let place = Place { line: fault.line, column: fault.column, length: fault.text.chars().count() };
            found.push(own.problem(place, fault.message, fault.help));
        }
        Some(text)
    }

    /// The schema that `key` of `map` names.
    pub(crate) fn schema(
        &mut self,
        source: &Source<'_>,
        map: &Map,
        key: &str,
        found: &mut Vec<Problem>,
    ) -> Option<(Value, Digest)> {
        let (file, text) = self.part(source, map, key, found)?;
        let own = Source::new(&file, &text);
        let schema: Value = match serde_json::from_str(&text) {
            Ok(schema) => schema,
            Err(error) => {
                let place = Place { line: error.line().max(1), column: error.column().max(1), length: 1 };
                let message = error.to_string();
                let message = message.split_once(" at line").map_or(message.as_str(), |(what, _)| what);
                found.push(own.problem(
                    place,
                    format!("this is not JSON: {message}"),
                    "check the commas and the quotes around here",
                ));
                return None;
            }
        };
        if let Err(fault) = output::compile(&schema) {
            found.push(own.problem(
                Place::START,
                format!("this is not a JSON Schema: {fault}"),
                "a schema refers to nothing outside its own file, and its patterns have no look-around",
            ));
            return None;
        }
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            found.push(own.problem(
                Place::START,
                "the schema does not say that the output is an object",
                "add \"type\": \"object\" and its \"properties\"",
            ));
            return None;
        }
        Some((schema, Digest::of(text.as_bytes())))
    }

    /// The digest of all of it. A change of any byte of any part, or of which parts there are, changes it.
    pub(crate) fn digest(&self) -> Digest {
        let list: String =
            self.read.iter().map(|(path, text)| format!("{path}\0{}\n", Digest::of(text.as_bytes()))).collect();
        Digest::of(list.as_bytes())
    }

    /// The prompts and schemas, each once.
    pub(crate) fn blobs(self) -> Vec<(Digest, Vec<u8>)> {
        let parts = self.read.into_iter().filter(|(path, _)| path != WORKFLOW);
        let blobs: BTreeMap<Digest, Vec<u8>> =
            parts.map(|(_, text)| (Digest::of(text.as_bytes()), text.into_bytes())).collect();
        blobs.into_iter().collect()
    }

    /// The file that `key` of `map` names, with its name from the workflows folder.
    fn part(
        &mut self,
        source: &Source<'_>,
        map: &Map,
        key: &str,
        found: &mut Vec<Problem>,
    ) -> Option<(String, String)> {
        let (node, path) = (map.get(key)?, map.text(key)?);
        let file = format!("{}{path}", self.folder);
        if let Some(text) = self.read.get(path) {
            return Some((file, text.clone()));
        }
        let Some(text) = (self.files)(&file) else {
            found.push(source.problem(
                node.place,
                format!("there is no file {file}"),
                format!("write it, or correct the path: it begins at the folder of {}", source.file),
            ));
            return None;
        };
        if text.len() > MAX_PART {
            found.push(source.problem(
                node.place,
                format!("{file} has {} bytes", text.len()),
                format!("it may have {MAX_PART} at most"),
            ));
            return None;
        }
        self.read.insert(path.to_owned(), text.clone());
        Some((file, text))
    }
}
