//! What a devbox can do on GitHub, and that it is over when we say so.

use std::collections::BTreeMap;

use serde_json::json;
use signalbox_domain::id::DevboxId;
use signalbox_domain::time::Span;
use signalbox_domain::workflow::{Access as Level, Grant};
use signalbox_ports::Error;
use signalbox_ports::forge::Forge as _;
use signalbox_ports::notes::Notes as _;
use signalbox_world_github::{Called, Fault};

use crate::world::{Place, SITE, rejected};

const BRANCH: &str = "signalbox/01j";

fn grant(permissions: &[(&str, Level)]) -> Grant {
    let permissions: BTreeMap<String, Level> =
        permissions.iter().map(|(name, level)| ((*name).into(), *level)).collect();
    Grant { permissions, ..Grant::default() }
}

fn devbox() -> DevboxId {
    "01J.3.0".into()
}

async fn minted(place: &Place, grant: &Grant) -> String {
    place.github.mint(&devbox(), &SITE.into(), grant, BRANCH).await.unwrap().token.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_does_what_its_grant_says_in_its_one_repository_and_nothing_else() {
    let place = Place::new();
    place.repository("acme/secret", "", &[("x", "x\n")]);
    let reads = minted(&place, &grant(&[("contents", Level::Read)])).await;
    assert!(place.pulls(&reads, SITE) && !place.pulls(&reads, "acme/secret"));
    assert!(!place.pushes(&reads, SITE, BRANCH, "page.html"), "it may only read");
    let issue = json!({ "title": "hello" });
    assert_eq!(place.with_token(&reads, &format!("/repos/{SITE}/issues"), &issue), 403);

    let writer = DevboxId("01J.4.0".into());
    let writes = grant(&[("contents", Level::Write), ("pull-requests", Level::Read)]);
    let writes = place.github.mint(&writer, &SITE.into(), &writes, BRANCH).await.unwrap();
    assert_eq!(writes.url, format!("{}/{SITE}.git", place.world.url()));
    let writes = writes.token.unwrap();
    assert!(place.pushes(&writes, SITE, BRANCH, "page.html"));
    assert!(!place.pushes(&writes, SITE, BRANCH, ".github/workflows/evil.yml"), "workflows need their own permission");
    assert!(!place.pushes(&writes, "acme/secret", BRANCH, "x"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_box_is_given_more_than_the_app_has_or_the_default_branch() {
    let place = Place::new();
    let admin = grant(&[("contents", Level::Read), ("administration", Level::Write)]);
    let why = rejected(place.github.mint(&devbox(), &SITE.into(), &admin, BRANCH).await);
    assert!(why.contains("may not give a phase what its workflow grants it"), "{why}");
    let writes = grant(&[("contents", Level::Write)]);
    rejected(place.github.mint(&devbox(), &SITE.into(), &writes, "main").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_phase_is_given_a_fresh_token_and_ending_it_ends_them_all() {
    let place = Place::new();
    let reads = grant(&[("contents", Level::Read)]);
    let first = minted(&place, &reads).await;
    assert_eq!(minted(&place, &reads).await, first, "asked again at once");
    place.clock.advance(Span::minutes(40));
    let second = minted(&place, &reads).await;
    assert_ne!(second, first);
    assert!(place.pulls(&first, SITE) && place.pulls(&second, SITE), "what is under way is not cut off");
    place.github.revoke(&devbox()).await.unwrap();
    assert!(!place.pulls(&first, SITE) && !place.pulls(&second, SITE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_ends_a_token_and_none_is_kept_in_the_open() {
    let place = Place::new();
    let token = minted(&place, &grant(&[("contents", Level::Read)])).await;
    for (key, note) in place.notes.list("", 100).await.unwrap() {
        assert!(!note.value.contains(&token) && !note.value.contains("ghs_"), "{key}");
    }
    let place = place.restarted();
    assert!(place.pulls(&token, SITE));
    place.github.revoke(&devbox()).await.unwrap();
    assert!(!place.pulls(&token, SITE));
    let late = place.github.mint(&devbox(), &SITE.into(), &grant(&[("contents", Level::Read)]), BRANCH).await;
    assert!(rejected(late).contains("is over"), "a box that is over gets no token any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ended_by_itself_is_ended() {
    let place = Place::new();
    minted(&place, &grant(&[("contents", Level::Read)])).await;
    place.clock.advance(Span::minutes(61));
    place.github.revoke(&devbox()).await.unwrap();
    place.github.revoke(&devbox()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_not_over_until_github_said_so() {
    for fault in [Fault::Before, Fault::After, Fault::Status(502), Fault::TooMany(30)] {
        let place = Place::new();
        let token = minted(&place, &grant(&[("contents", Level::Read)])).await;
        let failing = fault.clone();
        place.world.trouble(move |call: &Called| match call.template.as_str() {
            "/installation/token" => failing.clone(),
            _ => Fault::Pass,
        });
        let ended = place.github.revoke(&devbox()).await;
        assert!(matches!(ended, Err(Error::Unavailable(_) | Error::Later { .. })), "{fault:?}: {ended:?}");
        place.world.calm();
        place.clock.advance(Span::seconds(45));
        place.github.revoke(&devbox()).await.unwrap();
        assert!(!place.pulls(&token, SITE), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_being_made_while_its_box_ends_ends_too() {
    let place = std::sync::Arc::new(Place::new());
    for round in 0..20 {
        let devbox = DevboxId(format!("01J.{round}.0"));
        let (minting, ending) = (place.clone(), place.clone());
        let (one, other) = (devbox.clone(), devbox);
        let minted = tokio::spawn(async move {
            minting.github.mint(&one, &SITE.into(), &grant(&[("contents", Level::Read)]), BRANCH).await
        });
        let ended = tokio::spawn(async move { ending.github.revoke(&other).await });
        ended.await.unwrap().unwrap();
        if let Ok(access) = minted.await.unwrap() {
            assert!(!place.pulls(access.token.as_deref().unwrap(), SITE), "round {round}");
        }
        place.clock.advance(Span::minutes(1));
    }
    assert!(place.live_tokens().is_empty(), "{:?}", place.live_tokens());
}
