//! Everything this world answers and sends, compared with GitHub's own description of its API.

use serde_json::{Value, json};
use signalbox_world_github::{Ci, CiJob, NewPull, OpenApi, Role, Subject, Verdict, World};

use crate::client::{Client, Clock, Stage};

/// A world that is compared, if `tests/fetch` has fetched what with.
fn checked() -> Option<Stage> {
    let Some(description) = OpenApi::fetched().unwrap() else {
        eprintln!("SKIPPED: GitHub's description of its API is not here; tests/fetch fetches it");
        return None;
    };
    let clock = Clock::new();
    let world = World::start_checked(clock.closure(), description).unwrap();
    Some(Stage::furnish(world, clock))
}

#[test]
fn what_people_and_apps_do_is_answered_and_told_as_github_describes_it() {
    let Some(stage) = checked() else { return };
    let world = &stage.world;
    let repository = "acme/website";
    for role in [Role::Triage, Role::Maintain, Role::Admin] {
        world.collaborator(repository, &format!("{role:?}").to_lowercase(), Some(role)).unwrap();
    }
    world.ci(repository, Ci { approval: true, ..Ci::of([CiJob::green("test"), CiJob::red("lint", "bad\n")]) }).unwrap();
    let (ana, bo) = (world.person("ana"), world.person("bo"));
    let issue = ana.open_issue(repository, "Prices", "wrong").unwrap();
    ana.edit_issue(repository, issue, "very wrong").unwrap();
    let comment = bo.comment(repository, issue, "indeed").unwrap();
    bo.edit_comment(repository, comment, "indeed!").unwrap();
    bo.react(repository, Subject::Comment(comment), "heart").unwrap();
    bo.react(repository, Subject::Issue(issue), "+1").unwrap();
    ana.label(repository, issue, "signalbox").unwrap();
    ana.assign(repository, issue, "bo").unwrap();
    ana.unassign(repository, issue, "bo").unwrap();
    ana.unlabel(repository, issue, "signalbox").unwrap();
    ana.close(repository, issue).unwrap();
    ana.reopen(repository, issue).unwrap();
    ana.push(repository, "prices", "Raise", &[("src/pricing.html", Some("<p>$12</p>\n")), ("new", Some("1\n"))])
        .unwrap();
    let number = ana.open_pull(repository, &NewPull { title: "Prices", head: "prices", ..Default::default() }).unwrap();
    ana.push(repository, "prices", "More", &[("README.md", None)]).unwrap();
    ana.request_review(repository, number, "bo").unwrap();
    let review = bo.review(repository, number, Verdict::Comment, "hm", &[("src/pricing.html", 1, "why?")]).unwrap();
    let remark = bo.review_comment(repository, number, "src/pricing.html", 1, "and why?").unwrap();
    ana.answer_review_comment(repository, number, remark, "because").unwrap();
    bo.edit_review_comment(repository, remark, "why indeed?").unwrap();
    bo.react(repository, Subject::ReviewComment(remark), "eyes").unwrap();
    bo.review(repository, number, Verdict::Approve, "", &[]).unwrap();
    let fork = bo.fork(repository).unwrap();
    let forked = bo.push(&fork, "theirs", "Theirs", &[("theirs", Some("1\n"))]).unwrap();
    let outside =
        bo.open_pull(repository, &NewPull { title: "Theirs", head: "bo:theirs", ..Default::default() }).unwrap();
    bo.push(&fork, "theirs", "Theirs", &[("theirs", Some("2\n"))]).unwrap();

    let token = stage.minted(json!({"repositories": ["website"]}));
    let app = stage.app();
    let head = world.conversation(repository, number).unwrap().pull.unwrap().head;
    let made = token.post(
        "/repos/acme/website/check-runs",
        json!({"name": "signalbox", "head_sha": head, "status": "in_progress", "output": {"title": "t", "summary": "s",
            "annotations": [{"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}]},
            "actions": [{"label": "Stop", "description": "Stop it", "identifier": "stop"}]}),
    );
    let check = made.body["id"].as_u64().unwrap();
    bo.press(repository, check, "stop").unwrap();
    bo.rerun_check(repository, check).unwrap();
    token.patch(&format!("/repos/acme/website/check-runs/{check}"), json!({"conclusion": "success"}));
    let run = token.get("/repos/acme/website/actions/runs").body["workflow_runs"][0]["id"].as_u64().unwrap();
    ana.approve_run(repository, run).unwrap();
    let job = token.get(&format!("/repos/acme/website/actions/runs/{run}/jobs")).body["jobs"][0]["id"].clone();
    let suite =
        token.get(&format!("/repos/acme/website/commits/{head}/check-suites")).body["check_suites"][0]["id"].clone();
    token.post(&format!("/repos/acme/website/issues/{issue}/comments"), json!({"body": "Planning"}));
    for path in [
        "/repos/acme/website".to_owned(),
        "/installation/repositories?per_page=1".to_owned(),
        "/repos/acme/website/branches".to_owned(),
        "/repos/acme/website/branches/prices".to_owned(),
        "/repos/acme/website/git/ref/heads/prices".to_owned(),
        "/repos/acme/website/commits?per_page=2".to_owned(),
        "/repos/acme/website/commits/prices".to_owned(),
        format!("/repos/acme/website/commits/{forked}"),
        "/repos/acme/website/compare/main...prices".to_owned(),
        "/repos/acme/website/contents/src/pricing.html?ref=prices".to_owned(),
        "/repos/acme/website/contents/src".to_owned(),
        "/repos/acme/website/contents/".to_owned(),
        "/repos/acme/website/git/trees/prices?recursive=1".to_owned(),
        "/repos/acme/website/issues?state=all".to_owned(),
        format!("/repos/acme/website/issues/{issue}"),
        format!("/repos/acme/website/issues/{number}"),
        format!("/repos/acme/website/issues/{issue}/comments?per_page=100"),
        format!("/repos/acme/website/issues/{issue}/reactions"),
        format!("/repos/acme/website/issues/{issue}/labels"),
        format!("/repos/acme/website/issues/comments/{comment}"),
        format!("/repos/acme/website/issues/comments/{comment}/reactions"),
        "/repos/acme/website/labels".to_owned(),
        "/repos/acme/website/pulls?state=all".to_owned(),
        format!("/repos/acme/website/pulls/{number}"),
        format!("/repos/acme/website/pulls/{outside}"),
        format!("/repos/acme/website/pulls/{number}/files"),
        format!("/repos/acme/website/pulls/{number}/commits"),
        format!("/repos/acme/website/pulls/{number}/reviews"),
        format!("/repos/acme/website/pulls/{number}/reviews/{review}"),
        format!("/repos/acme/website/pulls/{number}/reviews/{review}/comments"),
        format!("/repos/acme/website/pulls/{number}/comments"),
        format!("/repos/acme/website/pulls/comments/{remark}"),
        format!("/repos/acme/website/pulls/comments/{remark}/reactions"),
        format!("/repos/acme/website/pulls/{number}/requested_reviewers"),
        format!("/repos/acme/website/check-runs/{check}"),
        format!("/repos/acme/website/check-runs/{check}/annotations"),
        format!("/repos/acme/website/commits/{head}/check-runs"),
        format!("/repos/acme/website/check-suites/{suite}"),
        format!("/repos/acme/website/commits/{head}/status"),
        format!("/repos/acme/website/commits/{head}/statuses"),
        format!("/repos/acme/website/actions/runs/{run}"),
        format!("/repos/acme/website/actions/jobs/{job}"),
        "/repos/acme/website/collaborators/bo/permission".to_owned(),
        "/repos/acme/website/collaborators/maintain/permission".to_owned(),
        "/users/ana".to_owned(),
        "/rate_limit".to_owned(),
        "/meta".to_owned(),
    ] {
        let answer = token.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    for path in
        ["/app", "/app/installations", "/repos/acme/website/installation", "/app/hook/config", "/app/hook/deliveries"]
    {
        assert_eq!(app.get(path).status, 200, "{path}");
    }
    assert_eq!(app.get(&format!("/app/installations/{}", stage.installation)).status, 200);
    let person = Client::new(world, Some(&world.token_of("ana")));
    assert_eq!(person.get("/user").status, 200);
    let manifest = world.accept_manifest(&json!({"name": "x"}));
    assert_eq!(app.post(&format!("/app-manifests/{manifest}/conversions"), Value::Null).status, 201);
    world.permit(stage.installation, "statuses", "write");
    let statuses = stage.minted(Value::Null);
    statuses.post(&format!("/repos/acme/website/statuses/{head}"), json!({"state": "success"}));
    token.get(&format!("/repos/acme/website/commits/{head}/statuses"));
    token.get(&format!("/repos/acme/website/commits/{head}/status"));
    token.patch("/repos/acme/website/git/refs/heads/prices", json!({"sha": head, "force": true}));
    token.post("/repos/acme/website/git/refs", json!({"ref": "refs/heads/other", "sha": head}));
    token.delete("/repos/acme/website/git/refs/heads/other");
    token.patch(&format!("/repos/acme/website/pulls/{number}"), json!({"body": "better"}));
    ana.delete_review_comment(repository, remark).unwrap();
    bo.delete_comment(repository, comment).unwrap();
    ana.ready(repository, number, false).unwrap();
    ana.ready(repository, number, true).unwrap();
    ana.merge(repository, number).unwrap();
    world.organization("other");
    let root = world.person("admin");
    root.rename(repository, "site").unwrap();
    root.transfer("acme/site", "other").unwrap();
    world.suspend(stage.installation, true);
    world.suspend(stage.installation, false);
    world.select(stage.installation, "acme/secret", false).unwrap();
    world.select(stage.installation, "acme/secret", true).unwrap();
    world.uninstall(stage.installation);
    let breaches = world.meters().breaches;
    let told: Vec<_> =
        breaches.iter().map(|one| format!("{} {} {} {}", one.operation, one.part, one.at, one.what)).collect();
    assert!(told.is_empty(), "{} breaches:\n{}", told.len(), told.join("\n"));
}

#[test]
fn a_request_that_github_does_not_describe_is_a_breach() {
    let Some(stage) = checked() else { return };
    let token = stage.minted(Value::Null);
    let number = stage.world.person("ana").open_issue("acme/website", "Prices", "").unwrap();
    token.post(&format!("/repos/acme/website/issues/{number}/comments"), json!({"body": "x", "colour": "red"}));
    token.get("/repos/acme/website/issues?status=open");
    token.post(&format!("/repos/acme/website/issues/{number}/reactions"), json!({"content": "tada"}));
    let told: Vec<_> =
        stage.world.meters().breaches.iter().map(|one| format!("{} {}", one.operation, one.at)).collect();
    assert_eq!(
        told,
        [
            "POST /repos/{owner}/{repo}/issues/{issue_number}/comments /colour",
            "GET /repos/{owner}/{repo}/issues ?status",
            "POST /repos/{owner}/{repo}/issues/{issue_number}/reactions /content",
        ]
    );
}

/// Fields that GitHub's example has and ours has not, below `at`.
fn missing(at: &str, example: &Value, ours: &Value, found: &mut Vec<String>) {
    match (example, ours) {
        (Value::Object(example), Value::Object(ours)) => {
            for (name, value) in example {
                match ours.get(name) {
                    None => found.push(format!("{at}/{name}")),
                    Some(other) => missing(&format!("{at}/{name}"), value, other, found),
                }
            }
        }
        (Value::Array(example), Value::Array(ours)) => {
            if let (Some(example), Some(ours)) = (example.first(), ours.first()) {
                missing(&format!("{at}/0"), example, ours, found);
            }
        }
        _ => {}
    }
}

#[test]
fn webhooks_have_the_fields_that_github_s_examples_have() {
    let Some(examples) = signalbox_world_github::webhook_examples().unwrap() else {
        eprintln!("SKIPPED: GitHub's examples of webhooks are not here; tests/fetch fetches them");
        return;
    };
    let (clock, receiver) = (Clock::new(), crate::receiver::Receiver::start());
    let stage = Stage::furnish(World::start(clock.closure()).unwrap(), clock);
    stage.world.hook(&receiver.url);
    told(&stage);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(stage.world.settled());
    let mut all = std::collections::BTreeSet::new();
    for received in receiver.taken() {
        let (event, body) = (received.header("x-github-event").to_owned(), received.body());
        let of = examples.as_array().unwrap().iter().find(|one| one["name"] == event.as_str());
        let same = |one: &&Value| one["action"] == body["action"];
        let Some(example) = of.and_then(|of| of["examples"].as_array().unwrap().iter().find(same)) else { continue };
        let mut found = Vec::new();
        missing("", example, &body, &mut found);
        all.extend(found.into_iter().map(|at| format!("{event}{at}")));
    }
    // Which permissions an app has is its own affair; the others are not sent any more, or only for what is not here.
    let ours = |at: &String| {
        at.contains("/permissions/") || at == "issues/issue/draft" || at.ends_with("check_run/deployment")
    };
    let all: Vec<_> = all.into_iter().filter(|at| !ours(at) && at != "issue_comment/issue/draft").collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// One of everything that is told.
fn told(stage: &Stage) {
    let (repository, ana, bo) = ("acme/website", stage.world.person("ana"), stage.world.person("bo"));
    stage.world.ci(repository, Ci::of([CiJob::green("test")])).unwrap();
    let issue = ana.open_issue(repository, "Prices", "wrong").unwrap();
    ana.label(repository, issue, "signalbox").unwrap();
    ana.assign(repository, issue, "bo").unwrap();
    let comment = bo.comment(repository, issue, "indeed").unwrap();
    bo.edit_comment(repository, comment, "indeed!").unwrap();
    bo.delete_comment(repository, comment).unwrap();
    ana.push(repository, "prices", "Raise", &[("src/pricing.html", Some("<p>$12</p>\n"))]).unwrap();
    let number = ana.open_pull(repository, &NewPull { title: "Prices", head: "prices", ..Default::default() }).unwrap();
    ana.label(repository, number, "signalbox").unwrap();
    bo.review(repository, number, Verdict::Approve, "fine", &[("src/pricing.html", 1, "why?")]).unwrap();
    ana.merge(repository, number).unwrap();
    ana.close(repository, issue).unwrap();
    stage.world.suspend(stage.installation, true);
}
