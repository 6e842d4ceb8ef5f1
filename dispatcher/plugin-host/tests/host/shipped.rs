//! The shipped plugins together, as an installation has them.

use serde_json::json;
use signalbox_domain::context::Trust;
use signalbox_domain::route::{Decision, Known, Said, Target, select};
use signalbox_plugin_host::Host;
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, Piece, Plugins as _, Scope};

use crate::installation::{event, host, shipped};

const ROUTERS: [&str; 3] = ["explicit", "keywords", "channel"];

fn routers() -> Host {
    host(ROUTERS.map(shipped).into())
}

fn prefetchers() -> Host {
    host(["thread", "links", "repo-guide"].map(shipped).into())
}

/// The decision in a line, with its first reason.
fn decide(host: &Host, event: &Event) -> String {
    match event.decide(&host.route(event)) {
        Decision::Go { target, grounds, failed } => {
            assert_eq!(failed, []);
            let place = target.repository.map_or("nowhere".to_string(), |it| it.0);
            let reason = grounds.first().map(|it| format!(" because {}", it.reason)).unwrap_or_default();
            format!("{place} {}{reason}", target.workflow)
        }
        Decision::Ask { candidates, question, .. } => {
            let places = candidates.iter().map(|it| it.target.repository.as_ref().map_or("nowhere", |it| it.as_str()));
            format!("{question} {}", places.collect::<Vec<_>>().join(" or "))
        }
        Decision::Nowhere { reason, .. } => reason,
    }
}

#[test]
fn requests_go_where_a_person_would_send_them() {
    let host = routers();
    let in_room = |topic: &str, text: &str| Event { room_topic: topic.to_string(), ..event(text) };
    for (event, decision) in [
        (event("repo:acme/billing fix the rounding"), "acme/billing build because you wrote repo:acme/billing"),
        (
            event("why is rounding off in billing?"),
            "acme/billing answer because \"in billing\" is the name of acme/billing",
        ),
        (event("the website title is wrong"), "acme/website build because \"website\" is the name of acme/website"),
        (event("the FAQ is wrong"), "Which repository is this about? acme/website or acme/billing"),
        (event("what is a monad?"), "nowhere answer because it is a question"),
        (
            in_room("repo:acme/billing", "the title is wrong"),
            "acme/billing build because the topic of this room says so",
        ),
        (
            in_room("repo:acme/billing", "the website title is wrong"),
            "acme/billing build because the topic of this room says so",
        ),
        (
            in_room("repo:acme/billing", "fix the title on the website"),
            "acme/website build because \"on the website\" is the name of acme/website",
        ),
        (
            in_room("repo:acme/billing", "repo:acme/webste fix the title"),
            "acme/webste is not a repository I know. Did you mean one of these? acme/website or acme/billing",
        ),
        (
            in_room("repo:acme/billing", "why is and/or written like TCP/IP?"),
            "acme/billing answer because the topic of this room says so",
        ),
    ] {
        assert_eq!(decide(&host, &event), decision, "{}", event.text);
    }
}

#[test]
fn what_one_person_sets_outright_is_completed_by_what_the_room_knows() {
    let host = routers();
    let event =
        Event { room_topic: "repo:acme/billing".to_string(), ..event("branch:next model:large fix the rounding") };
    let repositories = ["acme/website".into(), "acme/billing".into()];
    let workflows = [Known { name: "build".to_string(), repository: true, only: None }];
    let decision = select(&host.route(&event), &repositories, &workflows);
    let Decision::Go { target, .. } = decision else { panic!("{decision:?}") };
    let inputs = [("model".to_string(), "large".to_string())].into();
    let (workflow, repository) = ("build".to_string(), Some("acme/billing".into()));
    assert_eq!(target, Target { workflow, repository, branch: Some("next".to_string()), inputs });
}

#[test]
fn a_router_that_cannot_match_is_not_started() {
    let host = routers();
    let opinions = host.route(&event("the title is wrong"));
    let explicit = opinions.iter().find(|it| it.router == "explicit@0.1.0").unwrap();
    assert_eq!((&explicit.said, explicit.fuel), (&Said::Untriggered, 0));
}

#[test]
fn a_wrong_setting_is_told_and_the_next_router_answers() {
    let mut keywords = shipped("keywords");
    keywords.settings.insert("repositories".to_string(), json!({"title": "acme/gone"}));
    let host = host(vec![keywords, shipped("channel")]);
    let opinions = host.route(&Event { room_topic: "repo:acme/billing".to_string(), ..event("the title is wrong") });
    let Said::Failed { error, fail_event: false } = &opinions[0].said else { panic!("{:?}", opinions[0]) };
    assert!(error.contains("change or remove it"), "{error}");
    assert!(matches!(opinions[1].said, Said::Claim(_)));
}

#[test]
fn the_same_event_burns_the_same_fuel_and_gives_the_same_opinions() {
    let host = routers();
    let event = event("fix the price in acme/website, see https://forge.example/acme/billing/issues/3");
    let first = host.route(&event);
    assert!(first.iter().all(|it| it.fuel > 0));
    for _ in 0..1_000 {
        assert_eq!(host.route(&event), first);
    }
}

/// Gathers with a world that has these files of acme/website and nothing else; gives what was asked, and the pieces.
fn gather(
    host: &Host,
    prefetcher: &str,
    event: &Event,
    scope: &Scope,
    files: &[(&str, &str)],
) -> (Vec<Fetch>, Vec<Piece>) {
    let mut fetched: Vec<(Fetch, Fetched)> = Vec::new();
    for round in 0..9 {
        match host.gather(prefetcher, event, scope, round, &fetched).gave {
            Gathered::More(more) => fetched.extend(more.into_iter().map(|fetch| {
                let came = files.iter().find(|(path, _)| matches!(&fetch, Fetch::File { path: it, .. } if it == path));
                let came = came.map_or(Fetched::NotFound, |(path, text)| Fetched::Ok {
                    text: (*text).to_string(),
                    author: None,
                    trust: Trust::Reviewed,
                    source: format!("acme/website:{path}"),
                });
                (fetch, came)
            })),
            Gathered::Done(pieces) => return (fetched.into_iter().map(|(fetch, _)| fetch).collect(), pieces),
            Gathered::Failed(error) => panic!("{error}"),
        }
    }
    panic!("it never ends")
}

fn scope(repository: Option<&str>) -> Scope {
    let target = Target {
        workflow: "build".to_string(),
        repository: repository.map(Into::into),
        branch: None,
        inputs: [].into(),
    };
    Scope { target, base: None }
}

#[test]
fn a_guide_comes_with_its_source_and_the_trust_of_what_it_was_made_of() {
    let host = prefetchers();
    let files = [("AGENTS.md", "Run make.")];
    let (_, pieces) = gather(&host, "repo-guide@0.1.0", &event("fix it"), &scope(Some("acme/website")), &files);
    let guide = Piece {
        title: "AGENTS.md".to_string(),
        source: "acme/website:AGENTS.md".to_string(),
        author: None,
        trust: Trust::Reviewed,
        text: "Run make.".to_string(),
        weight: 900,
    };
    assert_eq!(pieces, [guide]);
}

#[test]
fn what_the_grant_does_not_cover_is_never_asked_and_the_plugin_is_told() {
    let host = prefetchers();
    let event = event("like https://forge.example/acme/billing/blob/main/a.rs and https://metadata.example/x");
    let scope = scope(Some("acme/website"));
    let (asked, pieces) = gather(&host, "links@0.1.0", &event, &scope, &[]);
    assert_eq!(asked, [Fetch::Thread { limit: 50 }]);
    assert_eq!(pieces, []);
    let denied = host.gather("links@0.1.0", &event, &scope, 0, &[]).denied;
    let denied: Vec<String> = denied.iter().map(|(fetch, why)| format!("{fetch}: {why}")).collect();
    assert_eq!(
        denied,
        [
            "a.rs of acme/billing: the operator says no: a request may not read acme/billing, which it is not about",
            "https://metadata.example/x: the operator says no: its host is not on the list of hosts to read from"
        ]
    );
}

fn names(host: &Host, event: &Event, scope: &Scope) -> Vec<String> {
    host.prefetchers(event, scope).into_iter().map(|it| it.name).collect()
}

#[test]
fn only_prefetchers_that_can_match_take_part() {
    let host = prefetchers();
    let event = event("what is a monad?");
    assert_eq!(names(&host, &event, &scope(None)), ["thread@0.1.0", "links@0.1.0"]);
    let all = ["thread@0.1.0", "links@0.1.0", "repo-guide@0.1.0"];
    assert_eq!(names(&host, &event, &scope(Some("acme/website"))), all);
}
