//! What was missed and is had after all; and what is wrong, found and told.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use signalbox_domain::time::Span;
use signalbox_github::{Expected, Feature, Forwarder, PATH, Setup, Weight, examine, manifest};
use signalbox_ports::chat::Chat as _;

use crate::desk::{Desk, Kept};
use crate::world::SITE;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_while_nobody_answered_is_asked_for_again() {
    let desk = Desk::new().await;
    let world = &desk.place.world;
    let ana = world.person("ana");
    let number = ana.open_issue(SITE, "Prices", "They say $9.").unwrap();
    desk.kept().await;
    assert_eq!(desk.comments.catch_up(&[]).await.unwrap().asked, 0, "nothing is missing yet");

    world.outage(true);
    for asked in 1..=7 {
        ana.comment(SITE, number, &format!("@signalbox task {asked}")).unwrap();
        desk.place.clock.advance(Span::minutes(8));
    }
    assert!(desk.kept().await.is_empty());
    // It is asked for in vain while nobody answers, and not at once again.
    assert_eq!(desk.comments.catch_up(&[]).await.unwrap().asked, 7);
    assert_eq!(desk.comments.catch_up(&[]).await.unwrap().asked, 0);
    world.settled().await;
    world.outage(false);
    desk.place.clock.advance(Span::minutes(1));
    assert_eq!(desk.comments.catch_up(&[]).await.unwrap().asked, 7);
    assert_eq!(desk.kept().await.len(), 7, "all of them, once");
    desk.place.clock.advance(Span::hours(1));
    assert_eq!(desk.comments.catch_up(&[]).await.unwrap().asked, 0, "and none again");
    assert!(world.meters().over.is_empty(), "{:?}", world.meters().over);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_what_github_would_send_is_fetched() {
    let desk = Desk::with(|settings| settings).await;
    let world = &desk.place.world;
    world.outage(true);
    let ana = world.person("ana");
    let number = ana.open_issue(SITE, "Prices", "They say $9.").unwrap();
    ana.comment(SITE, number, "@signalbox fix it").unwrap();
    ana.comment(SITE, number, "Thanks!").unwrap();
    assert!(desk.kept().await.is_empty());

    let kept = Arc::<Kept>::default();
    let forwarder = Forwarder::new(desk.github.clone(), kept.clone());
    let looked = forwarder.look().await.unwrap();
    assert_eq!(looked.taken, 1);
    assert_eq!(kept.take().len(), 1);
    assert_eq!(forwarder.look().await.unwrap(), Default::default(), "nothing is read twice");
    desk.place.clock.advance(Span::minutes(10));
    ana.comment(SITE, number, "@signalbox and the FAQ").unwrap();
    world.settled().await;
    assert_eq!(forwarder.look().await.unwrap().taken, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let desk = Desk::new().await;
    let world = &desk.place.world;
    let expected = Expected { features: Feature::ALL.into(), public_url: Some("https://box.acme.example".into()) };
    let broken = |found: Vec<signalbox_github::Finding>| {
        let broken = found.into_iter().filter(|finding| finding.weight == Weight::Broken);
        broken.map(|finding| finding.what).collect::<Vec<_>>()
    };
    world.subscribe("signalbox", "issue_comment", false);
    let found = examine(&desk.github, &expected).await;
    assert!(found.windows(2).all(|two| two[0].weight >= two[1].weight), "the worst first");
    assert!(found.iter().all(|finding| finding.weight == Weight::Fine || !finding.then.is_empty()));
    let broken = broken(found);
    let says = |words: &str| assert!(broken.iter().any(|what| what.contains(words)), "{words}: {broken:#?}");
    says("The App does not hear of what being asked in issues needs: issue_comment.");
    says("not to us");

    desk.place.clock.advance(Span::hours(2));
    let lost = signalbox_github::Settings { app_id: 99, ..desk.github.settings().clone() };
    let lost = signalbox_github::Github::new(lost, desk.place.clock.clone(), desk.place.notes.clone()).unwrap();
    let found = examine(&lost, &expected).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].what.starts_with("GitHub does not know us"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_made_by_one_page_and_one_answer() {
    let desk = Desk::new().await;
    let world = &desk.place.world;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let features = BTreeSet::from([Feature::Forge, Feature::Issues]);
    let setup = Setup {
        web_url: world.url().to_owned(),
        api_url: world.url().to_owned(),
        organisation: Some("acme".into()),
        manifest: manifest(&features, "Signalbox of Acme", Some("https://box.acme.example"), ""),
        state: "nobody-guesses".into(),
    };
    let (pages, made) = setup.serve(address);
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let page = agent.get(format!("http://{address}/")).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(
        page.contains(&format!("{}/organizations/acme/settings/apps/new?state=nobody-guesses", world.url())),
        "{page}"
    );

    // GitHub shows the person what is asked for, and sends them back.
    let field = page.split("name=manifest value=\"").nth(1).unwrap().split('"').next().unwrap();
    let sent: Value = serde_json::from_str(&field.replace("&quot;", "\"").replace("&amp;", "&")).unwrap();
    assert_eq!(sent["redirect_url"], format!("http://{address}/made"));
    let code = world.accept_manifest(&sent);
    let back = |state: &str| {
        let url = format!("http://{address}/made?code={code}&state={state}");
        agent.get(url).call().unwrap().status().as_u16()
    };
    assert_eq!(back("guessed"), 400);
    assert_eq!(back("nobody-guesses"), 200);
    let made = made.await.unwrap();
    assert!(made.private_key.expose().contains("PRIVATE KEY") && !made.slug.is_empty() && made.app_id > 0);
    assert!(made.webhook_secret.is_some_and(|secret| !secret.expose().is_empty()));
    assert_eq!(back("nobody-guesses"), 502, "a code is good once");
    assert_eq!(PATH, "/hooks/github");
}
