//! GitHub's limits: counted always, enforced when wanted.

use serde_json::{Value, json};
use signalbox_world_github::{Fault, Limit};

use crate::client::Stage;

#[test]
fn the_eighty_first_comment_of_a_minute_is_over_the_limit() {
    let stage = Stage::new();
    let number = stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    let token = stage.minted(Value::Null);
    let path = format!("/repos/acme/website/issues/{number}/comments");
    let comment = || token.post(&path, json!({"body": "x"}));
    assert!((0..80).all(|_| comment().status == 201));
    assert_eq!(stage.world.meters().over, []);
    assert_eq!(comment().status, 201, "it is only counted at first");
    assert_eq!(stage.world.meters().over[0].limit, Limit::ContentPerMinute);
    stage.world.enforce_limits(true);
    let refused = comment();
    assert_eq!((refused.status, refused.header("retry-after")), (403, Some("60")));
    assert_eq!(stage.world.meters().early, 0);
    assert_eq!(comment().status, 403);
    assert_eq!(stage.world.meters().early, 1, "it did not wait");
    stage.clock.advance(60_000);
    assert_eq!(comment().status, 201);
}

#[test]
fn who_is_told_to_wait_and_does_not_is_counted() {
    let stage = Stage::new();
    let token = stage.minted(Value::Null);
    let mut once = Some(Fault::TooMany(30));
    stage.world.trouble(move |_| once.take().unwrap_or(Fault::Pass));
    let told = token.get("/repos/acme/website");
    assert_eq!((told.status, told.header("retry-after")), (429, Some("30")));
    stage.clock.advance(29_999);
    assert_eq!(token.get("/repos/acme/website").status, 200);
    stage.clock.advance(1);
    assert_eq!(token.get("/repos/acme/website").status, 200);
    assert_eq!(stage.world.meters().early, 1);
    assert_eq!(stage.world.meters().calls["GET /repos/{owner}/{repo}"], 3);
}
