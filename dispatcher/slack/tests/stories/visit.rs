//! What doctor finds.

use serde_json::Value;
use signalbox_domain::time::Time;
use signalbox_slack::doctor::{State, Visit, doctor};
use url::Url;

use crate::scene::{Scene, spec};

/// Calls a method by hand, as the app.
pub(crate) async fn call(scene: &Scene, method: &str, body: &Value) {
    let (url, token) = (format!("{}/{method}", scene.world.api_url()), format!("Bearer {}", scene.bot.token));
    let body = body.to_string();
    let answer = tokio::task::spawn_blocking(move || {
        let sent =
            ureq::post(&url).header("Authorization", token).header("Content-Type", "application/json").send(body);
        sent.unwrap().body_mut().read_to_string().unwrap()
    });
    let answer = answer.await.unwrap();
    assert!(answer.contains("\"ok\":true"), "{answer}");
}

async fn found(scene: &Scene, state: State) -> Vec<String> {
    let address = Url::parse(&scene.url).unwrap();
    let findings = doctor(&scene.slack, Visit { address: Some(&address), config_token: None }).await;
    assert!(findings.iter().all(|finding| finding.state == State::Good || finding.remedy.is_some()));
    findings.into_iter().filter(|finding| finding.state == state).map(|finding| finding.what).collect()
}

#[tokio::test]
async fn an_installation_that_is_as_its_manifest_has_nothing_wrong() {
    let scene = Scene::new().await;
    assert_eq!(found(&scene, State::Wrong).await, Vec::<String>::new());
    let good = found(&scene, State::Good).await;
    assert!(good.iter().any(|what| what.contains("reaches me, signed with the secret")), "{good:?}");
    let doubtful = found(&scene, State::Doubtful).await;
    assert!(doubtful.iter().any(|what| what.contains("no app_mention has come")), "{doubtful:?}");
    scene.world.say(&scene.ana, &scene.web, "@signalbox hello").await.unwrap();
    let doubtful = found(&scene, State::Doubtful).await;
    assert!(!doubtful.iter().any(|what| what.contains("app_mention")), "what came is proof: {doubtful:?}");
}

#[tokio::test]
async fn a_scope_that_is_missing_is_told_by_what_people_will_miss() {
    let scene = Scene::with(spec().without_scope("reactions:write").without_scope("files:read"), |_| ()).await;
    let wrong = found(&scene, State::Wrong).await;
    assert!(
        wrong.iter().any(|what| what.contains("mark how a request stands") && what.contains("reactions:write")),
        "{wrong:?}"
    );
    let doubtful = found(&scene, State::Doubtful).await;
    assert!(doubtful.iter().any(|what| what.contains("files:read")), "{doubtful:?}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_a_token_that_does_not_hold_and_an_address_that_leads_nowhere_are_found() {
    let scene = Scene::with(spec(), |settings| {
        settings.workspaces[0].bot_token = signalbox_slack::Secret::new("xoxb-nothing");
    })
    .await;
    let wrong = found(&scene, State::Wrong).await;
    assert!(wrong.iter().any(|what| what.contains("does not hold (invalid_auth)")), "{wrong:?}");

    let nowhere = Url::parse("http://127.0.0.1:1").unwrap();
    let findings = doctor(&scene.slack, Visit { address: Some(&nowhere), config_token: None }).await;
    assert!(findings.iter().any(|finding| finding.what.contains("cannot be reached")), "{findings:?}");

    let scene = Scene::new().await;
    scene.clock.set(Time(1_000));
    let findings = found(&scene, State::Wrong).await;
    assert!(findings.iter().all(|what| !what.contains("token")), "{findings:?}");
}
