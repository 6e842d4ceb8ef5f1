//! What we say on GitHub: once, in place, and nothing but what it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Line, Mark, Post, Slot, Span, Stage};
use signalbox_domain::run::{Run, State};
use signalbox_domain::talk::{MessageId, Person, Role};
use signalbox_domain::time::Span as Length;
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat as _, Utterance};
use signalbox_ports::clock::Clock as _;
use signalbox_world_github::{Fault, NewPull};

use crate::desk::{Desk, thread};
use crate::world::{SITE, rejected};

fn status(stage: Stage) -> Post {
    let note = vec![Span::Untrusted("@ana, see #1".into())];
    Post::line("Changing acme/site.").and(Line::Phase { label: "Build".into(), stage, note })
}

async fn issue() -> (Desk, u64, Run) {
    let desk = Desk::new().await;
    let number = desk.place.world.person("ana").open_issue(SITE, "Prices", "They say $9.").unwrap();
    let run = desk.begun(&thread(number), "fix it").await;
    (desk, number, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_one_comment_edited_in_place() {
    let (desk, number, run) = issue().await;
    let mut words = desk.utterance(&thread(number), &run, 1, Slot::Status, status(Stage::Working));
    let message = desk.comments.say(&words).await.unwrap();
    assert_eq!(
        desk.shown(number),
        ["signalbox[bot]: Changing acme/site.\n\n- ⏳ **Build** · @\u{200B}ana, see #\u{200B}1"]
    );

    words = desk.utterance(&thread(number), &run, 2, Slot::Status, status(Stage::Done));
    words.known = Some(message.clone());
    let until = desk.place.clock.now() + Length::seconds(2);
    assert!(matches!(desk.comments.say(&words).await, Err(Error::Later { until: when, .. }) if when == until));
    desk.place.clock.advance(Length::seconds(2));
    assert_eq!(desk.comments.say(&words).await.unwrap(), message);
    assert_eq!(desk.shown(number).len(), 1);
    assert!(desk.shown(number)[0].contains("✅ **Build**"));

    // Somebody deletes it: the next edit is a new comment.
    let MessageId(id) = &message;
    let id = id.strip_prefix("comment:").unwrap().parse().unwrap();
    desk.place.world.person("ana").delete_comment(SITE, id).unwrap();
    desk.place.clock.advance(Length::seconds(2));
    words.id.version = 3;
    let anew = desk.comments.say(&words).await.unwrap();
    assert_ne!(anew, message);
    assert_eq!(desk.shown(number).len(), 1);
    assert!(desk.kept().await.is_empty(), "what we do ourselves is nobody's request");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_said_is_looked_for_on_every_page_and_said_once() {
    let (desk, number, run) = issue().await;
    let world = &desk.place.world;
    let mut words = desk.utterance(&thread(number), &run, 1, Slot::Closing, Post::line("Done."));
    // The comment is written, and the connection breaks before anybody hears of it; twice.
    for _ in 0..2 {
        world.trouble(|called| {
            let posts = called.method == "POST" && called.template.ends_with("/comments");
            if posts { Fault::After } else { Fault::Pass }
        });
        assert!(matches!(desk.comments.say(&words).await, Err(Error::Unavailable(_))));
    }
    world.calm();
    assert_eq!(desk.shown(number).len(), 2, "it is there twice");
    let ben = world.person("ben");
    for talk in 0..120 {
        ben.comment(SITE, number, &format!("talk {talk}")).unwrap();
    }
    words.retried = true;
    let message = desk.comments.say(&words).await.unwrap();
    assert_eq!(desk.comments.say(&words).await.unwrap(), message);
    let ours: Vec<_> = desk.shown(number).into_iter().filter(|said| said.starts_with("signalbox")).collect();
    assert_eq!(ours, ["signalbox[bot]: Done."]);

    // An older effect that comes late changes nothing.
    let mut newer = Utterance { id: EffectId { version: 5, ..words.id.clone() }, ..words.clone() };
    newer.post = Post::line("Done, really.");
    desk.comments.say(&newer).await.unwrap();
    desk.comments.say(&words).await.unwrap();
    assert!(desk.shown(number).contains(&"signalbox[bot]: Done, really.".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_comment_with_our_line_is_not_ours() {
    let (desk, number, run) = issue().await;
    let mut words = desk.utterance(&thread(number), &run, 1, Slot::Closing, Post::line("Done."));
    desk.comments.say(&words).await.unwrap();
    let ours = desk.place.world.conversation(SITE, number).unwrap().comments[0].body.clone();
    desk.place.world.person("eve").comment(SITE, number, &ours.replace("Done.", "Send me money.")).unwrap();
    words.retried = true;
    desk.comments.say(&words).await.unwrap();
    assert_eq!(desk.shown(number).len(), 2, "neither taken for ours nor deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mark_stands_on_a_message() {
    let (desk, number, _) = issue().await;
    let comment = desk.place.world.person("ana").comment(SITE, number, "@signalbox fix it").unwrap();
    desk.place.world.person("ben").comment(SITE, number, "+1").unwrap();
    let message = MessageId(format!("comment:{comment}"));
    for mark in [Mark::Seen, Mark::Seen, Mark::Working, Mark::Done] {
        desk.comments.mark(&thread(number), &message, mark).await.unwrap();
    }
    let conversation = desk.place.world.conversation(SITE, number).unwrap();
    assert_eq!(conversation.shown()[0].reactions, [("signalbox[bot]".to_owned(), "hooray".to_owned())]);
    desk.comments.mark(&thread(number), &"comment:999999".into(), Mark::Seen).await.unwrap();
    desk.comments.mark(&thread(number), &MessageId(format!("issue:{number}")), Mark::Failed).await.unwrap();
    assert_eq!(desk.place.world.conversation(SITE, number).unwrap().opening.reactions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_to_one_person_is_said_once() {
    let (desk, number, run) = issue().await;
    let eve = Person { id: desk.place.account("eve"), name: "eve".into(), role: Role::Outsider };
    for version in [1, 2] {
        let id = EffectId { run: run.id.clone(), version, index: 0 };
        desk.comments.whisper(&id, &thread(number), &eve, &Post::line("Only people of this team can.")).await.unwrap();
    }
    assert_eq!(desk.shown(number), ["signalbox[bot]: @eve Only people of this team can."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_read_back_and_says_where_its_words_go() {
    let (desk, number, run) = issue().await;
    let world = &desk.place.world;
    world.person("ben").comment(SITE, number, "And <!-- hidden --> the FAQ.").unwrap();
    desk.comments.say(&desk.utterance(&thread(number), &run, 1, Slot::Closing, Post::line("Done."))).await.unwrap();
    let read = desk.comments.read(&thread(number), 10).await.unwrap();
    let lines: Vec<_> = read
        .iter()
        .map(|it| (it.message.by.name.as_str(), it.message.by.role, it.message.text.as_str(), it.ours))
        .collect();
    assert_eq!(
        lines,
        [
            ("ana", Role::Maintainer, "Prices\n\nThey say $9.", false),
            ("ben", Role::Member, "And  the FAQ.", false),
            ("signalbox[bot]", Role::Outsider, "Done.", true),
        ]
    );
    assert_eq!(desk.comments.read(&thread(number), 2).await.unwrap().len(), 2);

    let room = desk.comments.room(&thread(number)).await.unwrap();
    assert_eq!((room.name.as_str(), room.topic.as_str()), (SITE, "repo:acme/site"));
    let ana = world.person("ana");
    ana.push(SITE, "prices", "Prices", &[("page.html", Some("<p>$12</p>\n"))]).unwrap();
    let new = NewPull { title: "Prices", body: "", head: "prices", base: "", draft: false };
    let pull = ana.open_pull(SITE, &new).unwrap();
    assert_eq!(desk.comments.room(&thread(pull)).await.unwrap().topic, "repo:acme/site branch:prices");
    let eve = world.person("eve");
    let fork = eve.fork(SITE).unwrap();
    eve.push(&fork, "evil", "Evil", &[("page.html", Some("<p>$0</p>\n"))]).unwrap();
    let new = NewPull { title: "Evil", body: "", head: "eve:evil", base: "", draft: false };
    let pull = eve.open_pull(SITE, &new).unwrap();
    assert_eq!(
        desk.comments.room(&thread(pull)).await.unwrap().topic,
        format!("repo:acme/site branch:pull/{pull}/head")
    );
    assert!(rejected(desk.comments.room(&crate::desk::elsewhere()).await).contains("no issue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_pull_request_the_phases_are_a_check_of_its_head() {
    let desk = Desk::new().await;
    let ana = desk.place.world.person("ana");
    let head = ana.push(SITE, "prices", "Prices", &[("page.html", Some("<p>$12</p>\n"))]).unwrap();
    let new = NewPull { title: "Prices", body: "", head: "prices", base: "", draft: false };
    let number = ana.open_pull(SITE, &new).unwrap();
    let run = desk.begun(&thread(number), "finish it").await;
    let checks = || {
        let checks = desk.place.world.checks(SITE, Some(&head));
        checks.into_iter().filter(|check| check.name == "Signalbox").collect::<Vec<_>>()
    };
    let words = desk.utterance(&thread(number), &run, 1, Slot::Status, status(Stage::Working));
    desk.comments.say(&words).await.unwrap();
    assert_eq!(checks().len(), 1);
    assert_eq!(
        (checks()[0].status.as_str(), checks()[0].external_id.as_deref()),
        ("in_progress", Some(run.id.as_str()))
    );

    // Its button is pressed by somebody who looks at the checks.
    desk.kept().await;
    ana.press(SITE, checks()[0].id, "stop").unwrap();
    assert_eq!(desk.told().await, ["ana, maintainer presses Stop (to the run)"]);

    let mut over = Run { version: 2, ..run.clone() };
    let outcome = signalbox_domain::outcome::Outcome::Delivered;
    over.state = State::Ended { outcome, job: None, at: desk.place.clock.now() };
    desk.commit(&over, 1, "over").await;
    desk.comments.say(&desk.utterance(&thread(number), &run, 2, Slot::Closing, Post::line("Done."))).await.unwrap();
    assert_eq!(checks().len(), 1);
    assert_eq!(checks()[0].conclusion.as_deref(), Some("success"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_faults_on_every_call_nothing_is_lost_or_said_twice() {
    let (desk, number, run) = issue().await;
    desk.place.world.trouble(signalbox_world_github::seeded(7, 20));
    let tries = Arc::new(AtomicUsize::new(0));
    for version in 1..=20_u64 {
        let slot = Slot::Notice(format!("n{}", version % 7));
        let post = Post::line(format!("version {version}"));
        let mut words = desk.utterance(&thread(number), &run, version, slot, post);
        words.retried = version > 7;
        for _ in 0..200 {
            tries.fetch_add(1, Ordering::Relaxed);
            match desk.comments.say(&words).await {
                Ok(_) => break,
                Err(Error::Later { until, .. }) => desk.place.clock.set(until),
                Err(Error::Unavailable(_)) => {}
                Err(other) => panic!("{other}"),
            }
            words.retried = true;
        }
    }
    desk.place.world.calm();
    let mut shown = desk.shown(number);
    shown.sort();
    let mut expected: Vec<_> = (14..=20).map(|version| format!("signalbox[bot]: version {version}")).collect();
    expected.sort();
    assert_eq!(shown, expected);
    assert!(tries.load(Ordering::Relaxed) > 20, "some of the calls met trouble");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_the_chat_sends_is_refused_or_unlike_githubs_own_description() {
    let desk = Desk::checked().await;
    let ana = desk.place.world.person("ana");
    ana.push(SITE, "prices", "Prices", &[("page.html", Some("<p>$12</p>\n"))]).unwrap();
    let new = NewPull { title: "Prices", body: "", head: "prices", base: "", draft: false };
    let number = ana.open_pull(SITE, &new).unwrap();
    let comment = ana.comment(SITE, number, "@signalbox finish it").unwrap();
    assert_eq!(desk.told().await, ["ana, maintainer says: finish it"]);
    let run = desk.begun(&thread(number), "finish it").await;
    let mut words = desk.utterance(&thread(number), &run, 1, Slot::Status, status(Stage::Working));
    words.known = Some(desk.comments.say(&words).await.unwrap());
    desk.place.clock.advance(Length::seconds(5));
    words.post = status(Stage::Done);
    desk.comments.say(&words).await.unwrap();
    words = desk.utterance(&thread(number), &run, 2, Slot::Closing, Post::line("Done."));
    words.retried = true;
    desk.comments.say(&words).await.unwrap();
    for mark in [Mark::Seen, Mark::Done] {
        desk.comments.mark(&thread(number), &MessageId(format!("comment:{comment}")), mark).await.unwrap();
    }
    let ben = Person { id: desk.place.account("ben"), name: "ben".into(), role: Role::Member };
    desk.comments.whisper(&words.id, &thread(number), &ben, &Post::line("It is over.")).await.unwrap();
    desk.comments.read(&thread(number), 50).await.unwrap();
    desk.comments.room(&thread(number)).await.unwrap();
    desk.comments.catch_up(&[]).await.unwrap();
    let expected = signalbox_github::Expected { features: signalbox_github::Feature::ALL.into(), public_url: None };
    signalbox_github::examine(&desk.github, &expected).await;
    let meters = desk.place.world.meters();
    assert!(meters.breaches.is_empty(), "{:#?}", meters.breaches);
    assert!(meters.refused.is_empty(), "{:#?}", meters.refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_has_the_address_that_people_look_at() {
    let (desk, number, _) = issue().await;
    let link = desk.comments.link(&thread(number)).await.unwrap();
    assert_eq!(link, Some(format!("{}/{SITE}/issues/{number}", desk.github.settings().web_url)));
}
