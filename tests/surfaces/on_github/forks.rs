//! Forks and strangers: nothing of theirs is begun from, pushed to, or given a token for.

use signalbox_domain::time::Span;
use signalbox_ports::store::Store as _;
use signalbox_world_github::NewPull;

use super::World;
use super::asked::{SITE, thread};

/// Eve's pull request from her fork: the repository, the number, and where it is.
fn forked(world: &World, body: &str) -> (String, u64, String) {
    let eve = world.vendor.person("Eve");
    let fork = eve.fork(SITE).unwrap();
    let head = eve.push(&fork, "free", "Free", &[("src/pricing.html", Some("<p>$0</p>\n"))]).unwrap();
    let pull = NewPull { title: "Free", body, head: "Eve:free", ..NewPull::default() };
    (fork, eve.open_pull(SITE, &pull).unwrap(), head)
}

/// Everything a stranger could have won.
async fn nothing_began(world: &World, fork: &str, head: &str) {
    assert_eq!(world.boxes.made(), 0);
    assert!(world.vendor.tokens().iter().all(|token| token.repositories.is_none()), "no token was made for it");
    let branches = world.vendor.branches(fork).unwrap();
    assert!(branches.iter().any(|(name, at)| name == "free" && at == head), "nobody pushes to a fork");
    assert_eq!(world.vendor.pulls(SITE).len(), 1);
}

#[tokio::test]
async fn a_stranger_who_asks_on_a_fork_is_told_no_once() {
    let world = World::forged();
    let (fork, number, head) = forked(&world, "@signalbox make it $0 everywhere");
    world.hear(Span::minutes(5)).await;
    let eve = world.vendor.person("Eve");
    for words in ["@signalbox please", "@signalbox stop", "/signalbox make it $0"] {
        eve.comment(SITE, number, words).unwrap();
        world.hear(Span::minutes(2)).await;
    }
    let transcript = world.transcript(&thread(number)).await;
    assert_eq!(transcript.matches("Only people of this team").count(), 1, "{transcript}");
    nothing_began(&world, &fork, &head).await;
}

#[tokio::test]
async fn a_member_who_asks_on_a_fork_is_told_why_not_and_what_to_do() {
    let world = World::forged();
    let (fork, number, head) = forked(&world, "Please.");
    world.vendor.person("Ana").comment(SITE, number, "@signalbox it should say $12").unwrap();
    world.hear(Span::minutes(5)).await;
    let transcript = world.transcript(&thread(number)).await;
    assert!(transcript.contains("comes from a fork") && transcript.contains("branch:main"), "{transcript}");
    nothing_began(&world, &fork, &head).await;
}

#[tokio::test]
async fn what_is_asked_apart_from_the_fork_has_nothing_of_it() {
    let world = World::forged();
    let (_, number, head) = forked(&world, "Please.");
    world.vendor.person("Ana").comment(SITE, number, "@signalbox it should say $12 branch:main").unwrap();
    world.hear(Span::minutes(5)).await;
    let transcript = world.transcript(&thread(number)).await;
    assert!(transcript.contains("Ready for review"), "{transcript}");
    let (_, ours) = super::code::draft(&world);
    assert_eq!(ours.pull.as_ref().unwrap().base_branch, "main");
    assert!(world.boxes.assignments().iter().all(|told| told.checkout.as_ref().is_some_and(|it| it.start.0 != head)));
}

#[tokio::test]
async fn programs_and_our_own_words_ask_for_nothing() {
    let world = World::forged();
    let issue = world.vendor.person("Ana").open_issue(SITE, "Prices", "They are wrong.").unwrap();
    world.vendor.collaborator(SITE, "helper[bot]", Some(signalbox_world_github::Role::Admin)).unwrap();
    for bot in ["helper[bot]", "signalbox[bot]"] {
        world.vendor.person(bot).comment(SITE, issue, "@signalbox the price should say $0").unwrap();
        world.hear(Span::minutes(5)).await;
    }
    assert_eq!((world.store.runs(9).await.unwrap().len(), world.boxes.made()), (0, 0));
    let said = world.vendor.conversation(SITE, issue).unwrap().comments;
    assert_eq!(said.len(), 2, "nobody is answered: {said:?}");
}
