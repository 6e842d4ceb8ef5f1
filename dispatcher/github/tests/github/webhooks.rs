//! The edge: what is believed, and what each of GitHub's own examples means.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use signalbox_domain::time::Time;
use signalbox_github::{Decoded, Github, Ignored, PATH, Secret, Settings, Us, decode};
use signalbox_webhook::{Counter, Secrets, signature};
use signalbox_world_github::webhook_examples;

use crate::desk::Kept;
use crate::world::Place;

const SECRET: &str = "It's a Secret to Everybody";
/// The kinds that are read.
const READ: [&str; 9] = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "check_run",
    "check_suite",
    "workflow_run",
    "status",
];

/// An edge of an App that has these secrets, and what it kept.
struct Edge {
    url: String,
    app: u64,
    kept: Arc<Kept>,
}

impl Edge {
    async fn with(secrets: &[&str]) -> Self {
        let place = Place::empty();
        let settings = Settings {
            webhook_secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
            ..place.github.settings().clone()
        };
        let app = settings.app_id;
        let github = Github::new(settings, place.clock.clone(), place.notes.clone()).unwrap();
        let kept = Arc::<Kept>::default();
        let routes = signalbox_github::routes(&github, kept.clone(), Arc::<Counter>::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, app, kept }
    }

    /// A webhook as GitHub sends it, but for what `change` says of its headers.
    fn send(&self, kind: &str, body: &[u8], change: impl FnOnce(&mut Vec<(String, String)>)) -> (u16, String) {
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-github-event".to_owned(), kind.to_owned()),
            ("x-github-delivery".to_owned(), "72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned()),
            ("x-github-hook-installation-target-type".to_owned(), "integration".to_owned()),
            ("x-github-hook-installation-target-id".to_owned(), self.app.to_string()),
            ("x-hub-signature-256".to_owned(), signed(SECRET, body)),
        ];
        change(&mut headers);
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.post(&self.url);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let mut answer = request.send(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }
}

fn signed(secret: &str, body: &[u8]) -> String {
    signature::signature(&Secrets::new(secret, None).unwrap(), "sha256=", &[body])
}

/// GitHub's examples, by kind. They are fetched apart from the repository; without them a test says so and ends.
fn examples() -> Option<Vec<(String, Value)>> {
    let Some(kinds) = webhook_examples().unwrap() else {
        println!("SKIPPED: GitHub's examples of webhooks are not there; `bash tests/fetch` fetches them");
        eprintln!("SKIPPED: GitHub's examples of webhooks are not there; `bash tests/fetch` fetches them");
        return None;
    };
    let mut examples = Vec::new();
    for kind in kinds.as_array().unwrap() {
        for example in kind["examples"].as_array().unwrap() {
            examples.push((kind["name"].as_str().unwrap().to_owned(), example.clone()));
        }
    }
    Some(examples)
}

fn us(app: u64) -> Us {
    Us { app, name: "signalbox".into(), label: Some("signalbox".into()), assignee: None }
}

fn word(decoded: &Decoded) -> &'static str {
    match decoded {
        Decoded::Delivery(_) => "kept",
        Decoded::Ignored(why) => why.label(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn githubs_documented_signature_is_believed_and_no_other() {
    let edge = Edge::with(&["another", SECRET]).await;
    let documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let send = |body: &[u8], signature: &str| {
        edge.send("issues", body, |headers| {
            headers.retain(|(name, _)| name != "x-hub-signature-256");
            headers.push(("x-hub-signature-256".into(), signature.into()));
        })
    };
    // It is believed; that it is no JSON is said only then.
    assert_eq!(send(b"Hello, World!", documented).0, 400);
    assert_eq!(send(b"Hello, World.", documented).0, 401);
    assert_eq!(send(b"Hello, World!", &documented.replace("757", "657")).0, 401);
    assert_eq!(send(b"Hello, World!", documented.trim_start_matches("sha256=")).0, 401);
    assert_eq!(send(b"{}", "").0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nothing_is_believed() {
    let edge = Edge::with(&[]).await;
    let (status, words) = edge.send("ping", b"{}", |_| {});
    assert_eq!(status, 503);
    assert!(words.contains("secret"), "{words}");
    let empty = Edge::with(&[""]).await;
    assert_eq!(empty.send("ping", b"{}", |headers| headers.retain(|(name, _)| !name.contains("signature"))).0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_decides_something_is_there_once_and_for_us() {
    let edge = Edge::with(&[SECRET]).await;
    let body = br#"{"zen":"Keep it logically awesome."}"#;
    assert_eq!(edge.send("ping", body, |_| {}), (200, r#"{"ignored":"ping"}"#.to_owned()));
    for name in ["x-hub-signature-256", "x-github-event", "x-github-delivery", "x-github-hook-installation-target-id"] {
        let without = |headers: &mut Vec<(String, String)>| headers.retain(|(header, _)| header != name);
        assert_eq!(edge.send("ping", body, without).0, 400, "without {name}");
        let twice = |headers: &mut Vec<(String, String)>| {
            let again = headers.iter().find(|(header, _)| header == name).unwrap().clone();
            headers.push(again);
        };
        assert_eq!(edge.send("ping", body, twice).0, 400, "{name} twice");
    }
    let another = |headers: &mut Vec<(String, String)>| {
        headers.retain(|(name, _)| name != "x-github-hook-installation-target-id");
        headers.push(("x-github-hook-installation-target-id".into(), "1".into()));
    };
    assert_eq!(edge.send("ping", body, another).0, 403, "signed for another App");
    let twice = br#"{"action":"opened","action":"deleted"}"#;
    assert_eq!(edge.send("issues", twice, |_| {}).0, 400, "a name twice");
    let large = std::panic::catch_unwind(|| edge.send("ping", &vec![b' '; 5 * 1024 * 1024], |_| {}).0);
    assert!(large.is_err() || large.is_ok_and(|status| status == 413), "refused, maybe before it was sent whole");
    assert!(edge.kept.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_do_ourselves_asks_nothing_of_us_and_what_a_namesake_does_is_theirs() {
    let place = Place::empty();
    let us = Us::of(place.github.settings());
    let name = &place.github.settings().mention;
    let opened = |login: &str, kind: &str, via: Value| {
        let user = json!({ "id": 7, "login": login, "type": kind });
        let body = json!({
            "action": "opened",
            "issue": {
                "node_id": "I_1", "number": 1, "title": "Next", "body": format!("@{name} do it again"), "user": user,
                "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
                "performed_via_github_app": via,
            },
            "repository": { "id": 9, "full_name": "acme/website" },
            "sender": user,
        });
        decode("issues", "guid", &body, &us, Time(0))
    };
    let ours = Decoded::Ignored(Ignored::Ours);
    assert_eq!(opened(&format!("{name}[bot]"), "Bot", Value::Null), ours, "by our own account");
    let app = json!({ "id": place.github.settings().app_id });
    assert_eq!(opened("ana", "User", app), ours, "by us, on behalf of somebody");
    assert!(matches!(opened("ana", "User", Value::Null), Decoded::Delivery(_)), "by a person");
    assert!(matches!(opened(&format!("{name}[bot]"), "User", Value::Null), Decoded::Delivery(_)), "by a namesake");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_githubs_is_answered_well() {
    let Some(examples) = examples() else { return };
    let edge = Edge::with(&[SECRET]).await;
    let mut answers = BTreeMap::<(u16, String), usize>::new();
    for (kind, example) in &examples {
        let body = serde_json::to_vec(example).unwrap();
        let (status, said) = edge.send(kind, &body, |_| {});
        let said: Value = serde_json::from_str(&said).unwrap();
        let what = said["ignored"].as_str().unwrap_or("kept").to_owned();
        *answers.entry((status, what)).or_default() += 1;
    }
    assert!(answers.keys().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(answers.values().sum::<usize>(), examples.len());
    println!("{} examples of {} kinds: {answers:?}", examples.len(), kinds(&examples));
}

fn kinds(examples: &[(String, Value)]) -> usize {
    examples.iter().map(|(kind, _)| kind).collect::<BTreeSet<_>>().len()
}

/// What each of the examples means, by kind and act. A kind that is not in it is not read.
const MEANS: &[(&str, &str, &str)] = &[
    ("ping", "", "ping"),
    ("issues", "opened", "not-for-us"),
    ("issues", "edited", "not-for-us"),
    ("issues", "labeled", "not-for-us"),
    ("issues", "assigned", "not-for-us"),
    ("issues", "unlabeled", "not-for-us"),
    ("issues", "unassigned", "not-for-us"),
    ("issues", "closed", "kept"),
    ("issues", "deleted", "kept"),
    ("issues", "transferred", "kept"),
    ("issue_comment", "created", "not-for-us"),
    ("issue_comment", "edited", "not-for-us"),
    ("issue_comment", "deleted", "kept"),
    ("pull_request", "opened", "not-for-us"),
    ("pull_request", "labeled", "not-for-us"),
    ("pull_request", "assigned", "not-for-us"),
    ("pull_request", "unlabeled", "not-for-us"),
    ("pull_request", "unassigned", "not-for-us"),
    ("pull_request", "closed", "kept"),
    ("pull_request_review", "submitted", "not-for-us"),
    ("pull_request_review_comment", "created", "not-for-us"),
    ("pull_request_review_comment", "edited", "not-for-us"),
    ("pull_request_review_comment", "deleted", "kept"),
    ("check_run", "completed", "elsewhere"),
    ("check_suite", "completed", "elsewhere"),
    ("workflow_run", "completed", "elsewhere"),
    ("status", "", "elsewhere"),
];

#[test]
fn every_example_means_what_the_table_says() {
    let Some(examples) = examples() else { return };
    for (kind, example) in &examples {
        let act = example["action"].as_str().unwrap_or_default();
        let known = MEANS.iter().find(|(name, acted, _)| name == kind && (acted == &act || acted.is_empty()));
        let expected = match known {
            Some((_, _, means)) => means,
            None if READ.contains(&kind.as_str()) => "act",
            None => "kind",
        };
        let decoded = decode(kind, "guid", example, &us(1), Time(1));
        assert_eq!(word(&decoded), expected, "{kind} {act}: {decoded:?}");
    }
}

#[test]
fn the_same_examples_that_speak_to_us_are_kept_under_one_key_each() {
    let Some(examples) = examples() else { return };
    let mut kept = BTreeMap::<String, usize>::new();
    for (kind, mut example) in examples {
        let text = match kind.as_str() {
            "issues" => "/issue/body",
            "issue_comment" | "pull_request_review_comment" => "/comment/body",
            "pull_request" => "/pull_request/body",
            "pull_request_review" => "/review/body",
            _ => continue,
        };
        *example.pointer_mut(text).unwrap() = json!("@signalbox fix it");
        let act = example["action"].as_str().unwrap_or_default().to_owned();
        let speaks = matches!(act.as_str(), "opened" | "created" | "edited" | "submitted");
        let first = decode(&kind, "one", &example, &us(1), Time(1));
        let again = decode(&kind, "another", &example, &us(1), Time(99));
        match (&first, &again) {
            (Decoded::Delivery(first), Decoded::Delivery(again)) => {
                assert_eq!(first.event.id, again.event.id, "neither the envelope nor the hour is a part of the key");
                *kept.entry(kind).or_default() += usize::from(speaks);
            }
            (Decoded::Ignored(Ignored::Act | Ignored::NotForUs), _) if !speaks => {}
            other => panic!("{kind} {act}: {other:?}"),
        }
    }
    assert_eq!(kept.len(), 5, "{kept:?}");
}

#[test]
fn a_body_is_only_of_the_kind_that_it_is() {
    let Some(examples) = examples() else { return };
    for (kind, example) in examples.iter().filter(|(kind, _)| READ.contains(&kind.as_str())) {
        for other in READ.iter().filter(|other| *other != kind) {
            let decoded = decode(other, "guid", example, &us(1), Time(1));
            assert_eq!(decoded, Decoded::Ignored(Ignored::Unfit), "{kind} sent as {other}");
        }
    }
}

#[test]
fn no_bend_of_an_example_breaks_it() {
    let Some(examples) = examples() else { return };
    let odd = [json!(null), json!(7), json!("x"), json!([]), json!({}), json!(-1.5), json!(true)];
    let mut tried = 0;
    for (kind, example) in READ.iter().filter_map(|kind| examples.iter().find(|(name, _)| name == kind)) {
        for name in example.as_object().unwrap().keys() {
            for odd in &odd {
                let mut bent = example.clone();
                bent[name] = odd.clone();
                let _ = decode(kind, "guid", &bent, &us(1), Time(1));
                tried += 1;
            }
            let inner: Vec<String> =
                example[name].as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
            for key in inner {
                for odd in &odd {
                    let mut bent = example.clone();
                    bent[name][&key] = odd.clone();
                    let _ = decode(kind, "guid", &bent, &us(1), Time(1));
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} bent examples");
}

/// Every so many bits of a body and of its signature are flipped, unless `SIGNALBOX_BITS` says `all`: that are 368 GB to
/// be hashed.
const EVERY: (usize, usize) = (1_999, 11);

#[test]
fn not_one_bit_of_body_or_signature_can_be_another() {
    let Some(examples) = examples() else { return };
    let step = if std::env::var("SIGNALBOX_BITS").is_ok_and(|bits| bits == "all") { (1, 1) } else { EVERY };
    let mut bodies: Vec<_> = examples.iter().map(|(_, example)| (serde_json::to_vec(example).unwrap(), step)).collect();
    // The shortest one of each of these is flipped whole in any case.
    for kind in ["issue_comment", "ping"] {
        let whole = examples.iter().filter(|(name, _)| name == kind).map(|(_, example)| example);
        let whole = whole.map(|example| serde_json::to_vec(example).unwrap()).min_by_key(Vec::len);
        bodies.push((whole.unwrap(), (1, 1)));
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let take = || bodies.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let work = || std::iter::from_fn(take).map(|(body, step)| flipped(body, *step)).fold((0, 0), plus);
    let (bits, accepted) = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().map(|one| one.join().unwrap()).fold((0, 0), plus)
    });
    println!("{bits} flipped bits of {} bodies and their signatures, {accepted} accepted", examples.len());
    assert_eq!(accepted, 0);
}

fn plus(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0 + other.0, one.1 + other.1)
}

/// Flips every so many bits of a body and of its signature, one at a time. How many that were, and how many were
/// believed all the same.
fn flipped(body: &[u8], (step, signature_step): (usize, usize)) -> (u64, u64) {
    let secrets = Secrets::new(SECRET, None).unwrap();
    let believed = |offered: &str, body: &[u8]| signature::verify(&secrets, "sha256=", offered, &[body]).is_ok();
    let (offered, mut body) = (signed(SECRET, body), body.to_vec());
    assert!(believed(&offered, &body));
    let (mut flipped, mut accepted) = (0, 0);
    for at in (0..offered.len() * 8).step_by(signature_step) {
        let mut bent = offered.clone().into_bytes();
        bent[at / 8] ^= 1 << (at % 8);
        flipped += 1;
        // What is no text any more is no header.
        accepted += u64::from(String::from_utf8(bent).is_ok_and(|bent| believed(&bent, &body)));
    }
    for at in (0..body.len() * 8).step_by(step) {
        body[at / 8] ^= 1 << (at % 8);
        flipped += 1;
        accepted += u64::from(believed(&offered, &body));
        body[at / 8] ^= 1 << (at % 8);
    }
    (flipped, accepted)
}

#[test]
fn checks_of_a_runs_branch_are_kept_and_of_any_other_are_not() {
    let Some(examples) = examples() else { return };
    let run = "01K00000000000000000000000";
    let branch = format!("signalbox/{}", run.to_lowercase());
    for (kind, path) in [
        ("check_run", "/check_run/check_suite/head_branch"),
        ("check_suite", "/check_suite/head_branch"),
        ("workflow_run", "/workflow_run/head_branch"),
        ("status", "/branches/0/name"),
    ] {
        let over = |example: &Value| kind == "status" || example["action"] == "completed";
        let (_, example) = examples.iter().find(|(name, example)| name == kind && over(example)).unwrap();
        let mut example = example.clone();
        *example.pointer_mut(path).unwrap() = json!(branch);
        let decoded = decode(kind, "guid", &example, &us(1), Time(1));
        let Decoded::Delivery(delivery) = decoded else { panic!("{kind}: {decoded:?}") };
        assert_eq!(delivery.thread.root, format!("checks:{run}"), "{kind}");
        assert!(delivery.event.id.0.starts_with("github:stirred:"), "{kind}");
    }
}
