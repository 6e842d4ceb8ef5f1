//! What phases may do: written down so that it means something, and no two write at once.

use crate::draft::{Draft, Drafts, Kind};
use crate::node::Map;
use crate::problem::{Problem, Source};

/// Every grant that cannot be given, or gives nothing.
pub(crate) fn check(source: &Source<'_>, file: &Map, drafts: &Drafts<'_>, found: &mut Vec<Problem>) {
    for draft in &drafts.phases {
        outputs(source, drafts, draft, found);
        watches(source, drafts, draft, found);
    }
    writers(source, drafts, found);
    repository(source, file, drafts, found);
}

fn outputs(source: &Source<'_>, drafts: &Drafts<'_>, draft: &Draft<'_>, found: &mut Vec<Problem>) {
    let outputs = draft.map.map("outputs");
    let key = |name: &str| outputs.and_then(|outputs| outputs.key(name));
    if let Kind::OpenChange = draft.kind {
        let place = draft.map.key("forge").map_or(draft.key.place, |key| key.place);
        if key("change_request").is_none() {
            let message = format!("`{}` opens a change request that nothing allows", draft.name());
            found.push(source.problem(place, message, "add `outputs: { change_request: { max: 1, draft: true } }`"));
        }
        if !drafts.before(draft.name()).any(Draft::writes) {
            let message =
                format!("`{}` opens a change request, and no phase before it may change anything", draft.name());
            found.push(source.problem(
                place,
                message,
                "add a phase with `permissions: { contents: write }` to `needs`",
            ));
        }
        if let Some(answer) = key("answer") {
            found.push(source.problem(
                answer.place,
                format!("`{}` gives no answer", draft.name()),
                "put it on the agent's phase",
            ));
        }
    }
}

/// Checks are those of a change request that is open.
fn watches(source: &Source<'_>, drafts: &Drafts<'_>, draft: &Draft<'_>, found: &mut Vec<Problem>) {
    let Kind::WatchChecks = draft.kind else { return };
    if !drafts.before(draft.name()).any(|earlier| matches!(earlier.kind, Kind::OpenChange)) {
        let place = draft.map.key("forge").map_or(draft.key.place, |key| key.place);
        let message =
            format!("`{}` watches the checks of a change request that no phase before it opens", draft.name());
        found.push(source.problem(place, message, "add the phase that is `forge: open_change_request` to `needs`"));
    }
}

/// Two phases that write at the same time would race for the branch.
fn writers(source: &Source<'_>, drafts: &Drafts<'_>, found: &mut Vec<Problem>) {
    let writers: Vec<&Draft<'_>> = drafts.phases.iter().filter(|draft| draft.writes()).collect();
    for (place, later) in writers.iter().enumerate() {
        for earlier in writers[..place].iter().filter(|earlier| !drafts.ordered(earlier.name(), later.name())) {
            let message = format!("`{}` and `{}` may both write, at the same time", earlier.name(), later.name());
            found.push(source.problem(
                later.key.place,
                message,
                format!("add `{}` to the `needs` of `{}`", earlier.name(), later.name()),
            ));
        }
    }
}

/// A workflow that may go without a repository must not count on one.
fn repository(source: &Source<'_>, file: &Map, drafts: &Drafts<'_>, found: &mut Vec<Problem>) {
    let Some(node) = file.get("repository").filter(|_| file.text("repository") == Some("optional")) else { return };
    for draft in &drafts.phases {
        let why = match draft.kind {
            _ if draft.writes() => "changes contents",
            Kind::OpenChange => "opens a change request",
            Kind::WatchChecks => "watches the checks of one",
            Kind::Agent(_) | Kind::Script(_) | Kind::Gate(_) => continue,
        };
        found.push(source.problem(
            node.place,
            format!("the repository cannot be optional: `{}` {why}", draft.name()),
            "write required, or remove the key",
        ));
    }
}
