//! The forge, on GitHub's real protocol.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::json;
use signalbox_domain::change::{Check, Proposed, Verdict};
use signalbox_domain::id::{Commit, EffectId};
use signalbox_domain::identity::Permission;
use signalbox_domain::time::Span;
use signalbox_github::Github;
use signalbox_ports::Error;
use signalbox_ports::forge::{Access, Forge as _};
use signalbox_world::contract;
use signalbox_world::forge::Edit;
use signalbox_world_github::{Called, Ci, CiJob, Fault, Role};

use crate::world::{Place, SITE, rejected};

#[async_trait]
impl contract::forge::Site for Place {
    fn forge(&self) -> &dyn signalbox_ports::forge::Forge {
        &self.github
    }

    async fn create(&self, repository: &str, description: &str, files: &[(&str, &str)]) -> Commit {
        self.repository(repository, description, files)
    }

    async fn commit(&self, repository: &str, branch: &str, edits: &[(&str, Edit)]) -> Commit {
        Self::commit(self, repository, branch, edits)
    }

    async fn opens(&self, access: &Access, repository: &str) -> bool {
        self.pulls(access.token.as_deref().unwrap(), repository)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_forge_keeps_its_contract() {
    contract::forge::suite(|| Arc::new(Place::empty())).await;
}

pub(crate) const BRANCH: &str = "signalbox/01j";

fn effect(version: u64) -> EffectId {
    EffectId { run: "01J".into(), version, index: 0 }
}

fn proposed(head: &Commit, title: &str) -> Proposed {
    let check = |name: &str, passed| Check { name: name.into(), passed, summary: "214 tests ran".into() };
    Proposed {
        repository: SITE.into(),
        base: None,
        branch: BRANCH.into(),
        head: head.clone(),
        title: title.into(),
        body: "Says $12 now.\n\n<!-- signalbox run:01J -->\n".into(),
        draft: true,
        checks: vec![check("tests", true), check("lint", false), check("tests", true)],
    }
}

async fn open(github: &Github, head: &Commit, version: u64, title: &str) -> Result<u64, Error> {
    github.open(&effect(version), &"01J".into(), &proposed(head, title)).await.map(|change| change.number)
}

/// What the world has in the end: how many pull requests and how many check runs of ours.
fn made(place: &Place, head: &Commit) -> (usize, Vec<String>) {
    let pulls = place.read(&format!("/repos/{SITE}/pulls?state=all"));
    let checks = place.world.checks(SITE, Some(head.as_str())).into_iter();
    let mut names: Vec<String> = checks.map(|check| check.name).collect();
    names.sort();
    (pulls.as_array().unwrap().len(), names)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_request_has_the_template_the_mark_and_the_checks() {
    let place = Place::new();
    place.commit(SITE, "main", &[(".github/PULL_REQUEST_TEMPLATE.md", "## What\n\n## Checklist\n- [ ] told\n".into())]);
    let edits = [("page.html", Edit::from("<p>$12</p>\n")), (".github/PULL_REQUEST_TEMPLATE.md", Edit::Remove)];
    let head = place.commit(SITE, BRANCH, &edits);
    let number = open(&place.github, &head, 7, "Price: $12 @everyone").await.unwrap();
    let pull = place.read(&format!("/repos/{SITE}/pulls/{number}"));
    assert_eq!(
        pull["body"].as_str().unwrap(),
        "## What\n\nSays $12 now.\n\n## Checklist\n- [ ] told\n\n<!-- signalbox run:01J effect:01J.7.0 -->"
    );
    assert!(!pull["title"].as_str().unwrap().contains("@everyone"), "nobody is called");
    assert_eq!(pull["draft"], json!(true));
    assert_eq!(made(&place, &head), (1, vec!["lint".into(), "tests".into(), "tests (2)".into()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_breaks_while_it_is_opened_there_is_one_pull_request_in_the_end() {
    let mut hit = 0;
    for nth in 0.. {
        let mut reached = false;
        for fault in [Fault::Before, Fault::After, Fault::Status(502), Fault::StatusAfter(504), Fault::Limited(30)] {
            let place = Place::new();
            let head = place.commit(SITE, BRANCH, &[("page.html", "<p>$12</p>\n".into())]);
            let fell = Arc::new(AtomicU64::new(0));
            let (counted, thrown) = (AtomicU64::new(0), fell.clone());
            place.world.trouble(move |_| {
                if counted.fetch_add(1, Ordering::SeqCst) != nth {
                    return Fault::Pass;
                }
                thrown.fetch_add(1, Ordering::SeqCst);
                fault.clone()
            });
            // Whoever performs an effect does so until it is done, not earlier than it is told.
            let mut number = open(&place.github, &head, 7, "Price").await;
            for _ in 0..5 {
                match &number {
                    Ok(_) => break,
                    Err(Error::Later { until, .. }) => place.clock.set(*until),
                    Err(Error::Unavailable(_)) => {}
                    Err(other) => panic!("call {nth}: {other}"),
                }
                number = open(&place.github, &head, 7, "Price").await;
            }
            assert_eq!(number, Ok(1), "call {nth}");
            assert_eq!(made(&place, &head), (1, vec!["lint".into(), "tests".into(), "tests (2)".into()]), "call {nth}");
            assert_eq!(place.world.meters().early, 0);
            reached |= fell.load(Ordering::SeqCst) > 0;
            hit += fell.load(Ordering::SeqCst);
        }
        if !reached {
            break;
        }
    }
    assert!(hit > 40, "{hit} faults hit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_request_that_somebody_opened_by_hand_is_taken_over() {
    let place = Place::new();
    let head = place.commit(SITE, BRANCH, &[("page.html", "<p>$12</p>\n".into())]);
    let by_hand = json!({ "title": "wip", "head": BRANCH, "base": "main", "body": "mine" });
    let pull = place.act("ana", "POST", &format!("/repos/{SITE}/pulls"), by_hand);
    assert_eq!(open(&place.github, &head, 7, "Price").await, Ok(pull["number"].as_u64().unwrap()));
    assert_eq!(made(&place, &head).0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_decided_about_a_pull_request_stays_decided() {
    let place = Place::new();
    let head = place.commit(SITE, BRANCH, &[("page.html", "<p>$12</p>\n".into())]);
    let number = open(&place.github, &head, 7, "Price").await.unwrap();
    place.act("ana", "PATCH", &format!("/repos/{SITE}/pulls/{number}"), json!({ "state": "closed" }));
    assert!(!place.github.amendable(&SITE.into(), number).await.unwrap());
    assert_eq!(open(&place.github, &head, 9, "Again").await, Ok(number), "the same commit proposes nothing new");
    let head = place.commit(SITE, BRANCH, &[("page.html", "<p>$13</p>\n".into())]);
    assert_eq!(rejected(open(&place.github, &head, 11, "Again").await), "the run's pull request #1 was closed already");
    assert_eq!(made(&place, &head).0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pull_request_of_a_fork_is_read_and_never_added_to() {
    let place = Place::new();
    place.world.private(SITE, false).unwrap();
    place.act("zoe", "POST", &format!("/repos/{SITE}/forks"), json!({}));
    let theirs = place.commit("zoe/site", "fix", &[("page.html", "<p>free</p>\n".into())]);
    let wanted = json!({ "title": "Free", "head": "zoe:fix", "base": "main", "body": "please" });
    let number = place.act("zoe", "POST", &format!("/repos/{SITE}/pulls"), wanted)["number"].as_u64().unwrap();
    let refused = rejected(place.github.head(&SITE.into(), Some(&format!("pull/{number}/head"))).await);
    assert!(refused.contains("comes from a fork") && refused.contains("`branch:main`"), "{refused}");
    assert!(!place.github.amendable(&SITE.into(), number).await.unwrap());
    let page = place.github.file(&SITE.into(), &theirs, "page.html", 100).await.unwrap();
    assert_eq!(page.as_deref(), Some("<p>free</p>\n"));

    place.commit(SITE, "ours", &[("page.html", "<p>$10</p>\n".into())]);
    let wanted = json!({ "title": "Ours", "head": "ours", "base": "main", "body": "" });
    let number = place.act("ana", "POST", &format!("/repos/{SITE}/pulls"), wanted)["number"].as_u64().unwrap();
    let head = place.github.head(&SITE.into(), Some(&format!("pull/{number}/head"))).await.unwrap();
    assert_eq!(head.branch, "ours");
    assert!(place.github.amendable(&SITE.into(), number).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checks_of_a_commit_are_told_with_the_end_of_their_logs() {
    let place = Place::new();
    assert!(!place.github.watches(&SITE.into()).await.unwrap());
    let log = format!("{}error: 2 + 2 is 5\n", "line\n".repeat(10_000));
    place.world.ci(SITE, Ci::of([CiJob::green("build"), CiJob::red("test", &log)])).unwrap();
    let head = place.commit(SITE, "work", &[("page.html", "<p>$12</p>\n".into())]);
    let status = json!({ "state": "pending", "context": "deploy" });
    place.act("ana", "POST", &format!("/repos/{SITE}/statuses/{head}"), status);
    let checks = place.github.checks(&SITE.into(), &head, 1_000).await.unwrap();
    let found: Vec<_> = checks.ran.iter().map(|ran| (ran.name.as_str(), ran.verdict, ran.log.len())).collect();
    assert!(found.contains(&("build", Verdict::Passed, 0)), "{found:?}");
    assert!(found.contains(&("deploy", Verdict::Pending, 0)), "{found:?}");
    let failed = checks.ran.iter().find(|ran| ran.name == "test").unwrap();
    assert!(failed.verdict == Verdict::Failed && failed.log.len() <= 1_000);
    assert!(failed.log.starts_with("line\n") && failed.log.ends_with("error: 2 + 2 is 5\n"), "{}", failed.log);
    assert!(!failed.url.is_empty() && !checks.held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_that_wait_for_a_person_to_let_them_begin_are_said_to() {
    let place = Place::new();
    place.world.ci(SITE, Ci { approval: true, ..Ci::of([CiJob::green("build")]) }).unwrap();
    let head = place.pushed_by_the_app(BRANCH, "page.html", "<p>$12</p>\n").await;
    assert!(place.github.checks(&SITE.into(), &head, 1_000).await.unwrap().held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_checks_are_not_among_those_that_are_watched() {
    let place = Place::new();
    let head = place.commit(SITE, BRANCH, &[("page.html", "<p>$12</p>\n".into())]);
    open(&place.github, &head, 7, "Price").await.unwrap();
    assert_eq!(place.github.checks(&SITE.into(), &head, 1_000).await.unwrap().ran, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_may_do_is_asked_by_their_immutable_id() {
    let place = Place::new();
    let may = async |login: &str| place.github.permission(&SITE.into(), &place.account(login)).await;
    for (login, role, permission) in [
        ("ada", Role::Admin, Permission::Admin),
        ("mia", Role::Maintain, Permission::Maintain),
        ("wim", Role::Write, Permission::Write),
        ("tom", Role::Triage, Permission::Triage),
        ("rob", Role::Read, Permission::Read),
    ] {
        place.allow(login, role);
        assert_eq!(may(login).await, Ok(permission), "{login}");
    }
    place.account("stranger");
    assert_eq!(may("stranger").await, Ok(Permission::None));
    assert_eq!(place.github.permission(&SITE.into(), "github:999999999").await, Ok(Permission::None));
    rejected(place.github.permission(&SITE.into(), "ada").await);
    for fault in [Fault::Before, Fault::Status(500), Fault::Status(403)] {
        let (fault, template) = (fault, "/repos/{owner}/{repo}/collaborators/{username}/permission");
        place.world.trouble(move |call: &Called| if call.template == template { fault.clone() } else { Fault::Pass });
        assert!(may("ada").await.is_err(), "not knowing is not allowing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_repository_is_listed_however_many_pages_they_are() {
    let place = Place::empty();
    for number in 0..230 {
        place.repository(&format!("acme/site-{number}"), "", &[]);
    }
    assert_eq!(place.github.repositories().await.unwrap().len(), 230);
    let calls = |place: &Place| place.world.meters().calls["GET /installation/repositories"];
    let before = calls(&place);
    place.github.repositories().await.unwrap();
    assert_eq!(calls(&place), before, "the list is believed for a while");
    place.clock.advance(Span::minutes(6));
    place.repository("acme/new", "", &[]);
    assert_eq!(place.github.repositories().await.unwrap().len(), 231);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_looks_at_once_never_pass_a_limit() {
    let place = Arc::new(Place::new());
    let mut waiting: Vec<_> = (0..1_000).collect();
    let mut rounds = 0;
    while !waiting.is_empty() {
        let looks = waiting.drain(..).map(|number| {
            let place = place.clone();
            tokio::spawn(async move { (number, place.github.head(&SITE.into(), None).await) })
        });
        let mut next = place.clock.advance(Span(1));
        for look in looks.collect::<Vec<_>>() {
            match look.await.unwrap() {
                (_, Ok(_)) => {}
                (number, Err(Error::Later { until, .. })) => {
                    next = next.max(until);
                    waiting.push(number);
                }
                (_, Err(other)) => panic!("{other}"),
            }
        }
        place.clock.set(next);
        rounds += 1;
        assert!(rounds < 200);
    }
    let meters = place.world.meters();
    assert_eq!((meters.over.len(), meters.early), (0, 0));
    assert!(meters.most_at_once <= 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_sent_is_refused_or_unlike_githubs_own_description() {
    let place = Place::checked();
    let head = place.commit(SITE, BRANCH, &[("page.html", "<p>$12</p>\n".into())]);
    let number = open(&place.github, &head, 7, "Price").await.unwrap();
    open(&place.github, &head, 9, "Price").await.unwrap();
    let forge = &place.github;
    forge.change(&SITE.into(), number, 1_000).await.unwrap();
    forge.checks(&SITE.into(), &head, 1_000).await.unwrap();
    forge.watches(&SITE.into()).await.unwrap();
    forge.permission(&SITE.into(), &place.account("ana")).await.unwrap();
    let meters = place.world.meters();
    let refused: Vec<_> = meters.refused.iter().filter(|call| !call.path.contains(".git/")).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(meters.breaches.is_empty(), "{:?}", meters.breaches);
}
