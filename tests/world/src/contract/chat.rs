//! The contract of [`Chat`].

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Mark, Post, Slot};
use signalbox_domain::talk::{MessageId, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat, Utterance};

use super::{Story, stories, tell};

/// A chat, somebody who began a thread in it, and the time.
#[async_trait]
pub trait Talk: Send + Sync {
    /// The chat.
    fn chat(&self) -> &dyn Chat;

    /// The thread, and its first message.
    fn thread(&self) -> (ThreadId, MessageId);

    /// A thread that nothing can be said in, and never will be, if this chat has such threads.
    fn nowhere(&self) -> Option<ThreadId>;

    /// What our messages in the thread say that are there to be read, oldest first.
    async fn read(&self) -> Vec<String>;

    /// The answer to the next thing that is said is lost on its way, after it was said. False: nothing is lost here.
    fn lose(&self) -> bool;

    /// The time.
    fn now(&self) -> Time;

    /// It becomes that time.
    fn wait(&self, until: Time);
}

/// Tells every story over what `make` makes: a new thread each time.
pub async fn suite(make: impl Fn() -> Arc<dyn Talk>) {
    tell(STORIES, make).await;
}

const STORIES: &[Story<dyn Talk>] = stories![
    a_slot_is_said_once_and_edited_afterwards,
    each_slot_and_each_run_has_a_message_of_its_own,
    the_same_effect_again_changes_nothing,
    an_older_effect_never_overwrites_a_newer_one,
    what_was_said_and_not_heard_of_is_found_again,
    what_is_put_off_is_put_off_until_a_time_and_said_then,
    where_nothing_can_be_said_is_told_at_once,
    a_mark_can_be_put_again_and_on_what_is_gone,
    a_thread_is_read_with_its_request_first_and_ours_known,
];

/// More than any chat lets one say at once.
const MANY: u64 = 60;
/// More than anybody is put off.
const PATIENCE: usize = 50;

fn utterance(talk: &dyn Talk, run: u64, version: u64, slot: Slot, words: &str) -> Utterance {
    // Named by a time before the clock's, as a run's request is older than what it says.
    let run = RunId(format!("01HF{run:022}"));
    let id = EffectId { run: run.clone(), version, index: 0 };
    Utterance { id, thread: talk.thread().0, run, slot, post: Post::line(words), known: None, retried: false }
}

fn say(talk: &dyn Talk, version: u64, words: &str, known: Option<&MessageId>) -> Utterance {
    Utterance { known: known.cloned(), ..utterance(talk, 1, version, Slot::Status, words) }
}

/// Says it when it may be said; never before the time it was put off until.
async fn patiently(talk: &dyn Talk, said: &Utterance) -> Result<MessageId, Error> {
    for _ in 0..PATIENCE {
        match talk.chat().say(said).await {
            Err(Error::Later { until, .. }) => {
                assert!(until > talk.now(), "{until:?} is not later than {:?}", talk.now());
                talk.wait(until);
            }
            said => return said,
        }
    }
    panic!("it is put off again and again: {said:?}");
}

fn has(texts: &[String], words: &str) -> usize {
    texts.iter().filter(|text| text.contains(words)).count()
}

async fn a_slot_is_said_once_and_edited_afterwards(talk: Arc<dyn Talk>) {
    let first = patiently(&*talk, &say(&*talk, 1, "one", None)).await.unwrap();
    for (version, words) in [(2, "two"), (3, "three")] {
        assert_eq!(patiently(&*talk, &say(&*talk, version, words, Some(&first))).await.unwrap(), first);
        let texts = talk.read().await;
        assert_eq!((texts.len(), has(&texts, words)), (1, 1), "{texts:?}");
    }
}

async fn each_slot_and_each_run_has_a_message_of_its_own(talk: Arc<dyn Talk>) {
    let mut messages = Vec::new();
    for (run, slot, words) in [
        (1, Slot::Status, "alpha"),
        (1, Slot::Closing, "beta"),
        (2, Slot::Status, "gamma"),
        (2, Slot::Closing, "delta"),
    ] {
        messages.push(patiently(&*talk, &utterance(&*talk, run, 1, slot, words)).await.unwrap());
    }
    messages.sort();
    messages.dedup();
    let texts = talk.read().await;
    assert_eq!((messages.len(), texts.len()), (4, 4), "{texts:?}");
    assert!(["alpha", "beta", "gamma", "delta"].iter().all(|words| has(&texts, words) == 1), "{texts:?}");
}

async fn the_same_effect_again_changes_nothing(talk: Arc<dyn Talk>) {
    let words = say(&*talk, 1, "one", None);
    let first = patiently(&*talk, &words).await.unwrap();
    for known in [Some(&first), None] {
        let again = Utterance { known: known.cloned(), retried: true, ..words.clone() };
        assert_eq!(patiently(&*talk, &again).await.unwrap(), first);
    }
    assert_eq!(talk.read().await.len(), 1);
}

async fn an_older_effect_never_overwrites_a_newer_one(talk: Arc<dyn Talk>) {
    let first = patiently(&*talk, &say(&*talk, 1, "one", None)).await.unwrap();
    patiently(&*talk, &say(&*talk, 3, "three", Some(&first))).await.unwrap();
    for known in [Some(&first), None] {
        let late = Utterance { retried: true, ..say(&*talk, 2, "two", known) };
        assert_eq!(patiently(&*talk, &late).await.unwrap(), first);
        let texts = talk.read().await;
        assert_eq!((texts.len(), has(&texts, "three")), (1, 1), "{texts:?}");
    }
}

async fn what_was_said_and_not_heard_of_is_found_again(talk: Arc<dyn Talk>) {
    let words = utterance(&*talk, 1, 1, Slot::Closing, "all done");
    if talk.lose() {
        let lost = talk.chat().say(&words).await;
        assert!(matches!(lost, Err(Error::Unavailable(_))), "{lost:?}");
    }
    let again = Utterance { retried: true, ..words };
    let said = patiently(&*talk, &again).await.unwrap();
    assert_eq!(patiently(&*talk, &again).await.unwrap(), said);
    let texts = talk.read().await;
    assert_eq!((texts.len(), has(&texts, "all done")), (1, 1), "{texts:?}");
}

async fn what_is_put_off_is_put_off_until_a_time_and_said_then(talk: Arc<dyn Talk>) {
    let mut waiting = Vec::new();
    for version in 1..=MANY {
        let words = utterance(&*talk, version, version, Slot::Closing, &format!("number {version}."));
        match talk.chat().say(&words).await {
            Ok(_) => {}
            Err(Error::Later { until, .. }) => {
                assert!(until > talk.now());
                waiting.push((until, words));
            }
            Err(error) => panic!("{error}"),
        }
    }
    waiting.sort_by_key(|(until, _)| *until);
    for (until, words) in waiting {
        talk.wait(until);
        patiently(&*talk, &words).await.unwrap();
    }
    let texts = talk.read().await;
    assert!((1..=MANY).all(|version| has(&texts, &format!("number {version}.")) == 1), "{texts:?}");
}

async fn where_nothing_can_be_said_is_told_at_once(talk: Arc<dyn Talk>) {
    let Some(thread) = talk.nowhere() else { return };
    let said = Utterance { thread, ..say(&*talk, 1, "is anybody there", None) };
    let told = patiently(&*talk, &said).await;
    assert!(matches!(&told, Err(Error::Rejected(why)) if !why.is_empty()), "{told:?}");
}

async fn a_mark_can_be_put_again_and_on_what_is_gone(talk: Arc<dyn Talk>) {
    let (thread, request) = talk.thread();
    for mark in [Mark::Seen, Mark::Working, Mark::Working, Mark::Done] {
        for _ in 0..PATIENCE {
            match talk.chat().mark(&thread, &request, mark).await {
                Err(Error::Later { until, .. }) => talk.wait(until),
                marked => {
                    marked.unwrap();
                    break;
                }
            }
        }
    }
    assert!(talk.read().await.is_empty(), "a mark is no message");
}

async fn a_thread_is_read_with_its_request_first_and_ours_known(talk: Arc<dyn Talk>) {
    patiently(&*talk, &say(&*talk, 1, "one", None)).await.unwrap();
    let (thread, request) = talk.thread();
    let spoken = talk.chat().read(&thread, 10).await.unwrap();
    assert_eq!(spoken.first().map(|first| (&first.message.id, first.ours)), Some((&request, false)));
    assert!(spoken.iter().any(|one| one.ours && one.message.text.contains("one")), "{spoken:?}");
    assert_eq!(talk.chat().read(&thread, 1).await.unwrap().len(), 1);
}
