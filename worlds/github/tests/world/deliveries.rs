//! Webhooks: signed, listed, never repeated by themselves.

use serde_json::Value;
use signalbox_world_github::Fate;

use crate::client::Stage;
use crate::receiver::Receiver;

fn stage() -> (Stage, Receiver) {
    let (stage, receiver) = (Stage::new(), Receiver::start());
    stage.world.hook(&receiver.url);
    (stage, receiver)
}

async fn names(stage: &Stage, receiver: &Receiver) -> Vec<String> {
    stage.world.settled().await;
    receiver.taken().iter().map(super::receiver::Received::name).collect()
}

#[tokio::test]
async fn a_comment_arrives_signed_and_with_all_its_headers() {
    let (stage, receiver) = stage();
    let number = stage.world.person("ana").open_issue("acme/website", "Prices", "@signalbox help").unwrap();
    stage.world.person("ana").comment("acme/website", number, "@signalbox please").unwrap();
    stage.world.settled().await;
    let all = receiver.taken();
    let comment = all.iter().find(|one| one.name() == "issue_comment.created").unwrap();
    assert!(comment.signed_with(&stage.world.app().webhook_secret));
    assert!(!comment.signed_with("another"));
    assert_eq!(comment.header("x-github-delivery").len(), 36);
    assert_eq!(comment.header("x-github-hook-installation-target-type"), "integration");
    let body = comment.body();
    assert_eq!(body["installation"]["id"], stage.installation);
    assert_eq!(body["comment"]["body"], "@signalbox please");
    assert_eq!(body["comment"]["author_association"], "COLLABORATOR");
    assert_eq!(body["organization"]["login"], "acme");
}

#[tokio::test]
async fn what_failed_is_listed_and_sent_again_under_its_guid_only_when_asked() {
    let (stage, receiver) = stage();
    stage.world.settled().await;
    receiver.taken();
    receiver.answer(500);
    stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    assert_eq!(names(&stage, &receiver).await, ["issues.opened"]);
    assert_eq!(names(&stage, &receiver).await, Vec::<String>::new(), "it is not sent again by itself");
    let failed = stage.app().get("/app/hook/deliveries?status=failure");
    let first = &failed.body[0];
    assert_eq!((first["status_code"].as_u64(), first["redelivery"].as_bool()), (Some(500), Some(false)));
    receiver.answer(200);
    let again = stage.app().post(&format!("/app/hook/deliveries/{}/attempts", first["id"]), Value::Null);
    assert_eq!(again.status, 202);
    stage.world.settled().await;
    assert_eq!(receiver.taken()[0].header("x-github-delivery"), first["guid"].as_str().unwrap());
    let newest = stage.app().get("/app/hook/deliveries?per_page=1");
    assert_eq!((newest.body[0]["redelivery"].as_bool(), newest.body[0]["guid"] == first["guid"]), (Some(true), true));
    let more = newest.header("link").unwrap().trim_start_matches('<').split('>').next().unwrap().to_owned();
    assert_eq!(stage.app().get(&more).body[0]["id"], first["id"], "the cursor goes on from there");
    let whole = stage.app().get(&format!("/app/hook/deliveries/{}", first["id"]));
    assert_eq!(whole.body["request"]["payload"]["issue"]["title"], "Prices");
}

#[tokio::test]
async fn deliveries_are_lost_doubled_turned_around_and_cut_off_by_script() {
    let (stage, receiver) = stage();
    stage.world.settled().await;
    receiver.taken();
    let mut fates =
        vec![Fate::Vanish, Fate::Copies(3), Fate::Late, Fate::Arrive, Fate::DieAfterReceipt, Fate::Late].into_iter();
    stage.world.deliver(move |_| fates.next().unwrap_or(Fate::Arrive));
    let ana = stage.world.person("ana");
    let opened: Vec<_> = (0..6).map(|index| ana.open_issue("acme/website", &format!("{index}"), "").unwrap()).collect();
    assert_eq!(opened.len(), 6);
    stage.world.settled().await;
    let titles: Vec<_> =
        receiver.taken().iter().map(|one| one.body()["issue"]["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(titles, ["1", "1", "1", "3", "2", "4", "5"]);
    let listed = stage.world.deliveries();
    let cut = &listed[listed.len() - 2];
    assert_eq!((cut.outcome.as_str(), cut.status), ("timed out", 502));
}

#[tokio::test]
async fn nothing_arrives_in_an_outage_and_all_of_it_is_listed() {
    let (stage, receiver) = stage();
    stage.world.settled().await;
    receiver.taken();
    stage.world.outage(true);
    stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    assert_eq!(names(&stage, &receiver).await, Vec::<String>::new());
    stage.world.outage(false);
    let failed = stage.app().get("/app/hook/deliveries?status=failure");
    assert_eq!(failed.body.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_suspended_installation_hears_nothing() {
    let (stage, receiver) = stage();
    stage.world.suspend(stage.installation, true);
    stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    assert_eq!(names(&stage, &receiver).await, ["installation.suspend"]);
}
