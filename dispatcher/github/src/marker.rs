//! The hidden lines by which we find our own things again: in comments, in pull requests, in the names of branches.
//!
//! Anybody can write such a line. It says what to look for, never that it is so: comments count by their author, and a
//! run's own record says which pull request it opened.

use signalbox_domain::id::{Digest, EffectId, RunId};
use signalbox_domain::post::Slot;

const OPENS: &str = "<!-- signalbox ";
const CLOSES: &str = " -->";
/// What the names of runs' branches begin with.
const BRANCHES: &str = "signalbox/";
/// How long a run's id is.
const ID: usize = 26;

/// The run whose line a pull request's description has.
pub(crate) fn change(text: &str) -> Option<RunId> {
    run(field(line(text)?, "run")?)
}

/// The line for a comment: whose it is, which of the run's messages, and what it was said or edited by last.
pub(crate) fn of_comment(said: &Said) -> String {
    let Said { run, slot, by } = said;
    format!("{OPENS}run:{run} slot:{slot} by:{}.{}{CLOSES}", by.0, by.1)
}

/// What a comment's line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The run.
    pub(crate) run: RunId,
    /// The slot, as [`slot`] shortens it.
    pub(crate) slot: String,
    /// The version of the run, and the effect's place in it.
    pub(crate) by: (u64, u32),
}

impl Said {
    /// What an effect says in a slot.
    pub(crate) fn of(run: &RunId, slot: &Slot, by: &EffectId) -> Self {
        Self { run: run.clone(), slot: self::slot(slot), by: (by.version, by.index) }
    }

    /// Of a comment of ours.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let line = line(text)?;
        let (version, index) = field(line, "by")?.split_once('.')?;
        let by = (version.parse().ok()?, index.parse().ok()?);
        Some(Self { run: run(field(line, "run")?)?, slot: field(line, "slot")?.to_owned(), by })
    }

    /// Whether both are the same message of the same run.
    pub(crate) fn same_message(&self, other: &Self) -> bool {
        self.run == other.run && self.slot == other.slot
    }
}

/// A slot in letters that end no HTML comment.
fn slot(slot: &Slot) -> String {
    Digest::of(slot.key().as_bytes()).short().to_owned()
}

/// The run that a branch is named after.
pub(crate) fn branch(name: &str) -> Option<RunId> {
    run(name.strip_prefix(BRANCHES)?)
}

/// A run's id, written in capitals or not.
pub(crate) fn run(text: &str) -> Option<RunId> {
    let plain = text.len() == ID && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| RunId(text.to_ascii_uppercase()))
}

/// What the last such line of a text holds: ours is the last thing we write.
fn line(text: &str) -> Option<&str> {
    let (_, rest) = text.rsplit_once(OPENS)?;
    Some(rest.split_once(CLOSES)?.0)
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix(':'))
}

#[cfg(test)]
mod tests {
    use signalbox_domain::time::Time;

    use super::*;

    #[test]
    fn what_is_written_is_found_again() {
        let id = RunId::of(Time(1), &"said:x".into());
        assert_eq!(change(&format!("A text.\n\n<!-- signalbox run:{id} effect:{id}.7.2 -->")), Some(id.clone()));
        assert_eq!(branch(&format!("signalbox/{}", id.0.to_lowercase())), Some(id.clone()));
        let said =
            Said::of(&id, &Slot::Reply("said:a--><b".into()), &EffectId { run: id.clone(), version: 7, index: 2 });
        assert_eq!(Said::read(&format!("Words\n{}", of_comment(&said))), Some(said));
    }

    #[test]
    fn what_is_not_ours_is_nothing() {
        for text in ["", "<!-- signalbox run:01J -->", "<!-- signalbox run:", "<!-- signalbox  -->", "signalbox/main"] {
            assert_eq!((change(text), Said::read(text), branch(text)), (None, None, None), "{text}");
        }
    }
}
