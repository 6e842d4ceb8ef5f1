//! The cases of a plugin, on its component, through the host that will run it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::diff;
use crate::error::Error;
use crate::expectation;
use crate::project::Project;
use crate::trying::{Call, Tried, Trying};

/// How a plugin's cases went.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// All of them, in the order they are written.
    pub cases: Vec<Case>,
    /// The most fuel that a call burnt.
    pub fuel: u64,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file it is in.
    pub file: String,
    /// Its name, a sentence.
    pub name: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was logged meanwhile.
    pub log: Vec<String>,
}

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Held,
    /// Otherwise: the lines that differ.
    Differed(String),
    /// It broke down, which no case expects: why, in words.
    BrokeDown(String),
    /// Otherwise, and that is what is expected from now on.
    Updated,
}

impl Report {
    /// Whether nothing is other than expected.
    pub fn held(&self) -> bool {
        self.cases.iter().all(|case| matches!(case.outcome, Outcome::Held | Outcome::Updated))
    }
}

/// Runs a plugin's cases. With `update`, what it says now becomes what is expected; how it breaks down never does.
pub fn test(project: &Project, update: bool) -> Result<Report, Error> {
    let folder = project.at("cases");
    let base = expectation::base(&folder)?;
    let trying = Trying::open(project)?;
    let mut report = Report::default();
    for file in expectation::files(&folder)? {
        let mut fresh = BTreeMap::new();
        for (name, parts) in &file.cases {
            let (question, expect) = file.question(name, parts, &base)?;
            let Tried { said, problem, calls } = trying.ask(&question)?;
            let outcome = match said {
                Some(said) if said == expect => Outcome::Held,
                Some(said) if update => {
                    fresh.insert(name.clone(), said);
                    Outcome::Updated
                }
                Some(said) => Outcome::Differed(diff::of(&expect, &said)),
                None => Outcome::BrokeDown(problem.unwrap_or_default()),
            };
            report.fuel = calls.iter().map(|call| call.fuel).fold(report.fuel, u64::max);
            let path = file.path.strip_prefix(&project.folder).unwrap_or(&file.path);
            let log = calls.into_iter().flat_map(|Call { log, .. }| log).collect();
            report.cases.push(Case { file: path.display().to_string(), name: name.clone(), outcome, log });
        }
        if !fresh.is_empty() {
            file.update(&fresh)?;
        }
    }
    if report.cases.is_empty() {
        return Err(Error::wrong(format!(
            "{} holds no case; write one, as {}",
            folder.display(),
            json!({ "it passes what it does not know": { "event": { "text": "hello" }, "expect": Value::Null } })
        )));
    }
    Ok(report)
}
