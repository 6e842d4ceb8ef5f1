//! What a plugin cannot do here, found where its sources try it: built without a system, it would only fail at the call.

use std::fs;
use std::path::Path;

use crate::language::Language;
use crate::project::Project;

/// A line of the sources that will not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suspect {
    /// What it is: `` `println!` in src/lib.rs:12 ``.
    pub(crate) what: String,
    /// What to do instead.
    pub(crate) instead: &'static str,
}

const CLOCK: &str = "there is no clock; the only time is the event's `received_at_ms`";
const CHANCE: &str = "there is no randomness; what differs from event to event comes from the event's `seed`";
const PRINT: &str = "nobody sees what is printed; the SDK's `log` keeps lines beside the decision";
const FILES: &str = "there are no files; what a plugin needs to know is in its settings, or fetched for a prefetcher";
const NETWORK: &str = "there is no network; a prefetcher plans what it needs and is given it";
const SYSTEM: &str = "there is no environment; what differs between teams is a setting";
const LATER: &str = "nothing happens later; a call ends when its function returns";

const RUST: &[(&str, &str)] = &[
    ("println!", PRINT),
    ("dbg!", PRINT),
    ("SystemTime::now", CLOCK),
    ("Instant::now", CLOCK),
    ("Utc::now", CLOCK),
    ("std::env::", SYSTEM),
    ("std::fs", FILES),
    ("std::net", NETWORK),
    ("std::thread", LATER),
    ("rand::", CHANCE),
    ("getrandom", CHANCE),
];
const JAVASCRIPT: &[(&str, &str)] = &[
    ("console.", PRINT),
    ("Date.now", CLOCK),
    ("new Date()", CLOCK),
    ("performance.now", CLOCK),
    ("Math.random", CHANCE),
    ("crypto.", CHANCE),
    ("fetch(", NETWORK),
    ("setTimeout", LATER),
    ("setInterval", LATER),
    ("await ", LATER),
    ("require(", "there is no `require`; use `import`"),
    ("process.", SYSTEM),
];
const PYTHON: &[(&str, &str)] = &[
    ("print(", PRINT),
    ("time.time", CLOCK),
    ("datetime.now", CLOCK),
    ("import random", CHANCE),
    ("import secrets", CHANCE),
    ("import uuid", CHANCE),
    ("open(", FILES),
    ("import requests", NETWORK),
    ("import urllib.request", NETWORK),
    ("import socket", NETWORK),
    ("import asyncio", LATER),
    ("import threading", LATER),
    ("os.environ", SYSTEM),
    ("import subprocess", SYSTEM),
];

/// The suspects in a plugin's sources, in the order of the files.
pub(crate) fn of(project: &Project) -> Vec<Suspect> {
    let mut found = Vec::new();
    below(&project.at("src"), project, &mut found);
    found
}

fn below(folder: &Path, project: &Project, found: &mut Vec<Suspect>) {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            below(&path, project, found);
        } else if path.extension().is_some_and(|it| it == project.language.ending()) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let name = path.strip_prefix(&project.folder).unwrap_or(&path).display().to_string();
            found.extend(in_text(project.language, &name, &text));
        }
    }
}

fn in_text(language: Language, name: &str, text: &str) -> Vec<Suspect> {
    let (known, comment) = match language {
        Language::Rust => (RUST, "//"),
        Language::JavaScript => (JAVASCRIPT, "//"),
        Language::Python => (PYTHON, "#"),
    };
    let lines = (1..).zip(text.lines());
    // What only tests do is done on the author's machine, which has all of it.
    let lines = lines.take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"));
    let lines = lines.filter(|(_, line)| !line.trim_start().starts_with(comment));
    lines
        .filter_map(|(number, line)| {
            let (word, instead) = known.iter().find(|(word, _)| holds(line, word))?;
            Some(Suspect { what: format!("`{}` in {name}:{number}", word.trim()), instead })
        })
        .collect()
}

/// Whether a line holds the word, and not as the end of another.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_named_that_will_not_do_what_it_says() {
        let text =
            "// println! is not seen\nfn f() {\n    println!(\"hi\");\n    reopen(1);\n}\n#[cfg(test)]\ndbg!(1);\n";
        let found = in_text(Language::Rust, "src/lib.rs", text);
        assert_eq!(found, [Suspect { what: "`println!` in src/lib.rs:3".into(), instead: PRINT }]);
        assert_eq!(in_text(Language::Python, "src/plugin.py", "x = reopen(y)\nwith open(z):\n").len(), 1);
    }
}
