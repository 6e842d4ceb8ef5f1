//! What doctor finds.

use serde_json::Value;
use signalbox_slack::Secret;
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
async fn an_installation_that_is_as_its_manifest_has_nothing_wrong_but_the_clock() {
    let scene = Scene::new().await;
    // The world's own time is not the machine's, which is what its answers are dated by.
    let wrong = found(&scene, State::Wrong).await;
    assert!(wrong.len() == 1 && wrong[0].contains("clock"), "{wrong:?}");
    let good = found(&scene, State::Good).await;
    assert!(good.iter().any(|what| what.contains("reaches me, signed with the secret")), "{good:?}");
    let doubtful = found(&scene, State::Doubtful).await;
    assert!(doubtful.iter().any(|what| what.contains("no app_mention has come")), "{doubtful:?}");
    scene.world.say(&scene.ana, &scene.web, "@signalbox hello").await.unwrap();
    let doubtful = found(&scene, State::Doubtful).await;
    assert!(!doubtful.iter().any(|what| what.contains("app_mention")), "what came is proof: {doubtful:?}");
}

#[tokio::test]
async fn a_token_that_does_not_hold_and_an_address_that_leads_nowhere_are_found() {
    let scene = Scene::with(spec(), |settings| {
        settings.workspaces[0].bot_token = signalbox_slack::Secret::new("xoxb-nothing");
    })
    .await;
    let wrong = found(&scene, State::Wrong).await;
    assert!(wrong.iter().any(|what| what.contains("does not hold (invalid_auth)")), "{wrong:?}");

    let nowhere = Url::parse("http://127.0.0.1:1").unwrap();
    let findings = doctor(&scene.slack, Visit { address: Some(&nowhere), config_token: None }).await;
    assert!(findings.iter().any(|finding| finding.what.contains("cannot be reached")), "{findings:?}");
}

#[tokio::test]
async fn with_a_configuration_token_the_apps_own_settings_are_compared() {
    let scene = Scene::with(spec().without_event("reaction_added").without_event("app_home_opened"), |_| ()).await;
    let (address, token) = (Url::parse(&scene.url).unwrap(), Secret::new(scene.world.config_token()));
    let findings = doctor(&scene.slack, Visit { address: Some(&address), config_token: Some(&token) }).await;
    let about = |event: &str| findings.iter().find(|finding| finding.what.contains(event)).map(|finding| finding.state);
    assert_eq!(about("reaction_added"), Some(State::Wrong), "{findings:?}");
    assert_eq!(about("app_home_opened"), Some(State::Doubtful), "{findings:?}");
    assert_eq!(about("app_mention"), None, "{findings:?}");
}
