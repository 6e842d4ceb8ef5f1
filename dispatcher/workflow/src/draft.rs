//! Phases as written: of one kind each, with the keys that suit it, and in an order.

use std::collections::{BTreeMap, BTreeSet};

use crate::bounds::MAX_PHASES;
use crate::keys::KINDS;
use crate::node::{Key, Map, Node, Word};
use crate::problem::{Problem, Source, suggest};

/// A phase as written.
pub(crate) struct Draft<'a> {
    pub(crate) key: &'a Key,
    pub(crate) map: &'a Map,
    pub(crate) kind: Kind<'a>,
}

/// What a phase is.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    Agent(&'a Map),
    Script(&'a str),
    Gate(&'a Map),
    OpenChange,
    WatchChecks,
}

/// Phases in which every phase comes after those it needs, otherwise in the order of the file.
pub(crate) struct Drafts<'a> {
    pub(crate) phases: Vec<Draft<'a>>,
    /// For every phase, those that must have ended before it starts.
    before: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Draft<'a> {
    pub(crate) fn name(&self) -> &'a str {
        &self.key.text
    }

    pub(crate) fn consumes(&self) -> Vec<Word<'a>> {
        if let Kind::Agent(agent) = self.kind { agent.texts("consumes") } else { Vec::new() }
    }

    /// Whether it may change the repository's contents.
    pub(crate) fn writes(&self) -> bool {
        self.map.map("permissions").and_then(|permissions| permissions.text("contents")) == Some("write")
    }
}

impl<'a> Drafts<'a> {
    /// Reads the phases. Those of no kind or of several are left out, with a problem.
    pub(crate) fn read(source: &Source<'_>, phases: &'a Map, found: &mut Vec<Problem>) -> Self {
        if let Some((key, _)) = phases.entries.get(MAX_PHASES) {
            found.push(source.problem(key.place, format!("more than {MAX_PHASES} phases"), "split the workflow"));
            return Self { phases: Vec::new(), before: BTreeMap::new() };
        }
        let mut drafts = Vec::new();
        for (key, node) in &phases.entries {
            drafts.extend(draft(source, key, node, found));
        }
        let before = before(source, phases, found);
        let mut ready: BTreeSet<&str> = BTreeSet::new();
        let mut ordered = Vec::new();
        // Each turn takes the first phase of the file that waits for nothing; what is left over is a cycle, told above.
        while let Some(next) = drafts.iter().position(|draft: &Draft<'_>| {
            before.get(draft.name()).is_none_or(|names| names.iter().all(|name| ready.contains(name)))
        }) {
            let draft = drafts.remove(next);
            ready.insert(draft.name());
            ordered.push(draft);
        }
        ordered.append(&mut drafts);
        Self { phases: ordered, before }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Draft<'a>> {
        self.phases.iter().find(|draft| draft.name() == name)
    }

    /// The phases that must have ended before that one starts.
    pub(crate) fn before(&self, name: &str) -> impl Iterator<Item = &Draft<'a>> {
        let names = self.before.get(name);
        self.phases.iter().filter(move |draft| names.is_some_and(|names| names.contains(draft.name())))
    }

    /// Whether one of the two cannot start before the other has ended.
    pub(crate) fn ordered(&self, one: &str, other: &str) -> bool {
        let follows = |later: &str, earlier: &str| self.before.get(later).is_some_and(|names| names.contains(earlier));
        follows(one, other) || follows(other, one)
    }
}

fn draft<'a>(source: &Source<'_>, key: &'a Key, node: &'a Node, found: &mut Vec<Problem>) -> Option<Draft<'a>> {
    let crate::node::Value::Map(map) = &node.value else { return None };
    let kinds: Vec<&Key> = KINDS.iter().filter_map(|kind| map.key(kind)).collect();
    let kind = match kinds.as_slice() {
        [] => {
            found.push(source.problem(
                key.place,
                format!("`{}` does nothing", key.text),
                format!("give it one of {}", KINDS.join(", ")),
            ));
            return None;
        }
        [one] => *one,
        [first, second, ..] => {
            let message = format!("`{}` is of several kinds: `{}` and `{}`", key.text, first.text, second.text);
            found.push(source.problem(second.place, message, "make two phases of it"));
            return None;
        }
    };
    for (written, _) in &map.entries {
        let watches = map.text("forge") == Some("watch_checks");
        if let Some(why) = unsuited(&kind.text, watches, &written.text) {
            let message = format!("`{}` means nothing for a phase that is `{}`", written.text, kind.text);
            found.push(source.problem(written.place, message, why));
        }
    }
    let kind = match kind.text.as_str() {
        "agent" => Kind::Agent(map.map("agent")?),
        "run" => Kind::Script(map.text("run")?),
        "gate" => Kind::Gate(map.map("gate")?),
        _ if map.text("forge") == Some("watch_checks") => Kind::WatchChecks,
        _ => Kind::OpenChange,
    };
    Some(Draft { key, map, kind })
}

/// What to do about a key that a phase of that kind cannot have.
fn unsuited(kind: &str, watches: bool, key: &str) -> Option<&'static str> {
    let boxed = matches!(kind, "agent" | "run");
    match key {
        "permissions" | "network" | "produces" | "output" | "retry" if !boxed => {
            Some("remove it: this phase has no devbox")
        }
        "timeout" if kind == "gate" => Some("remove it: `gate.expires` says how long it stays open"),
        "timeout" | "fix" if watches => None,
        "outputs" if watches => Some("remove it: nothing comes of this phase but what the forge says"),
        "timeout" if !boxed => Some("remove it: this phase has no devbox"),
        "fix" if !boxed => {
            Some("put it on the phase whose result is checked: one that is `agent`, `run` or `watch_checks`")
        }
        "outputs" if matches!(kind, "run" | "gate") => {
            Some("remove it: only an agent proposes outputs, and the `forge` phase opens the change request")
        }
        _ => None,
    }
}

/// For every phase, all that come before it.
fn before<'a>(source: &Source<'_>, phases: &'a Map, found: &mut Vec<Problem>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let names: Vec<&str> = phases.entries.iter().map(|(key, _)| key.text.as_str()).collect();
    let mut needs: BTreeMap<&str, Vec<Word<'a>>> = BTreeMap::new();
    for (key, node) in &phases.entries {
        let crate::node::Value::Map(map) = &node.value else { continue };
        let mut known = map.texts("needs");
        known.retain(|need| {
            let fault = if need.text == key.text {
                Some((format!("`{}` needs itself", key.text), "remove it".to_owned()))
            } else if names.contains(&need.text) {
                None
            } else {
                Some((
                    format!("`{}` needs `{}`, and there is no such phase", key.text, need.text),
                    suggest(need.text, &names),
                ))
            };
            found.extend(fault.iter().map(|(message, help)| source.problem(need.place, message, help)));
            fault.is_none()
        });
        needs.insert(&key.text, known);
    }
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for name in names {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        let mut next = vec![name];
        while let Some(at) = next.pop() {
            for need in needs.get(at).into_iter().flatten() {
                if need.text == name && !told.contains(name) {
                    let round = round(name, at, &seen);
                    let message = format!("phases wait for each other: {}", round.join(" \u{2192} "));
                    found.push(source.problem(need.place, message, "remove one of these needs"));
                    told.extend(round);
                }
                if seen.insert(need.text, at).is_none() {
                    next.push(need.text);
                }
            }
        }
        seen.remove(name);
        all.insert(name, seen.into_keys().collect());
    }
    all
}

/// The way by which `name` comes back to itself, last through `at`: who needs whom.
fn round<'a>(name: &'a str, at: &'a str, from: &BTreeMap<&'a str, &'a str>) -> Vec<&'a str> {
    let mut way = vec![name];
    let mut step = at;
    while step != name && way.len() <= from.len() + 1 {
        way.push(step);
        step = from.get(step).copied().unwrap_or(name);
    }
    way.push(name);
    way.reverse();
    way
}
