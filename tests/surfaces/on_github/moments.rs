//! Something is added, at every moment of a run, by a comment: it is answered or marked, and nothing begins twice.

use signalbox_domain::talk::ThreadId;
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_ports::store::Store as _;
use signalbox_world::fault::Fault;

use super::World;
use super::stories::acts::{after, built, planned};

/// Where a run can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Routing,
    Choosing,
    Resolving,
    Gathering,
    Provisioning,
    Plan,
    Gate,
    Build,
    Closing,
    Ended,
}

const MOMENTS: [Moment; 10] = [
    Moment::Routing,
    Moment::Choosing,
    Moment::Resolving,
    Moment::Gathering,
    Moment::Provisioning,
    Moment::Plan,
    Moment::Gate,
    Moment::Build,
    Moment::Closing,
    Moment::Ended,
];

#[tokio::test]
async fn what_is_added_at_any_moment_is_taken_once() {
    for moment in MOMENTS {
        let world = World::default();
        let thread = bring(&world, moment).await;
        world.reply(&thread, "Ana", "the FAQ, too").await;
        world.pass(Span::minutes(3)).await;
        if moment == Moment::Choosing {
            world.press(&thread, "Ana", "acme/website").await;
        }
        if moment == Moment::Gate {
            world.press(&thread, "Max", "Approve").await;
        }
        world.pass(Span::minutes(60)).await;
        if moment == Moment::Gate && world.press(&thread, "Max", "Approve").await {
            world.pass(Span::minutes(60)).await;
        }
        let transcript = world.transcript(&thread).await;
        let runs = world.store.runs(9).await.unwrap().len();
        let more = usize::from(moment == Moment::Ended);
        assert_eq!(runs, 1 + more, "{moment:?}: {transcript}");
        assert_eq!(world.unkept().await, Vec::<String>::new(), "{moment:?}: {transcript}");
        assert!(!transcript.contains("NOBODY KNOWS WHY") && !transcript.contains("BUT IS SEEN AS"), "{transcript}");
        let told = world.boxes.assignments().iter().any(|told| format!("{:?}", told.task).contains("the FAQ, too"));
        assert!(told || moment == Moment::Choosing, "{moment:?}: {transcript}");
    }
}

/// A run that is there, or is about to be.
async fn bring(world: &World, moment: Moment) -> ThreadId {
    let away = || Fault::FailBefore(Error::unavailable("away"));
    let room = if moment == Moment::Choosing { "lobby" } else { "web" };
    match moment {
        Moment::Routing => world.faults.fail_next("chat.room", away()),
        Moment::Resolving => world.faults.fail_next("forge.head", away()),
        Moment::Gathering => {
            // Asked once for the route, then for the context.
            world.faults.fail_next("chat.room", Fault::Pass);
            world.faults.fail_next("chat.room", away());
        }
        Moment::Provisioning => world.faults.fail_next("devbox.provision", away()),
        Moment::Closing => world.faults.fail_next("forge.open", away()),
        Moment::Plan => world.script("plan", vec![after(60, planned("low"))]),
        Moment::Gate => world.script("plan", vec![planned("high")]),
        Moment::Build => world.script("build", vec![after(60, built()), built()]),
        Moment::Choosing | Moment::Ended => {}
    }
    let thread = world.ask(room, "Ana", "the price should say $12").await;
    match moment {
        Moment::Routing | Moment::Resolving | Moment::Gathering | Moment::Provisioning | Moment::Closing => {
            world.settle().await;
        }
        Moment::Choosing | Moment::Plan | Moment::Gate | Moment::Build => world.pass(Span::seconds(20)).await,
        Moment::Ended => world.pass(Span::minutes(5)).await,
    }
    thread
}
