//! Boxes made, listed and stopped on this machine, with real runners and real jails.
#![expect(clippy::unwrap_used, reason = "a broken story stops where it breaks")]

mod world;

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use signalbox_ports::Error;
use signalbox_ports::devbox::{Devbox as _, Spec};
use signalbox_runner::jail::Identity;
use signalbox_sandbox::{Config, Sandbox};

use world::{World, processes, until};

/// A script that ignores being asked to end, in two sessions, and names itself `word` in the list of processes.
fn stubborn(word: &str) -> String {
    let forever = format!("sh -c 'trap \"\" TERM; while :; do sleep 1; done' {word}");
    format!("setsid {forever} & {forever} & wait")
}

fn running(word: &str) -> usize {
    processes(word).iter().filter(|line| line.starts_with("sh\0")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_for_many_times_at_once_it_is_one_box() {
    let world = World::new("sleep 1000");
    let spec = Spec { devbox: "01J.7.2".into(), claim_token: "once".to_owned() };
    let asked: Vec<_> = (0..8)
        .map(|number| {
            // Half of them are another process, with the same folder.
            let sandbox = if number % 2 == 0 { world.sandbox.clone() } else { world.another() };
            let spec = spec.clone();
            tokio::spawn(async move { sandbox.provision(&spec).await })
        })
        .collect();
    for answer in asked {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(world.runners(), 1);
    let listed = world.sandbox.list().await.unwrap();
    assert_eq!(
        listed.iter().map(|listed| (listed.devbox.as_str(), listed.alive)).collect::<Vec<_>>(),
        [("01J.7.2", true)]
    );
    world.sandbox.stop(&spec.devbox).await.unwrap();
    assert_eq!((world.runners(), world.sandbox.list().await.unwrap()), (0, vec![]));
}

#[tokio::test]
async fn stopped_means_that_nothing_of_it_is_left() {
    let world = World::new(&stubborn("stopped-canary"));
    let spec = world.provision("box").await;
    until("the script never started", || running("stopped-canary") >= 2);
    world.sandbox.stop(&spec.devbox).await.unwrap();
    assert_eq!(processes("stopped-canary"), Vec::<String>::new());
    until("the folder is not removed", || world.folders().is_empty());
    world.sandbox.stop(&spec.devbox).await.unwrap();
    world.sandbox.stop(&"never made".into()).await.unwrap();
}

#[tokio::test]
async fn without_a_jail_stopped_means_the_same() {
    let mut world = World::new(&stubborn("open-canary"));
    world.without_a_jail();
    let spec = world.provision("box").await;
    until("the script never started", || running("open-canary") >= 2);
    world.sandbox.stop(&spec.devbox).await.unwrap();
    assert_eq!(processes("open-canary"), Vec::<String>::new());
}

#[tokio::test]
async fn boxes_outlive_the_dispatcher_and_the_next_one_finds_and_stops_them() {
    let world = World::new(&stubborn("outlive-canary"));
    world.provision_and_die("box");
    until("the script never started", || running("outlive-canary") >= 2);
    let next = world.another();
    let listed = next.list().await.unwrap();
    assert_eq!(listed.iter().map(|listed| (listed.devbox.as_str(), listed.alive)).collect::<Vec<_>>(), [("box", true)]);
    next.provision(&Spec { devbox: "box".into(), claim_token: "once".to_owned() }).await.unwrap();
    assert_eq!(world.runners(), 1);
    next.stop(&"box".into()).await.unwrap();
    assert_eq!((running("outlive-canary"), world.runners()), (0, 0));
}

#[tokio::test]
async fn a_runner_that_died_is_listed_as_dead_and_is_not_started_again() {
    let world = World::new("sleep 1000");
    let spec = world.provision("box").await;
    world.claimed();
    let occupant = world.occupant();
    rustix::process::kill_process(world::pid(occupant.pid), Signal::KILL).unwrap();
    world.vacant();
    assert!(!world.sandbox.list().await.unwrap()[0].alive);
    world.sandbox.provision(&spec).await.unwrap();
    assert_eq!(world.runners(), 0);
    world.sandbox.stop(&spec.devbox).await.unwrap();
    assert_eq!(world.sandbox.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_number_that_belongs_to_another_process_by_now_is_not_killed() {
    let world = World::new("true");
    let spec = world.provision("box").await;
    world.vacant();
    let mut innocent = Command::new("sleep").arg("1000").spawn().unwrap();
    let recycled = Identity { pid: innocent.id(), ..world.occupant() };
    world.set_occupant(recycled);
    world.sandbox.stop(&spec.devbox).await.unwrap();
    assert!(innocent.try_wait().unwrap().is_none(), "somebody else was killed");
    innocent.kill().unwrap();
    innocent.wait().unwrap();
}

#[tokio::test]
async fn a_box_that_was_being_made_when_the_dispatcher_died_is_made_by_the_next_call() {
    let world = World::new("sleep 1000");
    let spec = world.provision("box").await;
    world.claimed();
    world.sandbox.stop(&spec.devbox).await.unwrap();
    until("the folder is not removed", || world.folders().is_empty());
    // Half a folder, of another name; and a whole one whose runner was never started.
    let folder = world.boxes().join(world.name.clone());
    fs::create_dir_all(world.boxes().join(format!(".new-{}", world.name))).unwrap();
    assert_eq!(world.sandbox.list().await.unwrap(), []);
    world.unstarted(&folder, &spec);
    assert!(!world.sandbox.list().await.unwrap()[0].alive);
    world.sandbox.provision(&spec).await.unwrap();
    assert!(world.sandbox.list().await.unwrap()[0].alive);
    world.sandbox.stop(&spec.devbox).await.unwrap();
}

#[tokio::test]
async fn a_box_nobody_wants_ends_by_itself() {
    let world = World::new("sleep 1000");
    world.gone();
    world.provision("box").await;
    world.vacant();
    assert!(!world.sandbox.list().await.unwrap()[0].alive);
}

#[tokio::test]
async fn what_an_agent_closed_for_everybody_is_removed_all_the_same() {
    let world = World::new("mkdir -p deep/er && touch deep/er/file && chmod 0 deep/er deep");
    let spec = world.provision("box").await;
    world.vacant();
    world.sandbox.stop(&spec.devbox).await.unwrap();
    until("the folder is not removed", || world.folders().is_empty());
}

#[tokio::test]
async fn what_a_dispatcher_had_no_time_to_remove_the_next_one_removes() {
    let world = World::new("true");
    fs::create_dir_all(world.boxes().join(".stopped-1-box/checkout")).unwrap();
    assert_eq!(world.sandbox.list().await.unwrap(), []);
    until("the folder is not removed", || world.folders().is_empty());
}

#[tokio::test]
async fn a_machine_that_cannot_says_why_and_what_to_do() {
    let world = World::new("true");
    let mut config = world.config();
    config.program = world.boxes().join("missing");
    let spec = Spec { devbox: "box".into(), claim_token: "once".to_owned() };
    let refused = Sandbox::new(config).provision(&spec).await;
    let Err(Error::Rejected(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("could not be started") && why.contains("Check that the file is there"), "{why}");
    world.sandbox.probe().await.unwrap();
}

#[tokio::test]
async fn a_box_that_is_ready_is_given_to_who_asks_and_made_good() {
    let world = World::new("sleep 1000");
    let sandbox = Sandbox::new(Config { warm: 2, ..world.config() });
    sandbox.prewarm(None).await.unwrap();
    let waiting = || processes(world.boxes().to_str().unwrap()).iter().filter(|line| line.contains("\0wait\0")).count();
    assert_eq!((waiting(), sandbox.list().await.unwrap()), (2, vec![]));
    for name in ["one", "two"] {
        let spec = Spec { devbox: name.into(), claim_token: "once".to_owned() };
        sandbox.provision(&spec).await.unwrap();
        // Asked again, it is the same box.
        sandbox.provision(&spec).await.unwrap();
        sandbox.prewarm(None).await.unwrap();
    }
    world.claimed();
    assert_eq!(sandbox.pool(), (2, 0));
    let listed = sandbox.list().await.unwrap();
    assert_eq!(
        listed.iter().map(|listed| (listed.devbox.as_str(), listed.alive)).collect::<Vec<_>>(),
        [("one", true), ("two", true)]
    );
    sandbox.stop(&"one".into()).await.unwrap();
    sandbox.stop(&"two".into()).await.unwrap();
    // Who wants none has none.
    Sandbox::new(world.config()).prewarm(None).await.unwrap();
    until("a box that nobody asked for does not end", || waiting() == 0);
}

#[tokio::test]
async fn every_property_of_a_box_is_tried_on_this_machine() {
    let world = World::new("true");
    let found = world.sandbox.examine().await.unwrap();
    assert_eq!(found.len(), 11);
    for property in &found {
        eprintln!("{} {}: {}", if property.proved { "✓" } else { "?" }, property.name, property.said);
        assert!(property.proved || !property.remedy.is_empty(), "{property:?}");
        assert!(!property.said.starts_with("it was tried"), "{property:?}");
    }
    if rustix::process::geteuid().is_root() {
        assert!(found.iter().filter(|property| property.proved).count() >= 8, "{found:?}");
    }
}
