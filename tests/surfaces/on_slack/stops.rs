//! A run is stopped from wherever somebody reaches for it: one end, and its box is gone.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_slack::AppSpec;

use super::World;
use super::stories::acts::{after, built};

/// The places there are. A slash command knows no thread; it says where to stop, and stops nothing.
#[derive(Clone, Copy, Debug)]
enum Place {
    Button,
    Native,
    Word,
    Mention,
    Cross,
    Deletion,
}

#[tokio::test]
async fn a_run_is_stopped_from_each_of_its_places_with_one_end() {
    for place in [Place::Button, Place::Native, Place::Word, Place::Mention, Place::Cross, Place::Deletion] {
        let world = World::default();
        world.script("build", vec![after(600, built())]);
        let thread = world.ask("web", "Ana", "the price should say $12").await;
        world.pass(Span::seconds(20)).await;
        assert_eq!(world.boxes.live().len(), 1, "{place:?}");
        stop(&world, place, &thread).await;
        world.pass(Span::minutes(2)).await;
        let transcript = world.transcript(&thread).await;
        assert!(transcript.contains("stopped"), "{place:?}: {transcript}");
        assert_eq!(world.boxes.live().len(), 0, "{place:?}");
        assert_eq!(world.unkept().await, Vec::<String>::new(), "{place:?}");
    }
}

async fn stop(world: &World, place: Place, thread: &signalbox_domain::talk::ThreadId) {
    let (channel, root) = world.place.at(thread);
    let (vendor, ana) = (&world.place.vendor, world.place.user("Ana"));
    match place {
        Place::Button => assert!(world.press(thread, "Ana", "Stop").await),
        Place::Native => vendor.stop(ana, &channel, &root).await.unwrap(),
        Place::Word => drop(vendor.reply(ana, &channel, &root, "stop").await.unwrap()),
        Place::Mention => drop(vendor.reply(ana, &channel, &root, "@Signalbox, please stop").await.unwrap()),
        Place::Cross => vendor.react(ana, &channel, &root, "x").await.unwrap(),
        Place::Deletion => vendor.delete(ana, &channel, &root).await.unwrap(),
    }
}

#[tokio::test]
async fn the_command_says_where_a_run_is_stopped() {
    let world = World::made(AppSpec::everything("Signalbox").with_command("/signalbox"), |_| {}, |_| {});
    let (place, web) = (&world.place, world.place.channel("web"));
    place.vendor.slash(place.user("Ana"), web, "/signalbox", "stop").await.unwrap();
    world.pass(Span::seconds(10)).await;
    let told = place.vendor.history(web).unwrap().pop().expect("an answer");
    assert!(told.only_for.is_some() && told.text.contains("in the thread of a run"), "{}", told.text);
    assert!(world.store.runs(9).await.unwrap().is_empty());
}
