//! An app: who it is, what it gets, what it may do.

use serde_json::{Value, json};
use signalbox_world_github::Role;

use crate::client::{Client, HOUR, Stage, jwt};

#[test]
fn an_app_signs_in_finds_its_installation_and_gets_a_token_for_one_repository() {
    let stage = Stage::new();
    let app = stage.app();
    assert_eq!(app.get("/app").body["slug"], "signalbox");
    let found = app.get("/repos/acme/website/installation");
    assert_eq!(found.body["id"], stage.installation);
    let token =
        stage.minted(json!({"repositories": ["website"], "permissions": {"contents": "read", "issues": "write"}}));
    assert_eq!(token.get("/repos/acme/website/contents/README.md").body["content"], "aGVsbG8K\n");
    assert_eq!(token.get("/repos/acme/secret/contents/README.md").status, 404, "it is for another repository");
    let listed = token.get("/installation/repositories");
    assert_eq!(
        (listed.body["total_count"].clone(), listed.body["repositories"][0]["name"].clone()),
        (json!(1), json!("website"))
    );
    let pushed = token.post("/repos/acme/website/git/refs", json!({"ref": "refs/heads/x", "sha": "0"}));
    assert_eq!((pushed.status, &pushed.body["message"]), (403, &json!("Resource not accessible by integration")));
    assert_eq!(token.post("/repos/acme/website/issues", json!({"title": "hi"})).status, 201);
}

#[test]
fn a_token_is_over_after_an_hour_or_when_it_is_revoked_or_its_installation_suspended() {
    let stage = Stage::new();
    let (old, revoked) = (stage.minted(Value::Null), stage.minted(Value::Null));
    assert_eq!(revoked.delete("/installation/token").status, 204);
    assert_eq!(revoked.get("/repos/acme/website").status, 401);
    stage.world.suspend(stage.installation, true);
    assert_eq!(old.get("/repos/acme/website").status, 403);
    let path = format!("/app/installations/{}/access_tokens", stage.installation);
    assert_eq!(stage.app().post(&path, Value::Null).body["message"], "This installation has been suspended");
    stage.world.suspend(stage.installation, false);
    assert_eq!(old.get("/repos/acme/website").status, 200);
    stage.clock.advance(HOUR);
    assert_eq!(old.get("/repos/acme/website").body["message"], "Bad credentials");
    let live: Vec<_> = stage.world.tokens().into_iter().map(|token| (token.live, token.revoked.is_some())).collect();
    assert!(live.contains(&(false, true)) && live.contains(&(false, false)), "{live:?}");
}

#[test]
fn nobody_gets_more_than_the_installation_has() {
    let stage = Stage::new();
    let path = format!("/app/installations/{}/access_tokens", stage.installation);
    let refused = |asked: Value| {
        let answer = stage.app().post(&path, asked);
        assert_eq!(answer.status, 422);
        answer.body["message"].as_str().unwrap().to_owned()
    };
    assert!(
        refused(json!({"permissions": {"administration": "write"}})).contains("permissions requested are not granted")
    );
    assert!(refused(json!({"permissions": {"statuses": "write"}})).contains("permissions requested are not granted"));
    assert!(refused(json!({"repositories": ["elsewhere"]})).contains("not accessible to the parent installation"));
    assert_eq!(stage.app().post("/app/installations/1/access_tokens", Value::Null).status, 404);
}

#[test]
fn a_jwt_is_looked_at_closely() {
    let stage = Stage::new();
    let (id, now) = (stage.world.app().id.to_string(), stage.clock.now());
    let status = |token: &str| Client::new(&stage.world, Some(token)).get("/app").status;
    let good = jwt(&id, now - 60_000, now + 540_000);
    assert_eq!(status(&good), 200);
    assert_eq!(
        status(&jwt(&stage.world.app().client_id, now - 60_000, now + 540_000)),
        200,
        "the client id is as good"
    );
    assert_eq!(status(&jwt(&id, now - 700_000, now - 1_000)), 401, "it is over");
    assert_eq!(status(&jwt(&id, now, now + HOUR)), 401, "it is good for too long");
    assert_eq!(status(&jwt(&id, now + 300_000, now + 540_000)), 401, "it is from the future");
    assert_eq!(status(&jwt("1", now, now + 540_000)), 404, "nobody is called that");
    let (head, signature) = good.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    assert_eq!(status(&format!("{head}.{other}{}", &signature[1..])), 401, "it was not signed like this");
    stage.clock.advance(HOUR);
    assert_eq!(status(&good), 401);
}

#[test]
fn what_somebody_may_do_is_told_with_the_name_of_their_role() {
    let stage = Stage::new();
    stage.world.user("eve");
    let roles = [Role::Read, Role::Triage, Role::Write, Role::Maintain, Role::Admin];
    for role in roles {
        stage.world.collaborator("acme/secret", &format!("{role:?}").to_lowercase(), Some(role)).unwrap();
    }
    let token = stage.minted(Value::Null);
    let told = |repository: &str, login: &str| {
        let answer = token.get(&format!("/repos/acme/{repository}/collaborators/{login}/permission"));
        format!("{} {} {}", answer.status, answer.body["permission"], answer.body["role_name"]).replace('"', "")
    };
    let all: Vec<_> = roles.iter().map(|role| told("secret", &format!("{role:?}").to_lowercase())).collect();
    assert_eq!(all, ["200 read read", "200 read triage", "200 write write", "200 write maintain", "200 admin admin"]);
    assert_eq!(told("secret", "eve"), "404 null null");
    assert_eq!(told("website", "eve"), "200 read read", "everybody may look at what is public");
    assert_eq!(told("website", "nobody-at-all"), "404 null null");
}

#[test]
fn a_person_links_their_account() {
    let stage = Stage::new();
    let app = stage.world.app();
    let nobody = Client::new(&stage.world, None);
    let code = stage.world.authorize("ana", &app.client_id).unwrap();
    let asked = json!({"client_id": app.client_id, "client_secret": app.client_secret, "code": code});
    let json = [("accept", "application/json")];
    let answer = nobody.call("POST", "/login/oauth/access_token", asked.clone(), &json).unwrap();
    let me = Client::new(&stage.world, answer.body["access_token"].as_str()).get("/user");
    assert_eq!((me.status, &me.body["login"]), (200, &json!("ana")));
    let again = nobody.call("POST", "/login/oauth/access_token", asked, &json).unwrap();
    assert_eq!(again.body["error"], "bad_verification_code", "a code is good once");
}

#[test]
fn a_manifest_becomes_an_app() {
    let stage = Stage::new();
    let code = stage.world.accept_manifest(&json!({
        "name": "Ours", "hook_attributes": {"url": "http://127.0.0.1:9/hooks/github"},
        "default_permissions": {"issues": "write"}, "default_events": ["issues"],
    }));
    let nobody = Client::new(&stage.world, None);
    let made = nobody.post(&format!("/app-manifests/{code}/conversions"), Value::Null);
    assert_eq!(made.status, 201);
    assert!(made.body["pem"].as_str().unwrap().contains("RSA PRIVATE KEY"));
    assert_eq!(made.body["permissions"], json!({"issues": "write", "metadata": "read"}));
    assert_eq!(nobody.post(&format!("/app-manifests/{code}/conversions"), Value::Null).status, 404);
    let now = stage.clock.now();
    let app = Client::new(&stage.world, Some(&jwt(&made.body["id"].to_string(), now, now + 500_000)));
    assert_eq!(app.get("/app/hook/config").body["url"], "http://127.0.0.1:9/hooks/github");
}

#[test]
fn a_repository_that_was_renamed_is_pointed_to() {
    let stage = Stage::new();
    stage.world.collaborator("acme/website", "root", Some(Role::Admin)).unwrap();
    stage.world.person("root").rename("acme/website", "site").unwrap();
    let token = stage.minted(Value::Null);
    let old = token.get("/repos/acme/website/issues");
    assert_eq!(
        (old.status, old.header("location")),
        (301, Some(format!("{}/repos/acme/site/issues", stage.world.url()).as_str()))
    );
    assert_eq!(token.get("/repos/acme/site").status, 200);
    stage.world.person("root").delete_repository("acme/site").unwrap();
    assert_eq!(token.get("/repos/acme/site").status, 404);
}
