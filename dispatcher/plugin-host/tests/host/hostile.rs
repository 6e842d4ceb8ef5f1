//! Whatever a plugin does instead of answering is told in words, and its neighbours answer as if it were not there.

use serde_json::{Map, Value};
use signalbox_domain::context::Trust;
use signalbox_domain::route::{Decision, Opinion, Said, Target};
use signalbox_plugin_host::grant::Policy;
use signalbox_plugin_host::limits::{CALL_FUEL, LOG_LINES};
use signalbox_plugin_host::{Config, Host, Plugin};
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, Plugins as _, Scope};

use crate::installation::{event, host, open, router, said, shipped};
use crate::suite::{ASKED, DENIED, GATHERED, Hostile, LOADED, Made};
use crate::{guests, module};

const TEXT: &str = "repo:acme/website fix the title, see src/title.rs";

/// A router between two others, which is as hostile as its settings say.
fn between(hostile: &Hostile, guest: &[u8]) -> Vec<Plugin> {
    let component = match hostile.made {
        Made::Hand(made) => made(),
        Made::Router(_) | Made::Prefetcher(..) => guest.to_vec(),
    };
    let manifest = "id = \"hostile\"\nversion = \"1.0.0\"\napi = \"0.1\"\nworld = \"router\"\npriority = 15\n\
                    on-error = \"skip\"\n";
    let settings = match hostile.made {
        Made::Hand(_) => "",
        Made::Router(_) | Made::Prefetcher(..) => "[config.does]\nabout = \"What it does.\"\nholds = \"text\"\n",
    };
    let plugin = Plugin {
        manifest: format!("{manifest}{settings}").into(),
        component: component.into(),
        settings: hostile.made.settings(),
        pin: None,
    };
    vec![shipped("explicit"), plugin, shipped("keywords")]
}

fn split(opinions: Vec<Opinion>) -> (Vec<Opinion>, Vec<Opinion>) {
    opinions.into_iter().partition(|it| it.router.starts_with("hostile@"))
}

#[test]
fn what_should_not_be_loaded_is_refused_by_name_and_in_words() {
    let cache = tempfile::tempdir().unwrap();
    for hostile in LOADED {
        let refusals = open(between(hostile, &[]), cache.path()).err().unwrap_or_else(|| panic!("{}", hostile.name));
        let [refusal] = refusals.0.as_slice() else { panic!("{}: {refusals}", hostile.name) };
        assert_eq!(refusal.plugin, "hostile");
        assert!(refusal.problem.starts_with(hostile.says), "{}: {}", hostile.name, refusal.problem);
    }
}

#[test]
fn whatever_a_router_does_its_neighbours_answer_as_if_it_were_not_there() {
    let guest = guests::hostile("router");
    let event = event(TEXT);
    let alone = host(vec![shipped("explicit"), shipped("keywords")]).route(&event);
    assert!(alone.iter().all(|it| it.fuel > 0), "both neighbours are asked");
    let mut wrong = Vec::new();
    for hostile in ASKED {
        let host = host(between(hostile, &guest));
        // Twice: what a call leaves behind would show in the second.
        for _ in 0..2 {
            let (its, others) = split(host.route(&event));
            assert_eq!(others, alone, "{}: its neighbours differ", hostile.name);
            let error = match &its[0].said {
                Said::Failed { error, fail_event: _ } => error.clone(),
                other @ (Said::Claim(_) | Said::Ask { .. } | Said::Pass { .. } | Said::Untriggered) => {
                    format!("{other:?}")
                }
            };
            assert!(its[0].fuel <= CALL_FUEL.default && its[0].log.len() <= LOG_LINES + 1, "{}", hostile.name);
            let Decision::Go { failed, .. } = event.decide(&host.route(&event)) else { panic!("{}", hostile.name) };
            assert_eq!(failed, [("hostile@1.0.0".to_string(), error.clone())], "the decision names it");
            if !error.starts_with(hostile.says) {
                wrong.push(format!("{}: {error}", hostile.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `tests/hostile/prefetcher` with these settings, and one that behaves.
pub(crate) fn prefetcher_that(settings: Map<String, Value>, guest: &[u8]) -> Host {
    let manifest = "id = \"hostile\"\nversion = \"1.0.0\"\napi = \"0.1\"\nworld = \"prefetcher\"\non-error = \"skip\"\n\
        [[capabilities]]\nfetch = \"file\"\nrepository = \"{place}\"\npaths = [\"**\"]\n\
        [[capabilities]]\nfetch = \"http\"\nhosts = [\"*\"]\n\
        [config.does]\nabout = \"What it does.\"\nholds = \"text\"\n\
        [config.at]\nabout = \"To what.\"\nholds = \"list\"\n";
    let plugin = Plugin { manifest: manifest.into(), component: guest.to_vec().into(), settings, pin: None };
    let policy = Policy { hosts: vec!["docs.example.com".into()], ..Policy::default() };
    let config = Config { plugins: vec![plugin, shipped("repo-guide")], policy, ..Config::default() };
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Host::open(config, &cache).unwrap_or_else(|refusals| panic!("{refusals}"))
}

fn scope() -> Scope {
    let repository = Some("acme/website".into());
    let target = Target { workflow: "build".to_string(), repository, branch: None, inputs: [].into() };
    Scope { target, base: None }
}

/// Gathers in a world where this comes of everything; gives what was asked of it, and what became of it.
pub(crate) fn gather_in(host: &Host, event: &Event, came: &Fetched) -> (Vec<Fetch>, Gathered) {
    let mut fetched: Vec<(Fetch, Fetched)> = Vec::new();
    for round in 0..9 {
        match host.gather("hostile", event, &scope(), round, &fetched).gave {
            Gathered::More(more) => fetched.extend(more.into_iter().map(|fetch| (fetch, came.clone()))),
            other @ (Gathered::Done(_) | Gathered::Failed(_)) => {
                return (fetched.into_iter().map(|(fetch, _)| fetch).collect(), other);
            }
        }
    }
    panic!("it never ends")
}

fn gather(hostile: &Hostile, guest: &[u8]) -> (Vec<Fetch>, Gathered) {
    gather_in(&prefetcher_that(hostile.made.settings(), guest), &event(TEXT), &Fetched::NotFound)
}

#[test]
fn what_a_prefetcher_may_not_have_is_denied_one_by_one_and_never_asked_for() {
    let guest = guests::hostile("prefetcher");
    for hostile in DENIED {
        let Made::Prefetcher(_, at) = hostile.made else { panic!("{}", hostile.name) };
        let (asked, gave) = gather(hostile, &guest);
        assert_eq!(asked, [], "{}", hostile.name);
        let Gathered::Done(pieces) = gave else { panic!("{}: {gave:?}", hostile.name) };
        let lines: Vec<&str> = pieces[0].text.lines().collect();
        assert_eq!(lines.len(), at.len(), "{}: {lines:?}", hostile.name);
        for (at, line) in at.iter().zip(lines) {
            assert!(line.starts_with(&format!("denied: {}", hostile.says)), "{at:?}: {line}");
        }
    }
}

#[test]
fn whatever_a_prefetcher_does_it_fails_by_name_and_the_next_one_gathers() {
    let guest = guests::hostile("prefetcher");
    for hostile in GATHERED {
        let (_, gave) = gather(hostile, &guest);
        let Gathered::Failed(error) = gave else { panic!("{}: {gave:?}", hostile.name) };
        assert!(error.starts_with(hostile.says), "{}: {error}", hostile.name);
        let host = prefetcher_that(hostile.made.settings(), &guest);
        let next = host.gather("repo-guide", &event(TEXT), &scope(), 0, &[]).gave;
        assert!(matches!(next, Gathered::More(_)), "{}: {next:?}", hostile.name);
    }
}

#[test]
fn a_piece_made_of_what_never_came_is_not_believed() {
    let guest = guests::hostile("prefetcher");
    let liar = Hostile { name: "sources", does: "", made: Made::Prefetcher("sources", &[]), says: "" };
    let (_, gave) = gather(&liar, &guest);
    assert!(matches!(gave, Gathered::Done(pieces) if pieces[0].trust == Trust::Untrusted));
}

#[test]
fn plugins_that_spin_cannot_burn_more_than_an_events_fuel_together() {
    let spin = module::router("(loop br 0) unreachable");
    let host = host((0..12).map(|n| router(&format!("spinner-{n:02}"), spin.clone())).collect());
    let opinions = host.route(&event("hello"));
    assert_eq!(opinions.iter().map(|it| it.fuel).sum::<u64>(), 500_000_000);
    let error = "the routers before it used up the fuel of the event".to_string();
    assert_eq!(opinions[11].said, Said::Failed { error, fail_event: false });
}

#[test]
fn a_plugin_that_floods_the_log_keeps_64_lines_and_its_answer() {
    let flood = "(local i32)
        (loop
            i32.const 1 i32.const 16 i32.const 9 call $log
            local.get 1 i32.const 1 i32.add local.tee 1 i32.const 10000 i32.lt_u br_if 0)
        i32.const 9 call $pass";
    let host = host(vec![router("chatty", module::router(flood))]);
    let opinion = &host.route(&event("hello"))[0];
    assert_eq!(opinion.said, Said::Pass { reason: "the words".to_string() });
    assert_eq!(opinion.log.len(), 65);
    assert_eq!(opinion.log[64], "(9936 more lines were dropped: a call keeps 64 lines and 8192 bytes)");
}

#[test]
fn every_plugin_that_is_refused_is_named_at_once() {
    let cache = tempfile::tempdir().unwrap();
    let mut unset = shipped("explicit");
    unset.settings.insert("rooms".to_string(), true.into());
    let plugins = vec![router("odd", b"odd".to_vec()), unset, router("odd", module::router("unreachable"))];
    let refusals = open(plugins, cache.path()).err().unwrap();
    assert_eq!(refusals.0.len(), 2, "{refusals}");
    assert!(
        refusals.to_string().contains("explicit was not loaded: there is no setting `rooms`; this plugin has none")
    );
}

#[test]
fn a_plugin_that_uses_what_the_processor_has_gives_the_same() {
    let wide = "v128.const i32x4 1 2 3 4 v128.const i32x4 5 6 7 8 i32x4.mul i32x4.extract_lane 0 i32.const 4 i32.add
        call $pass";
    let host = host(vec![router("wide", module::router(wide))]);
    assert_eq!(said(&host, "hello")[0].1, Said::Pass { reason: "the words".to_string() });
}
