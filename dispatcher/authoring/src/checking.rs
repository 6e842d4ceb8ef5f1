//! Whether a host would load a plugin, and what its author should know before one does.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::expectation;
use crate::language::{self, Language};
use crate::project::{COMPONENT, Project};
use crate::suspects::{self, Suspect};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// What was found, and what to do if that is not well.
    pub said: String,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It is as it should be.
    Well,
    /// A host loads it, and its author should look.
    Doubtful,
    /// No host loads it like this.
    Wrong,
}

/// Looks at a plugin: its manifest, its component, its sources, its cases.
pub fn check(project: &Project) -> Vec<Finding> {
    let mut findings = vec![manifest(project), component(project)];
    findings.extend(sources(project));
    findings.push(cases(project));
    findings
}

fn manifest(project: &Project) -> Finding {
    let manifest = &project.manifest;
    let asks = match manifest.capabilities.len() {
        0 => "it asks to fetch nothing".to_string(),
        n => format!("what it asks to fetch: {n} of [[capabilities]]"),
    };
    let said = format!("{}, a {}; {asks}", manifest.name(), language::word(manifest.world));
    Finding { what: "manifest", weight: Weight::Well, said }
}

/// Loads it, which checks its size, its imports and its world.
fn component(project: &Project) -> Finding {
    let what = "component";
    if let Err(refused) = project.as_installed().host() {
        let mut said = refused.to_string();
        if let Some(first) = suspects::of(project).first() {
            said.push_str(&format!(". First use: {}?", first.what));
        }
        return Finding { what, weight: Weight::Wrong, said };
    }
    let file = project.at(COMPONENT);
    let built = fs::metadata(&file).ok().and_then(|it| it.modified().ok());
    if built.is_some_and(|built| newest(&project.at("src")).is_some_and(|source| source > built)) {
        let said = "it was built before its sources were last changed; run `signalbox plugin build`".to_string();
        return Finding { what, weight: Weight::Doubtful, said };
    }
    let kib = fs::metadata(&file).map_or(0, |it| it.len() / 1024);
    Finding { what, weight: Weight::Well, said: format!("{kib} KiB; it imports nothing that a plugin may not") }
}

fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let times = entries.filter_map(|entry| match entry.path() {
        path if path.is_dir() => newest(&path),
        path => fs::metadata(path).ok()?.modified().ok(),
    });
    times.max()
}

fn sources(project: &Project) -> Vec<Finding> {
    let suspects = suspects::of(project);
    if suspects.is_empty() {
        let said = match project.language {
            Language::Rust => "no println!, clock, file or network",
            Language::JavaScript => "no console, clock, timer or network",
            Language::Python => "no print, clock, file or network",
        };
        return vec![Finding { what: "sources", weight: Weight::Well, said: said.into() }];
    }
    let finding = |Suspect { what, instead }| {
        let said = format!("{what}: {instead}");
        Finding { what: "sources", weight: Weight::Doubtful, said }
    };
    suspects.into_iter().map(finding).collect()
}

fn cases(project: &Project) -> Finding {
    let folder = project.at("cases");
    let counted = expectation::base(&folder)
        .and_then(|_| expectation::files(&folder))
        .map(|files| files.iter().map(|file| file.cases.len()).sum::<usize>());
    let (weight, said) = match counted {
        Ok(0) => (Weight::Doubtful, "there is none; write down what it should say to what".to_string()),
        Ok(1) => (Weight::Well, "1 case".to_string()),
        Ok(n) => (Weight::Well, format!("{n} cases")),
        Err(problem) => (Weight::Wrong, problem.to_string()),
    };
    Finding { what: "cases", weight, said }
}
