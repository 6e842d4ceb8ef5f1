//! What people do, as runs hear it.

use serde_json::json;
use signalbox_domain::id::{Digest, EffectId};
use signalbox_domain::post::{Action, Post, Slot};
use signalbox_domain::route::Target;
use signalbox_domain::talk::Role;
use signalbox_ports::chat::{Chat, Utterance};
use signalbox_world_slack::{Arrives, Fault, Kind, Manner, Rule, Ts, Words};

use crate::scene::{Scene, spec};

fn utterance(scene: &Scene, root: &Ts, slot: Slot, post: Post) -> Utterance {
    let run: signalbox_domain::id::RunId = "01JRUN".into();
    let id = EffectId { run: run.clone(), version: 1, index: 0 };
    Utterance { id, thread: scene.thread(root), run, slot, post, known: None, retried: false }
}

#[tokio::test]
async fn a_mention_is_one_request_whatever_it_comes_in_and_however_often() {
    let scene = Scene::new().await;
    scene.world.rule(Rule::next("message", Manner::Copies { count: 11, fresh_ids: true }));
    scene.world.say(&scene.ana, &scene.web, "@signalbox the price is $9 & it should be <12>").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: the price is $9 & it should be <12>"]);
}

#[tokio::test]
async fn a_mention_in_a_thread_counts_when_it_comes_as_a_message_only() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ben, &scene.web, "the build is red").await.unwrap();
    let words = |arrives| Words::new("@signalbox fix it").in_thread(&root).arriving(arrives);
    scene.world.post_words(&scene.ana, &scene.web, words(Arrives::Message)).await.unwrap();
    scene.world.post_words(&scene.ana, &scene.web, words(Arrives::Mention)).await.unwrap();
    scene.world.reply(&scene.ben, &scene.web, &root, "thanks, Ana").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it", "Ana: fix it"]);
    assert_eq!(scene.reasons().await, ["it was not addressed to Signalbox"]);
    assert!(scene.deliveries().iter().all(|delivery| delivery.thread == scene.thread(&root)));
}

#[tokio::test]
async fn in_a_thread_that_began_with_us_every_reply_is_for_us_unless_it_names_somebody_else() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "@signalbox fix the price").await.unwrap();
    scene.world.reply(&scene.ana, &scene.web, &root, "also the FAQ").await.unwrap();
    scene.world.reply(&scene.ana, &scene.web, &root, "@Ben what do you think?").await.unwrap();
    scene.world.reply(&scene.ben, &scene.web, &root, "stop").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix the price", "Ana: also the FAQ", "Ben: stop"]);
    assert_eq!(scene.world.meters().calls["conversations.replies"], 1, "the thread's beginning is remembered");
}

#[tokio::test]
async fn a_direct_message_needs_no_mention_and_a_mention_is_taken_off() {
    let scene = Scene::new().await;
    let direct = scene.world.direct(&scene.ana, &scene.bot);
    scene.world.say(&scene.ana, &direct, "fix it").await.unwrap();
    scene.world.say(&scene.ana, &direct, "please stop @signalbox").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it", "Ana: please stop"]);
}

#[tokio::test]
async fn files_and_forwarded_messages_come_along_as_what_they_are() {
    let scene = Scene::new().await;
    let ops = scene.world.private_channel(&scene.team, "ops", &[&scene.ana]);
    let there = scene.world.say(&scene.ana, &ops, "stop the pager").await.unwrap();
    let words = Words::new("@signalbox look").forwarding(&ops, &there).with_file("log.txt", "text/plain", b"boom");
    scene.world.post_words(&scene.ana, &scene.web, words).await.unwrap();
    let facts = scene.facts().await;
    assert_eq!(facts.len(), 1);
    assert!(facts[0].starts_with("Ana: look\n> Forwarded, by Ana"), "{}", facts[0]);
    assert!(facts[0].ends_with("\n> stop the pager [log.txt]"), "{}", facts[0]);
}

#[tokio::test]
async fn an_edit_a_deletion_and_a_mention_that_is_edited_in_are_heard_as_what_they_are() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    let ts = world.say(&scene.ana, web, "@signalbox make it blue").await.unwrap();
    world.edit(&scene.ana, web, &ts, "@signalbox make it green").await.unwrap();
    world.delete(&scene.ana, web, &ts).await.unwrap();
    let later = world.say(&scene.ben, web, "make it red").await.unwrap();
    world.edit(&scene.ben, web, &later, "@signalbox make it red").await.unwrap();
    let facts = scene.facts().await;
    assert_eq!(facts, ["Ana: make it blue", "Ana edited: make it green", "deleted, of Ana", "Ben: make it red"]);
}

#[tokio::test]
async fn whoever_may_not_is_told_alone_and_starts_nothing() {
    let scene = Scene::new().await;
    let other = scene.world.team("Other");
    let zoe = scene.world.person(&other, "Zoe");
    let gus = scene.world.person_as(&scene.team, "Gus", Kind::Guest);
    let una = scene.world.person_as(&scene.team, "Una", Kind::OneChannelGuest);
    scene.world.share(&scene.web, &other);
    for who in [&zoe, &gus, &una] {
        scene.world.join(&scene.web, who);
        scene.world.say(who, &scene.web, "@signalbox fix it").await.unwrap();
    }
    assert!(scene.facts().await.is_empty());
    for who in [&zoe, &gus, &una] {
        let told = seen(&scene).into_iter().filter(|seen| seen.only_for.as_ref() == Some(who)).count();
        assert_eq!(told, 1, "{}", scene.world.name(who));
    }
    let public = seen(&scene).into_iter().filter(|seen| seen.by_app && seen.only_for.is_none()).count();
    assert_eq!(public, 0);
}

fn seen(scene: &Scene) -> Vec<signalbox_world_slack::Seen> {
    let roots = scene.world.history(&scene.web).unwrap();
    let mut all: Vec<_> = roots
        .iter()
        .flat_map(|root| scene.world.thread(&scene.web, root.thread.as_ref().unwrap_or(&root.ts)).unwrap())
        .collect();
    all.sort_by(|one, other| one.ts.0.cmp(&other.ts.0));
    all.dedup_by(|one, other| one.ts == other.ts);
    all
}

#[tokio::test]
async fn what_members_may_do_is_what_the_settings_say() {
    let scene = Scene::with(spec(), |settings| settings.roles.members = Role::Viewer).await;
    scene.world.say(&scene.ana, &scene.web, "@signalbox why?").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana (viewer): why?"]);
}

#[tokio::test]
async fn a_program_is_not_heard_unless_it_is_listed_and_never_twice_in_a_row() {
    let scene = Scene::new().await;
    let other = scene.world.app(signalbox_world_slack::AppSpec::everything("alerts"));
    let alerts = scene.world.install(&other.id, &scene.team).unwrap();
    scene.world.join(&scene.web, &alerts.user);
    scene.world.bot_says(&alerts, &scene.web, Words::new("@signalbox disk full")).await.unwrap();
    assert!(scene.facts().await.is_empty());
    assert!(scene.reasons().await[0].starts_with("it is by a program that is not listed"));
}

#[tokio::test]
async fn two_programs_that_answer_each_other_are_cut() {
    let scene = Scene::new().await;
    let other = scene.world.app(signalbox_world_slack::AppSpec::everything("alerts"));
    let alerts = scene.world.install(&other.id, &scene.team).unwrap();
    scene.world.join(&scene.web, &alerts.user);
    // The same Slack, with the program listed.
    let mut settings = scene.slack.settings().clone();
    settings.roles.listed.insert(format!("slack:{}/{}", scene.team, alerts.bot), Role::Member);
    let notes = std::sync::Arc::new(signalbox_world::notes::Notes::default());
    let board = std::sync::Arc::new(crate::scene::Knows);
    let listed = signalbox_slack::Slack::new(settings, scene.clock.clone(), notes, board).unwrap();
    let scene = Scene { slack: listed, ..scene };

    let root = scene.world.bot_says(&alerts, &scene.web, Words::new("@signalbox disk full")).await.unwrap();
    for _ in 0..3 {
        let words = Words::new("@signalbox still full").in_thread(&root);
        scene.world.bot_says(&alerts, &scene.web, words).await.unwrap();
    }
    scene.world.reply(&scene.ana, &scene.web, &root, "I am on it").await.unwrap();
    scene.world.bot_says(&alerts, &scene.web, Words::new("@signalbox fixed?").in_thread(&root)).await.unwrap();
    assert_eq!(scene.facts().await, ["alerts: disk full", "Ana: I am on it", "alerts: fixed?"]);
    assert_eq!(scene.reasons().await.len(), 3);
}

#[tokio::test]
async fn an_emoji_and_the_shortcut_make_a_message_a_request_of_whoever_points_once() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    let ts = world.say(&scene.ben, web, "the build is red").await.unwrap();
    world.react(&scene.ana, web, &ts, "signalbox").await.unwrap();
    world.message_shortcut(&scene.ben, web, &ts, "signalbox:ask").await.unwrap();
    world.reply(&scene.ben, web, &ts, "since yesterday").await.unwrap();
    world.react(&scene.ben, web, &ts, "x").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: the build is red", "Ben: since yesterday", "Ben presses Stop"]);
}

#[tokio::test]
async fn a_cross_stops_what_the_message_asked_for_and_nothing_else() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    let talk = world.say(&scene.ben, web, "lunch?").await.unwrap();
    world.react(&scene.ana, web, &talk, "x").await.unwrap();
    world.react(&scene.ana, web, &talk, "tada").await.unwrap();
    let asked = world.say(&scene.ana, web, "@signalbox fix it").await.unwrap();
    world.react(&scene.ben, web, &asked, "x").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it", "Ben presses Stop"]);
}

#[tokio::test]
async fn a_button_says_its_run_and_a_deny_asks_why() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    let root = world.say(&scene.ana, web, "@signalbox fix it").await.unwrap();
    let digest = Digest::of(b"plan");
    let deny = Action::Deny { phase: "plan".into(), digest: digest.clone(), reason: String::new() };
    let post = Post::line("Shall I?")
        .button("Approve", Action::Approve { phase: "plan".into(), digest: digest.clone() })
        .button("Deny", deny);
    let said = scene.slack.say(&utterance(&scene, &root, Slot::Gate("plan".into(), digest), post)).await.unwrap();
    let ts = Ts(said.0);
    world.press(&scene.ben, web, &ts, "Approve").await.unwrap();
    world.press(&scene.ben, web, &ts, "Deny").await.unwrap();
    scene.understand().await;
    let form = world.modals(&scene.ben).pop().expect("it asks for the reason");
    world.submit(&scene.ben, &form.id, &[("Why not?", "too risky")]).await.unwrap();
    let facts = scene.facts().await;
    assert_eq!(facts.len(), 3, "{facts:?}");
    assert!(facts[1].starts_with("Ben presses Approve"), "{facts:?}");
    assert_eq!(facts[2], "Ben denies: too risky");
    let presses: Vec<_> = scene.deliveries().into_iter().filter(|delivery| delivery.run.is_some()).collect();
    assert_eq!(presses.len(), 2);
    assert!(presses.iter().all(|delivery| delivery.run.as_ref().is_some_and(|run| run.as_str() == "01JRUN")));
    assert!(presses.iter().all(|delivery| delivery.thread == scene.thread(&root)));
}

#[tokio::test]
async fn a_deny_whose_form_comes_too_late_holds_without_a_reason() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    let digest = Digest::of(b"plan");
    let deny = Action::Deny { phase: "plan".into(), digest: digest.clone(), reason: String::new() };
    let post = Post::line("Shall I?").button("Deny", deny);
    let said = scene.slack.say(&utterance(&scene, &root, Slot::Gate("plan".into(), digest), post)).await.unwrap();
    scene.world.press(&scene.ben, &scene.web, &Ts(said.0), "Deny").await.unwrap();
    scene.world.fault(Some("views.open"), Fault::Refused("expired_trigger_id".into()), 1);
    assert_eq!(scene.facts().await[1], "Ben denies: ");
}

#[tokio::test]
async fn a_repository_is_searched_for_and_chosen_and_an_unknown_one_is_not() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    let root = world.say(&scene.ana, web, "@signalbox fix it").await.unwrap();
    let target = Target {
        workflow: "build".into(),
        repository: Some("acme/website".into()),
        branch: None,
        inputs: std::collections::BTreeMap::new(),
    };
    let post = Post::line("Where?").button("acme/website", Action::Choose { target });
    let said = scene.slack.say(&utterance(&scene, &root, Slot::Question(3), post)).await.unwrap();
    let ts = Ts(said.0);
    let calls = world.meters().total();
    let offered = world.search(&scene.ana, web, &ts, "signalbox.search", "api").await.unwrap();
    assert_eq!(offered, [("acme/api".to_owned(), "acme/api".to_owned())]);
    assert_eq!(world.meters().total(), calls, "Slack is not asked while it waits");
    world.pick(&scene.ana, web, &ts, "signalbox.search", "acme/api").await.unwrap();
    assert_eq!(scene.facts().await[1], "Ana chooses Some(\"acme/api\") to build");
}

#[tokio::test]
async fn a_command_is_posted_once_in_their_name_even_when_the_answer_was_lost() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    world.fault(Some("chat.postMessage"), Fault::DropAfter, 1);
    let answer = world.slash(&scene.ana, web, "/signalbox", "the price is <b> & wrong").await.unwrap();
    assert_eq!(answer, None, "nothing is shown to them but the message itself");
    assert_eq!(scene.facts().await, ["Ana: the price is <b> & wrong"]);
    let posted: Vec<_> = world.history(web).unwrap().into_iter().filter(|seen| seen.by_app).collect();
    assert_eq!(posted.len(), 1);
    assert!(posted[0].text.starts_with("Ana asks:"), "{}", posted[0].text);
    let root = &posted[0].ts;
    world.reply(&scene.ana, web, root, "also the FAQ").await.unwrap();
    assert_eq!(scene.facts().await.last().unwrap(), "Ana: also the FAQ");
}

#[tokio::test]
async fn help_list_and_settings_are_answered_to_whoever_typed_them() {
    let scene = Scene::new().await;
    let (world, web) = (&scene.world, &scene.web);
    for words in ["", "help", "list", "stop", "settings"] {
        world.slash(&scene.ana, web, "/signalbox", words).await.unwrap();
    }
    assert!(scene.facts().await.is_empty());
    let told: Vec<String> = world.history(web).unwrap().into_iter().map(|seen| seen.text).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].contains("/signalbox list") && told[2].contains("the price"), "{told:?}");
    let form = world.modals(&scene.ana).pop().expect("the settings are a form");
    world.search_in_view(&scene.ana, &form.id, "signalbox.search", "web").await.unwrap();
    world.submit(&scene.ana, &form.id, &[("signalbox.search", "acme/website")]).await.unwrap();
    scene.understand().await;
    let home = world.home(&scene.ana, &scene.app.id).expect("the home shows what was set");
    assert!(home.text.contains("acme/website"), "{}", home.text);
}

#[tokio::test]
async fn home_is_shown_when_it_is_opened_and_slacks_own_stop_stops() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    scene.world.open_home(&scene.ana, &scene.bot).await.unwrap();
    scene.understand().await;
    assert!(scene.world.home(&scene.ana, &scene.app.id).is_some());
    let call = json!({ "channel_id": scene.web.0, "thread_ts": root.0, "status": "processing" });
    crate::visit::call(&scene, "agents.sessions.setStatus", &call).await;
    scene.world.stop(&scene.ben, &scene.web, &root).await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it", "Ben presses Stop"]);
}

#[tokio::test]
async fn what_slack_refuses_for_now_is_asked_again_later_and_comes_to_the_same() {
    let scene = Scene::new().await;
    scene.world.fault(Some("users.info"), Fault::RateLimited(7), 1);
    scene.world.fault(Some("auth.test"), Fault::ServerError, 2);
    scene.world.say(&scene.ana, &scene.web, "@signalbox fix it").await.unwrap();
    assert_eq!(scene.facts().await, ["Ana: fix it"]);
    assert_eq!(scene.world.meters().early_total(), 0);
    assert_eq!(scene.world.meters().over_total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_has_the_address_that_slack_gives_it() {
    let scene = Scene::new().await;
    let root = scene.world.say(&scene.ana, &scene.web, "@Signalbox the price is wrong").await.unwrap();
    let link = scene.slack.link(&scene.thread(&root)).await.unwrap().unwrap();
    assert!(link.contains("/archives/") && link.ends_with(&format!("/p{}", root.0.replace('.', ""))), "{link}");
}
