//! A repository that gets another name: GitHub points from the old one to it, and what is under way goes on there.

use signalbox_domain::time::Span;
use signalbox_world_github::Role;

use super::World;
use super::asked::SITE;
use super::code::asked;
use super::stories::acts::{after, built};

#[tokio::test]
async fn a_run_at_work_goes_on_where_its_repository_is_now() {
    let world = World::forged();
    world.vendor.collaborator(SITE, "Max", Some(Role::Admin)).unwrap();
    world.script("build", vec![after(60, built())]);
    let thread = asked(&world);
    world.hear(Span::seconds(20)).await;
    world.vendor.person("Max").rename(SITE, "shop").unwrap();
    world.hear(Span::minutes(5)).await;
    let now = "acme/shop";
    assert_eq!(world.vendor.pulls(now).len(), 1, "{:?}", world.run(&thread).await);
    let read = world.vendor.conversation(now, thread.root.parse().unwrap()).unwrap();
    let said: Vec<&str> = read.shown().iter().map(|said| said.body.as_str()).collect();
    assert_eq!(said.iter().filter(|said| said.contains("Ready for review")).count(), 1, "{said:?}");
    assert!(world.vendor.tokens().iter().all(|token| token.repositories.is_none() || !token.live));
    world.abandon();
}
