//! What runs say and show, as people see it.

use std::collections::BTreeSet;

use signalbox_domain::id::EffectId;
use signalbox_domain::post::{Action, Line, Mark, Post, Slot, Span, Stage};
use signalbox_domain::talk::Attachment;
use signalbox_ports::Error;
use signalbox_ports::chat::Chat;
use signalbox_world_slack::{AppSpec, Fault, Limits, Status, Words};

use crate::desk::Desk;

fn status(activity: &str) -> Post {
    let mut post = Post::default()
        .and(Line::Text { spans: vec![Span::Plain("Changing ".into()), Span::Strong("acme/website".into())] })
        .and(Line::Phase { label: "Plan".into(), stage: Stage::Done, note: vec![Span::Plain("done · 41 s".into())] })
        .and(Line::Phase { label: "Build".into(), stage: Stage::Working, note: vec![Span::Untrusted(activity.into())] })
        .button("Stop", Action::Stop);
    post.footer = vec![Span::Plain("2 min 10 s · $0.31 of $8".into())];
    post
}

fn answer(words: usize) -> Post {
    let text: String = (0..words).map(|n| format!("word{n} ")).collect();
    Post::default().and(Line::Quote { text })
}

#[tokio::test]
async fn a_run_has_one_status_message_that_is_edited_in_place() {
    let desk = Desk::with_everything().await;
    let first = desk.slack.say(&desk.utterance(1, Slot::Status, status("starting …"), None)).await.unwrap();
    let early = desk.slack.say(&desk.utterance(2, Slot::Status, status("reading …"), Some(&first))).await;
    let until = desk.clock_now() + signalbox_domain::time::Span::seconds(2);
    assert!(matches!(early, Err(Error::Later { until: told, .. }) if told == until), "{early:?}");
    desk.later(2);
    let edited =
        desk.slack.say(&desk.utterance(3, Slot::Status, status("editing <src/pricing.html> …"), Some(&first))).await;
    assert_eq!(edited.as_ref(), Ok(&first));
    desk.later(2);
    // One that was overtaken on the way.
    assert_eq!(
        desk.slack.say(&desk.utterance(2, Slot::Status, status("reading …"), Some(&first))).await.as_ref(),
        Ok(&first)
    );
    let read = desk.read();
    assert!(read.contains("editing <src/pricing.html> …") && read.contains("2 min 10 s · $0.31 of $8"), "{read}");
    let [message] = desk.ours().try_into().unwrap();
    assert_eq!(message.edits.len(), 1);
    assert!(!message.unfurls);
    assert_eq!(message.buttons, ["Stop"]);
    desk.is_content();
}

#[tokio::test]
async fn whatever_breaks_while_it_is_posted_the_thread_says_it_once() {
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::ServerError, Fault::ServerErrorAfter] {
        let mut desk = Desk::with_everything().await;
        desk.world.fault(Some("chat.postMessage"), fault.clone(), 1);
        let mut utterance = desk.utterance(1, Slot::Closing, Post::line("All done."), None);
        let broken = desk.slack.say(&utterance).await;
        assert!(matches!(broken, Err(Error::Unavailable(_))), "{broken:?}");
        utterance.retried = true;
        desk.restart();
        let said = desk.slack.say(&utterance).await.unwrap();
        assert_eq!(desk.slack.say(&utterance).await.unwrap(), said, "and again, it changes nothing");
        assert_eq!(desk.ours().len(), 1, "{fault:?}:\n{}", desk.read());
        desk.is_content();
    }
}

#[tokio::test]
async fn a_lease_that_ran_out_leaves_one_message_even_if_both_posted() {
    let mut desk = Desk::with_everything().await;
    let utterance = desk.utterance(1, Slot::Closing, Post::line("All done."), None);
    let first = desk.slack.say(&utterance).await.unwrap();
    desk.restart();
    let second = desk.slack.say(&utterance).await.unwrap();
    assert_ne!(first, second);
    desk.restart();
    let mut again = desk.utterance(2, Slot::Closing, Post::line("All done, and told."), Some(&second));
    again.retried = true;
    assert_eq!(desk.slack.say(&again).await.unwrap(), second, "the one that is known stays");
    let [message] = desk.ours().try_into().unwrap();
    assert_eq!((message.ts.0, message.notification.as_str()), (second.0, "All done, and told."));
    desk.is_content();
}

#[tokio::test]
async fn a_message_that_somebody_removed_is_said_anew() {
    let desk = Desk::with_everything().await;
    let first = desk.slack.say(&desk.utterance(1, Slot::Status, status("a"), None)).await.unwrap();
    desk.world.remove(&desk.channel, &first.0.as_str().into()).await.unwrap();
    desk.later(3);
    let second = desk.slack.say(&desk.utterance(2, Slot::Status, status("b"), Some(&first))).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(desk.ours().len(), 1);
}

#[tokio::test]
async fn a_long_text_goes_on_in_further_messages_which_go_when_it_gets_short() {
    let desk = Desk::with_everything().await;
    let gate = Slot::Gate("plan".into(), "sha256:0123456789abcdef".into());
    let first = desk.slack.say(&desk.utterance(1, gate.clone(), answer(2_500), None)).await.unwrap();
    assert_eq!(desk.ours().len(), 3);
    let read = desk.read();
    let words: BTreeSet<&str> = read.split_whitespace().collect();
    assert!((0..2_500).all(|n| words.contains(format!("word{n}").as_str())), "every word is there");
    desk.later(60);
    let decided =
        desk.slack.say(&desk.utterance(2, gate, Post::line("Ana approved this."), Some(&first))).await.unwrap();
    assert_eq!(decided, first);
    assert_eq!(desk.read(), "Signalbox: Ana approved this.\n");
    desk.is_content();
}

#[tokio::test]
async fn a_very_long_text_is_a_file_told_with_its_size_or_says_where_it_is() {
    let desk = Desk::with_everything().await;
    let mut utterance = desk.utterance(1, Slot::Closing, answer(20_000), None);
    // More messages than may be posted at once: the last comes a second later.
    assert!(matches!(desk.slack.say(&utterance).await, Err(Error::Later { .. })));
    utterance.retried = true;
    for _ in 0..2 {
        desk.later(60);
        desk.slack.say(&utterance).await.unwrap();
    }
    assert_eq!(desk.ours().iter().filter(|seen| seen.files.is_empty()).count(), 4);
    let files: Vec<String> = desk.ours().into_iter().flat_map(|seen| seen.files).collect();
    let [name] = files.as_slice() else { panic!("one file, and once: {files:?}") };
    let bytes = desk.world.file(name).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("word19999"));
    assert!(desk.read().contains("not shown here; the whole text is the file in this thread"), "{}", desk.read());
    desk.is_content();

    let desk = Desk::new(AppSpec::everything("Signalbox").without_scope("files:write"), Limits::Metered).await;
    let mut utterance = desk.utterance(1, Slot::Closing, answer(20_000), None);
    while desk.slack.say(&utterance).await.is_err() {
        utterance.retried = true;
        desk.later(60);
    }
    assert!(desk.read().contains("the whole text is at https://signalbox.example"), "{}", desk.read());
}

#[tokio::test]
async fn a_message_carries_one_mark_of_ours_whatever_was_forgotten() {
    let mut desk = Desk::with_everything().await;
    let (thread, message) = (desk.thread(), desk.root.0.as_str().into());
    desk.world.react(&desk.ana, &desk.channel, &desk.root, "eyes").await.unwrap();
    let mut seen = Vec::new();
    for mark in [Mark::Seen, Mark::Working, Mark::Waiting, Mark::Working, Mark::Done, Mark::Done] {
        desk.slack.mark(&thread, &message, mark).await.unwrap();
        seen.push(desk.marks());
        desk.restart();
    }
    assert_eq!(seen, ["👀", "👀⏳", "👀❓", "👀⏳", "👀✅", "👀✅"], "Ana's own stays");
    let session = desk.world.session(&desk.channel, &desk.root).unwrap();
    let shown: Vec<Status> = session.history.iter().map(|(_, status)| *status).collect();
    assert_eq!(shown.first(), Some(&Status::Processing));
    assert!(shown.contains(&Status::Suspended));
    assert_eq!(shown.last(), Some(&Status::Closed));
    desk.slack.mark(&thread, &"1.000000".into(), Mark::Done).await.unwrap();
}

#[tokio::test]
async fn an_app_that_is_no_agent_shows_its_marks_and_asks_once() {
    let desk = Desk::new(AppSpec::everything("Signalbox").without_agent(), Limits::Metered).await;
    for mark in [Mark::Seen, Mark::Working, Mark::Done] {
        desk.slack.mark(&desk.thread(), &desk.root.0.as_str().into(), mark).await.unwrap();
    }
    assert_eq!(desk.marks(), "✅");
    assert_eq!(desk.world.meters().calls["agents.sessions.setStatus"], 1);
}

#[tokio::test]
async fn a_session_is_closed_although_slack_had_trouble() {
    let desk = Desk::with_everything().await;
    let (thread, message) = (desk.thread(), desk.root.0.as_str().into());
    desk.slack.mark(&thread, &message, Mark::Working).await.unwrap();
    desk.world.fault(Some("agents.sessions.setStatus"), Fault::ServerError, 1);
    assert!(matches!(desk.slack.mark(&thread, &message, Mark::Stopped).await, Err(Error::Unavailable(_))));
    desk.slack.mark(&thread, &message, Mark::Stopped).await.unwrap();
    assert_eq!(desk.world.session(&desk.channel, &desk.root).unwrap().status(), Status::Closed);
    assert_eq!(desk.marks(), "🚫");
}

#[tokio::test]
async fn what_is_meant_for_one_person_is_seen_by_that_person_only() {
    let desk = Desk::with_everything().await;
    let bo = desk.world.person(&desk.team, "Bo");
    let id = EffectId { run: "01JQRUN".into(), version: 1, index: 0 };
    let words = Post::line("Only Ana and maintainers may stop this.");
    desk.slack.whisper(&id, &desk.thread(), &desk.person(&desk.ana, "Ana"), &words).await.unwrap();
    assert_eq!(desk.read(), "Signalbox (only to Ana): Only Ana and maintainers may stop this.\n");

    desk.slack.whisper(&id, &desk.thread(), &desk.person(&bo, "Bo"), &words).await.unwrap();
    let direct = desk.world.direct(&bo, &desk.app);
    let told = desk.world.history(&direct).unwrap();
    assert_eq!(told.last().unwrap().text, "Only Ana and maintainers may stop this.");

    let approve = Action::Approve { phase: "gate".into(), digest: "sha256:1".into() };
    let gate = Post::line("May this go on?").button("Approve", approve);
    desk.slack.whisper(&id, &desk.thread(), &desk.person(&desk.ana, "Ana"), &gate).await.unwrap();
    let direct = desk.world.direct(&desk.ana, &desk.app);
    assert_eq!(
        desk.world.history(&direct).unwrap().last().unwrap().buttons,
        ["Approve"],
        "a gate waits in a direct message"
    );

    let stranger = signalbox_domain::talk::Person { id: "github:1".into(), ..desk.person(&bo, "Bo") };
    assert!(matches!(desk.slack.whisper(&id, &desk.thread(), &stranger, &words).await, Err(Error::Rejected(_))));
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_a_pause_is_kept() {
    let desk = Desk::new(AppSpec::everything("Signalbox").without_scope("chat:write"), Limits::Metered).await;
    let said = desk.slack.say(&desk.utterance(1, Slot::Closing, Post::line("x"), None)).await;
    let Err(Error::Rejected(why)) = said else { panic!("{said:?}") };
    assert!(why.contains("`chat:write`"), "{why}");

    let desk = Desk::new(AppSpec::everything("Signalbox").without_scope("chat:write.public"), Limits::Metered).await;
    desk.world.leave(&desk.channel, &desk.app.user);
    let said = desk.slack.say(&desk.utterance(1, Slot::Closing, Post::line("x"), None)).await;
    let Err(Error::Rejected(why)) = said else { panic!("{said:?}") };
    assert!(why.contains("Invite me there with /invite"), "{why}");

    let desk = Desk::with_everything().await;
    desk.world.fault(Some("chat.postMessage"), Fault::RateLimited(30), 1);
    let now = desk.clock_now();
    for _ in 0..3 {
        let said = desk.slack.say(&desk.utterance(1, Slot::Closing, Post::line("x"), None)).await;
        assert!(
            matches!(said, Err(Error::Later { until, .. }) if until >= now + signalbox_domain::time::Span::seconds(30)),
            "{said:?}"
        );
    }
    assert_eq!(desk.world.meters().calls["chat.postMessage"], 1, "it is not asked again before");
    desk.later(30);
    desk.slack.say(&desk.utterance(1, Slot::Closing, Post::line("x"), None)).await.unwrap();
    desk.world.fault(Some("chat.postMessage"), Fault::Refused("internal_error".into()), 1);
    let said = desk.slack.say(&desk.utterance(2, Slot::Notice("budget".into()), Post::line("x"), None)).await;
    assert!(matches!(said, Err(Error::Unavailable(_))), "{said:?}");
    assert_eq!(desk.world.meters().early_total(), 0);
}

#[tokio::test]
async fn a_workspace_without_plans_is_told_the_same_in_lines() {
    let desk = Desk::with_everything().await;
    desk.world.fault(Some("chat.postMessage"), Fault::Refused("invalid_blocks".into()), 1);
    desk.slack.say(&desk.utterance(1, Slot::Status, status("editing …"), None)).await.unwrap();
    let [message] = desk.ours().try_into().unwrap();
    assert!(message.blocks.iter().all(|block| block["type"] != "plan"));
    assert!(message.text.contains("editing …"), "{}", message.text);
}

#[tokio::test]
async fn a_thread_is_read_with_who_said_what_and_its_files() {
    let desk = Desk::with_everything().await;
    desk.world.set_topic(&desk.channel, "repo:acme/website");
    let words = Words::new("see https://example.com/a & <this>").in_thread(&desk.root).with_file(
        "a.txt",
        "text/plain",
        b"hello",
    );
    desk.world.post_words(&desk.ana, &desk.channel, words).await.unwrap();
    desk.slack.say(&desk.utterance(1, Slot::Closing, Post::line("All done."), None)).await.unwrap();
    let spoken = desk.slack.read(&desk.thread(), 10).await.unwrap();
    let read: Vec<_> =
        spoken.iter().map(|it| (it.message.by.name.as_str(), it.message.text.as_str(), it.ours)).collect();
    assert_eq!(
        read,
        [
            ("Ana", "the pricing page says $9, it should say $12", false),
            ("Ana", "see https://example.com/a & <this>", false),
            ("Signalbox", "All done.", true)
        ]
    );
    assert_eq!(spoken[0].message.by.id, format!("slack:{}/{}", desk.team, desk.ana));
    let two = desk.slack.read(&desk.thread(), 2).await.unwrap();
    assert_eq!(two.iter().map(|it| it.ours).collect::<Vec<_>>(), [false, true], "the request and the newest");

    let [file]: [Attachment; 1] = spoken[1].message.attachments.clone().try_into().unwrap();
    assert_eq!((file.name.as_str(), file.bytes), ("a.txt", 5));
    assert_eq!(desk.slack.attachment(&desk.thread(), &file, 5).await.unwrap(), Some(b"hello".to_vec()));
    assert_eq!(desk.slack.attachment(&desk.thread(), &file, 4).await.unwrap(), None, "it is too long");
    let room = desk.slack.room(&desk.thread()).await.unwrap();
    assert_eq!((room.name.as_str(), room.topic.as_str()), ("#web", "repo:acme/website"));
    desk.is_content();
}
