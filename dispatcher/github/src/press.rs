//! Words that count as pressing a button of a run.

use signalbox_domain::command::{self, Command};
use signalbox_domain::post::Action;
use signalbox_domain::route::Target;
use signalbox_domain::run::{Run, Stage, State};

/// A button, as it is asked for in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Press {
    Stop,
    Approve,
    Deny(String),
    Retry,
    Details,
    /// Have a review mended; the last undecided one if none is named.
    Resolve(Option<String>),
    /// Leave a review at that; the last undecided one if none is named.
    Dismiss(Option<String>),
}

/// Reads words that are a button's as a whole.
pub(crate) fn read(text: &str) -> Option<Press> {
    match command::parse(text) {
        Command::Stop => Some(Press::Stop),
        Command::Approve => Some(Press::Approve),
        Command::Deny(reason) => Some(Press::Deny(reason)),
        Command::Retry => Some(Press::Retry),
        Command::Words(words) => review(&words),
        Command::Nothing
        | Command::Help
        | Command::Status
        | Command::Why
        | Command::Plan
        | Command::Cost
        | Command::Aside
        | Command::Mute
        | Command::Quiet
        | Command::Verbose
        | Command::Dashboard
        | Command::Now(_) => None,
    }
}

/// `details`, `resolve`, `dismiss`, and of the last two maybe which.
fn review(words: &str) -> Option<Press> {
    let mut parts = words.split_whitespace();
    let word = parts.next()?.trim_end_matches(['.', '!']).to_ascii_lowercase();
    if word == "details" && parts.clone().next().is_none() {
        return Some(Press::Details);
    }
    let which = parts.next().map(str::to_owned);
    // An id has a digit in it; "resolve conflicts" is a request.
    let named = which.as_ref().is_none_or(|which| which.bytes().any(|byte| byte.is_ascii_digit()));
    if parts.next().is_some() || !named {
        return None;
    }
    match word.as_str() {
        "resolve" => Some(Press::Resolve(which)),
        "dismiss" => Some(Press::Dismiss(which)),
        _ => None,
    }
}

/// The button, as the run shows it now. `None`: it shows no such button.
pub(crate) fn on(run: &Run, press: Press) -> Option<Action> {
    let gate = || {
        let phases = run.job()?.phases.iter();
        phases.into_iter().find_map(|(name, progress)| match &progress.stage {
            Stage::Deciding { digest, .. } => Some((name.clone(), digest.clone())),
            Stage::Pending
            | Stage::Starting { .. }
            | Stage::Working { .. }
            | Stage::Watching { .. }
            | Stage::Resting { .. }
            | Stage::Opening { .. }
            | Stage::Done
            | Stage::Skipped
            | Stage::Failed => None,
        })
    };
    let undecided = || run.reviews.iter().rev().find(|reviewed| !reviewed.settled).map(|it| it.review.id.clone());
    match press {
        Press::Stop => Some(Action::Stop),
        Press::Retry => Some(Action::Retry),
        Press::Details => Some(Action::Details),
        Press::Approve => gate().map(|(phase, digest)| Action::Approve { phase, digest }),
        Press::Deny(reason) => gate().map(|(phase, digest)| Action::Deny { phase, digest, reason }),
        Press::Resolve(which) => which.or_else(undecided).map(|review| Action::Resolve { review }),
        Press::Dismiss(which) => which.or_else(undecided).map(|review| Action::Dismiss { review }),
    }
}

/// The place that the words choose, of those the run offers: as [`choice`] has them.
pub(crate) fn chosen(run: &Run, words: &str) -> Option<Action> {
    let State::Choosing { candidates, .. } = &run.state else { return None };
    let target = candidates.iter().map(|candidate| &candidate.target).find(|target| choice(target) == words.trim())?;
    Some(Action::Choose { target: target.clone() })
}

/// What to write to choose a place: they say the same in a request.
pub(crate) fn choice(target: &Target) -> String {
    let mut words = vec![format!("workflow:{}", target.workflow)];
    words.extend(target.repository.iter().map(|repository| format!("repo:{repository}")));
    words.extend(target.branch.iter().map(|branch| format!("branch:{branch}")));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_only_as_the_whole() {
        for (text, press) in [
            ("stop", Some(Press::Stop)),
            ("Approve!", Some(Press::Approve)),
            ("deny too risky", Some(Press::Deny("too risky".into()))),
            ("resolve", Some(Press::Resolve(None))),
            ("Resolve review:12", Some(Press::Resolve(Some("review:12".into())))),
            ("dismiss 12", Some(Press::Dismiss(Some("12".into())))),
            ("details", Some(Press::Details)),
            ("details of the plan", None),
            ("resolve conflicts", None),
            ("resolve the naming first", None),
            ("approve it only if the tests pass", None),
            ("> approve", None),
            ("nice work", None),
            ("", None),
        ] {
            assert_eq!(read(text), press, "{text:?}");
        }
    }
}
