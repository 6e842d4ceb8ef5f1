//! git itself, with an installation's token; pull requests and CI on what it pushed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use signalbox_world_github::{Ci, CiJob, NewPull};

use crate::client::{Client, Stage};

fn git(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("GIT_TERMINAL_PROMPT", "0");
    command.args(["-c", "user.name=robot", "-c", "user.email=robot@example.com"]).args(args).current_dir(folder);
    command.output().unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Where a client clones with its token.
fn url(client: &Client, repository: &str) -> String {
    let token = client.token.as_deref().unwrap();
    format!("{}/{repository}.git", client.base.replace("http://", &format!("http://x-access-token:{token}@")))
}

fn write_and_push(folder: &Path, path: &str, text: &str, branch: &str) -> Output {
    std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
    std::fs::write(folder.join(path), text).unwrap();
    assert!(git(folder, &["add", "-A"]).status.success());
    assert!(git(folder, &["commit", "-q", "-m", "Raise"]).status.success());
    git(folder, &["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")])
}

#[test]
fn a_branch_is_cloned_changed_pushed_and_becomes_a_pull_request() {
    let stage = Stage::new();
    let token = stage.minted(json!({"repositories": ["website"]}));
    let folder = tempfile::tempdir().unwrap();
    let cloned = git(folder.path(), &["clone", "-q", "--depth", "1", &url(&token, "acme/website"), "work"]);
    assert!(cloned.status.success(), "{}", words(&cloned));
    let work = folder.path().join("work");
    let pushed = write_and_push(&work, "src/pricing.html", "<p>$12</p>\n", "signalbox/prices");
    assert!(pushed.status.success(), "{}", words(&pushed));
    assert_eq!(stage.world.file("acme/website", "signalbox/prices", "src/pricing.html").unwrap(), "<p>$12</p>\n");
    let asked = json!({"title": "Prices", "head": "signalbox/prices", "base": "main", "draft": true});
    let pull = token.post("/repos/acme/website/pulls", asked.clone());
    assert_eq!((pull.status, &pull.body["draft"], &pull.body["changed_files"]), (201, &json!(true), &json!(1)));
    let again = token.post("/repos/acme/website/pulls", asked);
    assert_eq!(again.status, 422);
    assert!(
        again.body["errors"][0]["message"].as_str().unwrap().starts_with("A pull request already exists for acme:")
    );
    let listed = token.get("/repos/acme/website/pulls?head=acme:signalbox/prices&state=all");
    assert_eq!(listed.body[0]["number"], pull.body["number"]);
    let number = pull.body["number"].as_u64().unwrap();
    let files = token.get(&format!("/repos/acme/website/pulls/{number}/files"));
    assert_eq!((&files.body[0]["filename"], &files.body[0]["additions"]), (&json!("src/pricing.html"), &json!(1)));
    let compared = token.get("/repos/acme/website/compare/main...signalbox/prices");
    assert_eq!((&compared.body["status"], &compared.body["ahead_by"]), (&json!("ahead"), &json!(1)));
    let ana = stage.world.person("ana");
    assert!(ana.merge("acme/website", number).is_err(), "it is a draft");
    ana.ready("acme/website", number, true).unwrap();
    ana.merge("acme/website", number).unwrap();
    assert_eq!(stage.world.file("acme/website", "main", "src/pricing.html").unwrap(), "<p>$12</p>\n");
}

#[test]
fn a_token_pushes_only_where_and_what_it_may() {
    let stage = Stage::new();
    let reader = stage.minted(json!({"permissions": {"contents": "read"}}));
    let folder = tempfile::tempdir().unwrap();
    assert!(git(folder.path(), &["clone", "-q", &url(&reader, "acme/website"), "work"]).status.success());
    let work = folder.path().join("work");
    let refused = write_and_push(&work, "README.md", "bye\n", "x");
    assert!(words(&refused).contains("Permission to acme/website.git denied to signalbox[bot]"), "{}", words(&refused));
    let narrow = stage.minted(json!({"repositories": ["website"], "permissions": {"contents": "write"}}));
    let hidden = git(folder.path(), &["clone", "-q", &url(&narrow, "acme/secret"), "other"]);
    assert!(words(&hidden).contains("not found"), "{}", words(&hidden));
    git(&work, &["remote", "set-url", "origin", &url(&narrow, "acme/website")]);
    let workflow = write_and_push(&work, ".github/workflows/ci.yml", "on: push\n", "x");
    assert!(words(&workflow).contains("without `workflows` permission"), "{}", words(&workflow));
    narrow.delete("/installation/token");
    let over = git(folder.path(), &["clone", "-q", &url(&narrow, "acme/secret"), "late"]);
    assert!(!over.status.success());
    let read = stage.world.branches("acme/website").unwrap();
    assert_eq!(read.len(), 1, "nothing was pushed: {read:?}");
}

#[test]
fn a_failing_job_has_a_log_and_the_next_push_can_pass() {
    let stage = Stage::new();
    stage.world.ci("acme/website", Ci::of([CiJob::green("test")])).unwrap();
    stage.world.ci("acme/website", Ci::of([CiJob::red("test", "expected $12, found $9\n")]).once()).unwrap();
    let ana = stage.world.person("ana");
    let commit = ana.push("acme/website", "prices", "Raise", &[("a", Some("1"))]).unwrap();
    let token = stage.minted(Value::Null);
    let checks = token.get(&format!("/repos/acme/website/commits/{commit}/check-runs"));
    assert_eq!(checks.body["check_runs"][0]["conclusion"], "failure");
    let runs = token.get(&format!("/repos/acme/website/actions/runs?head_sha={commit}"));
    let jobs = token.get(&format!("/repos/acme/website/actions/runs/{}/jobs", runs.body["workflow_runs"][0]["id"]));
    let log = token.get(&format!("/repos/acme/website/actions/jobs/{}/logs", jobs.body["jobs"][0]["id"]));
    assert_eq!(log.status, 302);
    let nobody = Client::new(&stage.world, None);
    assert_eq!(nobody.get(log.header("location").unwrap()).body, "expected $12, found $9\n");
    let next = ana.push("acme/website", "prices", "Again", &[("a", Some("2"))]).unwrap();
    let checks = stage.world.checks("acme/website", Some(&next));
    assert_eq!(checks[0].conclusion.as_deref(), Some("success"));
}

#[test]
fn a_stranger_s_pull_request_waits_until_somebody_lets_it_run() {
    let stage = Stage::new();
    stage.world.ci("acme/website", Ci { approval: true, ..Ci::of([CiJob::green("test")]) }).unwrap();
    let eve = stage.world.person("eve");
    assert!(eve.push("acme/website", "x", "x", &[("a", Some("1"))]).is_err());
    let fork = eve.fork("acme/website").unwrap();
    assert_eq!(fork, "eve/website");
    let commit = eve.push(&fork, "better", "Better", &[("a", Some("1"))]).unwrap();
    let number =
        eve.open_pull("acme/website", &NewPull { title: "Better", head: "eve:better", ..Default::default() }).unwrap();
    let token = stage.minted(Value::Null);
    let pull = token.get(&format!("/repos/acme/website/pulls/{number}"));
    assert_eq!(
        (&pull.body["head"]["repo"]["full_name"], &pull.body["head"]["sha"]),
        (&json!("eve/website"), &json!(commit))
    );
    assert_eq!(
        token.get(&format!("/repos/acme/website/commits/{commit}")).status,
        200,
        "it is in the repository as well"
    );
    let runs = token.get("/repos/acme/website/actions/runs?event=pull_request");
    assert_eq!(runs.body["workflow_runs"][0]["conclusion"], "action_required");
    assert!(stage.world.checks("acme/website", Some(&commit)).is_empty());
    let run = runs.body["workflow_runs"][0]["id"].as_u64().unwrap();
    stage.world.person("ana").approve_run("acme/website", run).unwrap();
    assert_eq!(stage.world.checks("acme/website", Some(&commit))[0].conclusion.as_deref(), Some("success"));
}

#[test]
fn an_app_s_check_is_told_step_by_step() {
    let stage = Stage::new();
    let token = stage.minted(Value::Null);
    let head = &stage.world.branches("acme/website").unwrap()[0].1;
    let asked = json!({"name": "signalbox", "head_sha": head, "external_id": "run:1", "status": "in_progress"});
    let made = token.post("/repos/acme/website/check-runs", asked);
    assert_eq!((made.status, &made.body["app"]["slug"]), (201, &json!("signalbox")));
    let path = format!("/repos/acme/website/check-runs/{}", made.body["id"]);
    let output = json!({"title": "Built", "summary": "all is well"});
    assert_eq!(token.patch(&path, json!({"conclusion": "success", "output": output})).body["status"], "completed");
    assert_eq!(token.patch(&path, json!({"status": "completed", "conclusion": "splendid"})).status, 422);
    assert_eq!(
        token.post("/repos/acme/website/check-runs", json!({"name": "x", "head_sha": "0".repeat(40)})).status,
        422
    );
    let read = &stage.world.checks("acme/website", None)[0];
    assert_eq!((read.external_id.as_deref(), read.title.as_deref()), (Some("run:1"), Some("Built")));
}
