//! Where people ask besides a channel's messages: alone with the app, by an emoji, a shortcut, a command, and its Home.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_slack::AppSpec;

use super::World;
use super::arrivals::once;

#[tokio::test]
async fn a_direct_message_needs_no_mention() {
    let world = World::default();
    let place = &world.place;
    let direct = place.vendor.direct(place.user("Ana"), &place.bot);
    let words = "the price should say $12 repo:acme/website";
    let root = place.vendor.say(place.user("Ana"), &direct, words).await.unwrap();
    world.pass(Span::minutes(5)).await;
    let thread = place.thread(&direct, &root);
    let transcript = world.transcript(&thread).await;
    assert!(transcript.contains("Ready for review"), "{transcript}");
    assert_eq!((world.store.runs(9).await.unwrap().len(), world.forge.changes().len()), (1, 1));
    assert_eq!(place.vendor.message(&direct, &root).unwrap().marks(), "✅");
    let closings = place.vendor.thread(&direct, &root).unwrap();
    assert_eq!(closings.iter().filter(|seen| seen.text.contains("Ready for review")).count(), 1);
    world.abandon();
}

#[tokio::test]
async fn an_emoji_and_the_shortcut_ask_for_the_message_they_are_put_on_once() {
    let world = World::made(AppSpec::everything("Signalbox").with_shortcut("signalbox:ask"), |_| {}, |_| {});
    let (place, web) = (&world.place, world.place.channel("web"));
    let root = place.vendor.say(place.user("Bo"), web, "the price should say $12").await.unwrap();
    place.vendor.react(place.user("Ana"), web, &root, "signalbox").await.unwrap();
    place.vendor.message_shortcut(place.user("Ana"), web, &root, "signalbox:ask").await.unwrap();
    world.pass(Span::minutes(5)).await;
    once(&world, &place.thread(web, &root)).await;
}

#[tokio::test]
async fn a_shortcut_alone_asks() {
    let world = World::made(AppSpec::everything("Signalbox").with_shortcut("signalbox:ask"), |_| {}, |_| {});
    let (place, web) = (&world.place, world.place.channel("web"));
    let root = place.vendor.say(place.user("Bo"), web, "the price should say $12").await.unwrap();
    place.vendor.message_shortcut(place.user("Ana"), web, &root, "signalbox:ask").await.unwrap();
    world.pass(Span::minutes(5)).await;
    once(&world, &place.thread(web, &root)).await;
}

#[tokio::test]
async fn a_command_asks_in_a_thread_of_its_own() {
    let world = World::made(AppSpec::everything("Signalbox").with_command("/signalbox"), |_| {}, |_| {});
    let (place, web) = (&world.place, world.place.channel("web"));
    place.vendor.slash(place.user("Ana"), web, "/signalbox", "the price should say $12").await.unwrap();
    world.pass(Span::minutes(5)).await;
    let runs = world.store.runs(9).await.unwrap();
    assert_eq!(runs.len(), 1);
    once(&world, &runs[0].thread).await;
}

#[tokio::test]
async fn home_shows_ones_runs_and_settings_are_kept() {
    let world = World::made(AppSpec::everything("Signalbox").with_command("/signalbox"), |_| {}, |_| {});
    let (place, web) = (&world.place, world.place.channel("web"));
    world.ask("web", "Ana", "the price should say $12").await;
    world.pass(Span::minutes(5)).await;
    place.vendor.open_home(place.user("Ana"), &place.bot).await.unwrap();
    world.pass(Span::minutes(1)).await;
    let home = place.vendor.home(place.user("Ana"), &place.app.id).expect("a home");
    assert!(home.text.contains("the price should say $12"), "{}", home.text);
    place.vendor.slash(place.user("Ana"), web, "/signalbox", "settings").await.unwrap();
    world.pass(Span::seconds(2)).await;
    let form = place.vendor.modals(place.user("Ana")).pop().expect("the settings are a form");
    place.vendor.search_in_view(place.user("Ana"), &form.id, "signalbox.search", "web").await.unwrap();
    place.vendor.submit(place.user("Ana"), &form.id, &[("signalbox.search", "acme/website")]).await.unwrap();
    world.pass(Span::minutes(1)).await;
    let home = place.vendor.home(place.user("Ana"), &place.app.id).expect("a home");
    assert!(home.text.contains("acme/website"), "{}", home.text);
}
