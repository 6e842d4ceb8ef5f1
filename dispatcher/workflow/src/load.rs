//! From files to one frozen value, or everything that is wrong with them.

use std::collections::BTreeMap;

use signalbox_domain::id::Digest;
use signalbox_domain::workflow::Workflow;

use crate::bounds::{MAX_NAME, MAX_PROBLEMS};
use crate::draft::Drafts;
use crate::keys::WORKFLOW;
use crate::lower::Lower;
use crate::node::{Map, Value};
use crate::parts::Parts;
use crate::problem::{Place, Problem, Source};
use crate::yaml;
use crate::{authority, handoffs, shape};

/// A workflow that is fit to be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The workflow, frozen.
    pub workflow: Workflow,
    /// Its prompts and schemas, by the digests that the workflow names them by: to be kept before a run begins.
    pub blobs: Vec<(Digest, Vec<u8>)>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Problem>,
}

/// Loads the workflow `name`. `files` gives the text of a file by its path from the workflows folder, or nothing if there
/// is no such file: the workflow is `<name>.yaml` there, or `<name>/workflow.yaml`; prompts and schemas are looked up
/// beside it.
///
/// First the shape of the file is checked, then the order of its phases, then what they mean together: all problems of a
/// kind are told at once, in the order of the file.
pub fn load(name: &str, files: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Vec<Problem>> {
    let flat = format!("{name}.yaml");
    let nowhere = Source::new(&flat, "");
    if !named(name) {
        let help = format!("write small letters, digits and `-`, {MAX_NAME} at most");
        return Err(vec![nowhere.problem(Place::START, format!("`{name}` cannot be the name of a workflow"), help)]);
    }
    let Some((file, folder, text)) = find(name, &flat, files) else {
        return Err(vec![nowhere.problem(
            Place::START,
            format!("there is no workflow `{name}`"),
            format!("write {flat}, or take another name"),
        )]);
    };
    let source = Source::new(&file, &text);
    let root = yaml::parse(&source)?;
    let found = shape::check(&source, &root, &WORKFLOW);
    match &root.value {
        Value::Map(map) if found.is_empty() => meaning(name, &source, map, Parts::new(files, folder, &text)),
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            Err(sorted(&file, found))
        }
    }
}

fn find(name: &str, flat: &str, files: &dyn Fn(&str) -> Option<String>) -> Option<(String, String, String)> {
    if let Some(text) = files(flat) {
        return Some((flat.to_owned(), String::new(), text));
    }
    let own = format!("{name}/workflow.yaml");
    files(&own).map(|text| (own, format!("{name}/"), text))
}

/// Whether that is a name a workflow can have: small letters, digits and `-`.
fn named(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn meaning(name: &str, source: &Source<'_>, file: &Map, parts: Parts<'_>) -> Result<Loaded, Vec<Problem>> {
    let mut found = Vec::new();
    if let (Some(node), Some(written)) = (file.get("name"), file.text("name"))
        && written != name
    {
        let message = format!("the file says `{written}`, and its own name says `{name}`");
        found.push(source.problem(node.place, message, format!("write `name: {name}`, or rename the file")));
    }
    let inputs = inputs(source, file, &mut found);
    let Some(phases) = file.map("phases") else { return Err(found) };
    let drafts = Drafts::read(source, phases, &mut found);
    // What phases may read and name follows from their order: with that wrong, nothing more can be said of them.
    if !found.is_empty() {
        return Err(sorted(source.file, found));
    }
    handoffs::check(source, &drafts, &mut found);
    authority::check(source, file, &drafts, &mut found);
    let mut lower = Lower::new(source, &drafts, &inputs, parts, found);
    let phases = lower.phases();
    let Lower { parts, found, warnings, .. } = lower;
    if !found.is_empty() {
        return Err(sorted(source.file, found));
    }
    let workflow = crate::lower::workflow(file, phases, parts.digest());
    Ok(Loaded { workflow, blobs: parts.blobs(), warnings: sorted(source.file, warnings) })
}

/// The inputs, each with the values it may have.
fn inputs(source: &Source<'_>, file: &Map, found: &mut Vec<Problem>) -> BTreeMap<String, Vec<String>> {
    let mut inputs = BTreeMap::new();
    for (key, node) in file.map("inputs").into_iter().flat_map(|map| &map.entries) {
        let Value::Map(map) = &node.value else { continue };
        if let Some(required) =
            map.get("required").filter(|_| map.flag("required") == Some(true) && key.text != "request")
        {
            let message = format!("the input `{}` cannot be required: a router may have nothing to give", key.text);
            found.push(source.problem(required.place, message, "remove it; only `request` is always there"));
        }
        inputs.insert(key.text.clone(), map.texts("enum").iter().map(|word| word.text.to_owned()).collect());
    }
    inputs
}

/// In the order of the workflow file, then of its parts.
fn sorted(file: &str, mut found: Vec<Problem>) -> Vec<Problem> {
    found.sort_by(|a, b| (a.file != file, &a.file, a.line, a.column).cmp(&(b.file != file, &b.file, b.line, b.column)));
    found.dedup();
    found.truncate(MAX_PROBLEMS);
    found
}
