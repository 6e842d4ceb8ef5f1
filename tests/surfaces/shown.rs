//! A thread in the form of the chat in memory: what runs decided to say, held against what people really see.

use std::sync::Arc;

use futures::FutureExt as _;
use signalbox_domain::effect::Effect;
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Action, Mark, Post, Slot};
use signalbox_domain::talk::{MessageId, Person};
use signalbox_ports::store::Store as _;
use signalbox_world::store::Store;

/// A message of ours as it is seen.
pub(crate) struct Seen {
    /// What a person reads.
    pub(crate) text: String,
    /// The effect that said it last, by its marker.
    pub(crate) effect: Option<EffectId>,
    /// The only one who sees it.
    pub(crate) only: Option<String>,
}

/// What a run decided to say in that message.
fn decided(store: &Arc<Store>, effect: &EffectId) -> Option<(Option<Slot>, Post)> {
    let effect = found(store, effect)?;
    if let Effect::Say { slot, post } = effect {
        Some((Some(slot), post))
    } else if let Effect::Whisper { post, .. } = effect {
        Some((None, post))
    } else {
        None
    }
}

/// An effect, by its name.
fn found(store: &Arc<Store>, effect: &EffectId) -> Option<Effect> {
    let effects = store.effects(&effect.run).now_or_never()?.ok()?;
    effects.into_iter().find(|standing| standing.owed.id == *effect).map(|standing| standing.owed.effect)
}

/// What was whispered to somebody that reads like this.
fn whispered(store: &Arc<Store>, to: &str, text: &str) -> Option<Post> {
    let runs = store.runs(1_000).now_or_never()?.ok()?;
    let effects =
        runs.iter().flat_map(|run| store.effects(&run.id).now_or_never().and_then(Result::ok).unwrap_or_default());
    effects.into_iter().find_map(|standing| {
        let Effect::Whisper { to: Person { name, .. }, post } = standing.owed.effect else { return None };
        (name == to && reads(&post, text)).then_some(post)
    })
}

/// A line of a transcript: what was decided, if that is what is seen; else what is seen, so that the story fails.
pub(crate) fn line(store: &Arc<Store>, seen: &Seen) -> String {
    let post = match (&seen.effect, &seen.only) {
        (Some(effect), _) => decided(store, effect).map(|(_, post)| post),
        (None, Some(only)) => whispered(store, only, &seen.text),
        (None, None) => None,
    };
    let only = seen.only.as_ref().map_or_else(String::new, |only| format!(" (only {only})"));
    match post {
        Some(post) if reads(&post, &seen.text) => format!("Signalbox{only}: {}\n", indented(&post.plain())),
        Some(post) => format!("Signalbox{only}: {}\n    BUT IS SEEN AS: {}\n", indented(&post.plain()), seen.text),
        None => format!("Signalbox{only}, NOBODY KNOWS WHY: {}\n", seen.text),
    }
}

/// What a person wrote, as a line of a transcript.
pub(crate) fn said(who: &str, text: &str, edited: bool, gone: bool, mark: Option<Mark>) -> String {
    let edited = if edited { " (edited)" } else { "" };
    let text = if gone { "(deleted)" } else { text };
    let mark = mark.filter(|_| !gone).map_or_else(String::new, |mark| format!("  {}", mark.emoji()));
    format!("{who}{edited}: {}{mark}\n", indented(text))
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n    ").trim_end().to_owned()
}

/// Whether all the words of a post are read, in their order: how they are set off from each other is the chat's.
fn reads(post: &Post, text: &str) -> bool {
    let bare = Post { buttons: Vec::new(), ..post.clone() };
    let mut seen = words(text).into_iter();
    words(&bare.plain()).iter().all(|word| seen.any(|other| other == *word))
}

fn words(text: &str) -> Vec<String> {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '$' | '%' | '/' | ':' | '.' | '-' | '+' | '−');
    // What ends a word in a sentence is no part of it, however the chat sets it off.
    let bare = |word: &str| word.trim_matches([':', '.', '-']).to_lowercase();
    text.split(|c| !kept(c)).map(bare).filter(|word| word.chars().any(char::is_alphanumeric)).collect()
}

/// Which slots are said in several messages, and how many close a run.
pub(crate) fn slots(store: &Arc<Store>, effects: impl Iterator<Item = EffectId>) -> Vec<(RunId, Slot)> {
    effects.filter_map(|effect| Some((effect.run.clone(), decided(store, &effect)?.0?))).collect()
}

/// What the newest button of that label does, of messages oldest first.
pub(crate) fn button(store: &Arc<Store>, effects: &[EffectId], label: &str) -> Option<Action> {
    let posts = effects.iter().rev().filter_map(|effect| decided(store, effect)).map(|(_, post)| post);
    posts.flat_map(|post| post.buttons).find(|button| button.label == label).map(|button| button.action)
}

/// Those that are there more than once, in words.
pub(crate) fn twice(slots: &[(RunId, Slot)]) -> Vec<String> {
    let again = |place: usize| slots[..place].contains(&slots[place]);
    (0..slots.len()).filter(|place| again(*place)).map(|place| format!("{:?} is said twice", slots[place])).collect()
}

/// Every mark there is.
pub(crate) const MARKS: [Mark; 7] =
    [Mark::Seen, Mark::Working, Mark::Waiting, Mark::Passed, Mark::Done, Mark::Failed, Mark::Stopped];

/// The one person whom an effect whispers to.
pub(crate) fn only(store: &Arc<Store>, effect: &EffectId) -> Option<String> {
    let Effect::Whisper { to, .. } = found(store, effect)? else { return None };
    Some(to.name)
}

/// The mark that was put on a message last.
pub(crate) fn marked(store: &Arc<Store>, wanted: &MessageId) -> Option<Mark> {
    let runs = store.runs(1_000).now_or_never()?.ok()?;
    let effects = runs
        .iter()
        .rev()
        .flat_map(|run| store.effects(&run.id).now_or_never().and_then(Result::ok).unwrap_or_default());
    let mut marks = effects.filter_map(|standing| {
        let Effect::Mark { message, mark } = standing.owed.effect else { return None };
        (message == *wanted && standing.settled).then_some(mark)
    });
    marks.next_back()
}
