use std::sync::Arc;

use expect_test::expect;
use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Action, Line, Mark, Post, Slot};
use signalbox_domain::talk::{MessageId, Person, Role, ThreadId};
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat as _, Utterance};
use signalbox_world::chat::{Chat, Recall};
use signalbox_world::clock::Clock;
use signalbox_world::fault::{Fault, Script};

fn ana() -> Person {
    Person { id: "chat:ana".into(), name: "Ana".into(), role: Role::Member }
}

fn chat(script: &Arc<Script>) -> Chat {
    Chat::new("chat", Arc::new(Clock::default()), script.clone())
}

fn effect(version: u64) -> EffectId {
    EffectId { run: "01J".into(), version, index: 0 }
}

fn utterance(thread: &ThreadId, version: u64, slot: Slot, text: &str) -> Utterance {
    Utterance {
        id: effect(version),
        thread: thread.clone(),
        run: "01J".into(),
        slot,
        post: Post::line(text),
        known: None,
        retried: false,
    }
}

#[tokio::test]
async fn a_thread_reads_as_people_see_it() {
    let chat = chat(&Arc::default());
    let (thread, request) = chat.open("C1", &ana(), "make the button blue");
    chat.mark(&thread, &request.id, Mark::Seen).await.unwrap();
    chat.say(&utterance(&thread, 1, Slot::Status, "On it.")).await.unwrap();
    let talk = chat.write(&thread, &ana(), "and the header");
    chat.edit(&thread, &talk.id, "and the footer").unwrap();
    let gone = chat.write(&thread, &ana(), "never mind");
    chat.delete(&thread, &gone.id);
    chat.mark(&thread, &gone.id, Mark::Seen).await.unwrap();
    chat.whisper(&effect(2), &thread, &ana(), &Post::line("You may not stop it.")).await.unwrap();
    let asks = Post::line("Really?").and(Line::Quote { text: "a\nb".into() }).button("Stop", Action::Stop);
    chat.say(&Utterance { post: asks, ..utterance(&thread, 3, Slot::Question(3), "") }).await.unwrap();
    chat.say(&utterance(&thread, 4, Slot::Status, "Done.\n12 s")).await.unwrap();
    chat.mark(&thread, &request.id, Mark::Done).await.unwrap();
    expect![[r#"
        Ana: make the button blue  ✅
        Signalbox: Done.
            12 s
        Ana (edited): and the footer
        Ana: (deleted)
        Signalbox (only Ana): You may not stop it.
        Signalbox: Really?
            > a
            > b
            [Stop]
    "#]]
    .assert_eq(&chat.transcript(&thread));
    assert_eq!(chat.button(&thread, "Stop"), Some(Action::Stop));
}

#[tokio::test]
async fn a_slot_is_one_message_and_no_older_effect_overwrites_a_newer_one() {
    let chat = chat(&Arc::default());
    let (thread, _) = chat.open("C1", &ana(), "go");
    let first = chat.say(&utterance(&thread, 2, Slot::Status, "two")).await.unwrap();
    for (version, text, shown) in [(2, "two again", "two"), (1, "one", "two"), (3, "three", "three")] {
        assert_eq!(chat.say(&utterance(&thread, version, Slot::Status, text)).await, Ok(first.clone()));
        assert_eq!(chat.shown(&thread)[1].text(), shown);
    }
    assert_ne!(chat.say(&utterance(&thread, 4, Slot::Closing, "bye")).await, Ok(first));
    assert_eq!(chat.duplicates(), []);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_a_duplicate_on_a_real_chat_unless_the_thread_is_looked_at() {
    for (retried, duplicates) in [(true, 0), (false, 1)] {
        let script: Arc<Script> = Arc::default();
        let chat = chat(&script).recalling(Recall::Markers);
        let (thread, _) = chat.open("C1", &ana(), "go");
        script.fail_next("chat.say", Fault::FailAfter(Error::unavailable("the answer was lost")));
        let said = utterance(&thread, 1, Slot::Closing, "bye");
        assert!(chat.say(&said).await.is_err());
        chat.say(&Utterance { retried, ..said }).await.unwrap();
        assert_eq!(chat.duplicates().len(), duplicates, "retried: {retried}");
    }
}

#[tokio::test]
async fn a_long_thread_is_read_as_its_root_and_its_newest_messages() {
    let chat = chat(&Arc::default());
    let (thread, _) = chat.open("C1", &ana(), "0");
    for number in 1..5 {
        chat.write(&thread, &ana(), &number.to_string());
    }
    chat.whisper(&effect(1), &thread, &ana(), &Post::line("psst")).await.unwrap();
    let read = async |limit| -> String {
        chat.read(&thread, limit).await.unwrap().into_iter().map(|spoken| spoken.message.text).collect()
    };
    assert_eq!(read(9).await, "01234");
    assert_eq!(read(5).await, "01234");
    assert_eq!(read(3).await, "034");
    assert_eq!(read(1).await, "0");
    assert_eq!(read(0).await, "");
}

#[tokio::test]
async fn a_thread_of_another_chat_is_refused_and_a_message_that_is_gone_is_no_error() {
    let chat = chat(&Arc::default());
    let (thread, _) = chat.open("C1", &ana(), "go");
    assert_eq!(chat.mark(&thread, &MessageId::from("m99"), Mark::Done).await, Ok(()));
    let other = ThreadId { chat: "other".into(), ..thread };
    assert!(matches!(chat.room(&other).await, Err(Error::Rejected(_))));
}
