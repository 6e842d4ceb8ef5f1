//! Handoffs between phases: nothing is read, bound or approved that no earlier phase leaves.

use crate::draft::{Draft, Drafts, Kind};
use crate::node::Word;
use crate::problem::{Problem, Source, nearest};

/// The change so far, as a handoff.
pub(crate) const DIFF: &str = "diff";
/// The commit, as something a gate binds.
const HEAD: &str = "head";

/// Every handoff that is not what it seems.
pub(crate) fn check(source: &Source<'_>, drafts: &Drafts<'_>, found: &mut Vec<Problem>) {
    let mut left: Vec<(Word<'_>, &str)> = Vec::new();
    for draft in &drafts.phases {
        for word in draft.map.texts("produces") {
            match left.iter().find(|(other, _)| other.text == word.text) {
                Some((_, first)) => {
                    let message = format!("`{}` and `{first}` both produce `{}`", draft.name(), word.text);
                    found.push(source.problem(word.place, message, "give each its own name"));
                }
                None => left.push((word, draft.name())),
            }
        }
    }
    for draft in &drafts.phases {
        for word in draft.consumes() {
            if word.text == DIFF {
                if !drafts.before(draft.name()).any(Draft::writes) {
                    let message =
                        format!("`{}` reads the diff, and no phase before it may change anything", draft.name());
                    found.push(source.problem(
                        word.place,
                        message,
                        "add a phase with `permissions: { contents: write }` to `needs`, or remove it",
                    ));
                }
            } else {
                produced(source, drafts, draft, word, "reads", &left, found);
            }
        }
        if let Kind::Gate(gate) = draft.kind {
            for word in gate.texts("binds").into_iter().filter(|word| word.text != HEAD) {
                produced(source, drafts, draft, word, "binds", &left, found);
            }
        }
    }
}

fn produced(
    source: &Source<'_>,
    drafts: &Drafts<'_>,
    draft: &Draft<'_>,
    word: Word<'_>,
    verb: &str,
    left: &[(Word<'_>, &str)],
    found: &mut Vec<Problem>,
) {
    let name = draft.name();
    match left.iter().find(|(other, _)| other.text == word.text) {
        Some((_, by)) if drafts.before(name).any(|earlier| earlier.name() == *by) => {}
        Some((_, by)) => {
            let message =
                format!("`{name}` {verb} `{}`, which `{by}` produces, and `{by}` need not be over by then", word.text);
            found.push(source.problem(word.place, message, format!("add `{by}` to the `needs` of `{name}`")));
        }
        None => {
            let known = left.iter().map(|(word, _)| word.text);
            let near = nearest(word.text, known);
            let help = near.map_or_else(
                || "add it to the `produces` of an earlier phase".into(),
                |name| format!("did you mean `{name}`?"),
            );
            found.push(source.problem(
                word.place,
                format!("`{name}` {verb} `{}`, which no phase produces", word.text),
                help,
            ));
        }
    }
}
