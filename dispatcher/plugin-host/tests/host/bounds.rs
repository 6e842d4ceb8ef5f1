//! Every limit, kept at the limit and broken one over it.

use std::path::Path;

use serde_json::{Map, json};
use signalbox_domain::context::Trust;
use signalbox_domain::route::Said;
use signalbox_plugin_host::limits::{
    BUNDLE, CALL_DATA, COMPONENT, ELEMENTS, INSTANCES, ITEM, ITEMS, LOG_BYTES, LOG_LINES, MEMORIES, PLUGINS, REQUESTS,
    TABLES,
};
use signalbox_plugin_host::{Config, Host, Plugin, Refusals};
use signalbox_ports::plugins::{Fetch, Fetched, Gathered, Plugins as _};

use crate::guests;
use crate::hostile::{gather_in, prefetcher_that};
use crate::installation::{event, host, open, router};
use crate::module::{self, FAIR, Module, router_of_instances};

/// A router of this component, with these lines under `[limits]`.
fn limited(component: Vec<u8>, limits: &str) -> Plugin {
    let mut plugin = router("limited", component);
    plugin.manifest = format!("{}\n[limits]\n{limits}\n", plugin.manifest).into();
    plugin
}

/// What it failed with, or nothing.
fn failure(component: Vec<u8>, limits: &str) -> Option<String> {
    match &host(vec![limited(component, limits)]).route(&event("hello"))[0].said {
        Said::Failed { error, .. } => Some(error.clone()),
        Said::Pass { .. } => None,
        other @ (Said::Claim(_) | Said::Ask { .. } | Said::Untriggered) => panic!("{other:?}"),
    }
}

/// The least of a limit that it needs.
fn least(name: &str, component: &[u8], most: u64) -> u64 {
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = low.midpoint(high);
        match failure(component.to_vec(), &format!("{name} = {middle}")) {
            Some(_) => low = middle + 1,
            None => high = middle,
        }
    }
    low
}

/// Fuel is looked at where a plugin loops or calls: what it burns in a straight line after that is counted, and not
/// stopped.
#[test]
fn fuel_of_a_call() {
    let spent = host(vec![router("fair", FAIR.build())]).route(&event("hello"))[0].fuel;
    let least = least("fuel", &FAIR.build(), 10 * spent);
    assert!((spent - 50..=spent).contains(&least), "it burns {spent} and needs {least}");
    let failure = failure(FAIR.build(), &format!("fuel = {}", least - 1)).unwrap();
    assert_eq!(failure, format!("it used up its fuel of {}; look for a loop that does not end", least - 1));
    let spins = host(vec![limited(module::router("(loop br 0) unreachable"), "fuel = 1000")]).route(&event("hello"));
    assert_eq!(spins[0].fuel, 1000);
}

#[test]
fn fuel_to_start() {
    let starts = module::router_that_starts(
        "(local i32) (loop local.get 0 i32.const 1 i32.add local.tee 0 i32.const 1000 i32.lt_u br_if 0)",
    );
    let least = least("start-fuel", &starts, 100_000);
    assert!(least > 5_000, "{least}");
    let failure = failure(starts, &format!("start-fuel = {}", least - 1)).unwrap();
    assert_eq!(failure, "it used up its fuel while it started; do less before the first call");
}

#[test]
fn fuel_of_an_event() {
    let spent = host(vec![router("a", FAIR.build())]).route(&event("hello"))[0].fuel;
    let failures = |event_fuel| {
        let plugins = vec![router("a", FAIR.build()), router("b", FAIR.build())];
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let host = Host::open(Config { plugins, event_fuel: Some(event_fuel), ..Config::default() }, &cache)
            .unwrap_or_else(|refusals| panic!("{refusals}"));
        host.route(&event("hello")).iter().filter(|it| matches!(it.said, Said::Failed { .. })).count()
    };
    assert_eq!((failures(2 * spent), failures(spent + 1), failures(spent), failures(1)), (0, 1, 1, 2));
    let config = Config { event_fuel: Some(2_000_000_001), ..Config::default() };
    let refusals = Host::open(config, tempfile::tempdir().unwrap().path()).err().unwrap();
    assert!(
        refusals.to_string().contains("the fuel for an event is set to 2000000001, which is outside 1 to 2000000000")
    );
}

#[test]
fn memory() {
    let pages = |pages, limits: &str| failure(Module { pages, ..FAIR }.build(), limits);
    assert_eq!(pages(512, ""), None);
    let error =
        "it needed more than 32 MiB of memory while it started; ask for less, or for more in its manifest's [limits]";
    assert_eq!(pages(513, "").unwrap(), error);
    assert_eq!((pages(2048, "memory-mib = 128"), pages(2049, "memory-mib = 128").is_some()), (None, true));
}

#[test]
fn elements_tables_memories_and_instances() {
    let fair = FAIR.build();
    for (name, limit, with) in [
        ("elements", ELEMENTS, (|more| module::router_with(&format!("(table {more} funcref)"))) as fn(u64) -> Vec<u8>),
        ("tables", TABLES, |more| module::router_with(&"(table 1 funcref)".repeat(more as usize))),
        ("memories", MEMORIES, |more| module::router_with(&"(memory 1)".repeat(more as usize))),
    ] {
        let own = least(name, &fair, limit.default);
        for bound in [limit.default, limit.ceiling] {
            let limits = format!("{name} = {bound}");
            assert_eq!(failure(with(bound - own), &limits), None, "{name}: {bound}");
            assert!(failure(with(bound - own + 1), &limits).is_some(), "{name}: one over {bound}");
        }
    }
    for bound in [INSTANCES.default, INSTANCES.ceiling] {
        let limits = format!("instances = {bound}");
        assert_eq!(failure(router_of_instances(bound as usize), &limits), None, "{bound}");
        assert!(failure(router_of_instances(bound as usize + 1), &limits).is_some(), "one over {bound}");
    }
}

#[test]
fn what_a_call_hands_over() {
    for (bound, limits) in [(CALL_DATA.default, ""), (CALL_DATA.default * 3 / 2, "data-kib = 1536")] {
        let answers = |bytes: u64| failure(module::router(&format!("i32.const {bytes} call $pass")), limits).unwrap();
        assert_eq!(answers(bound), format!("its reason has {bound} bytes; 4096 is the most"), "it was handed over");
        assert_eq!(answers(bound + 1), format!("it handed over more than {} KiB in one call", bound / 1024));
    }
}

#[test]
fn bytes_of_a_component() {
    let cache = tempfile::tempdir().unwrap();
    let sized = |bytes: u64| {
        let mut component = FAIR.build();
        // A custom section of what is missing: its code, its size in four bytes, an empty name, and zeros.
        let rest = bytes as usize - component.len() - 6;
        component.push(0);
        let size = rest + 1;
        component.extend((0..4).map(|n| ((size >> (7 * n)) & 0x7f) as u8 | if n < 3 { 0x80 } else { 0 }));
        component.resize(bytes as usize, 0);
        component
    };
    let loads = |bytes, limits: &str| open(vec![limited(sized(bytes), limits)], cache.path()).map(|_| ());
    assert_eq!(loads(COMPONENT.default, ""), Ok(()));
    assert!(loads(COMPONENT.default + 1, "").is_err());
    assert_eq!(loads(COMPONENT.default + 1, "component-mib = 5"), Ok(()));
}

#[test]
fn plugins_of_an_installation() {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    let opens = |count: u64, most_plugins| -> Result<(), Refusals> {
        let plugins = (0..count).map(|n| router(&format!("fair-{n}"), FAIR.build())).collect();
        Host::open(Config { plugins, most_plugins, ..Config::default() }, &cache).map(|_| ())
    };
    assert_eq!(opens(PLUGINS.default, None), Ok(()));
    assert!(opens(PLUGINS.default + 1, None).unwrap_err().to_string().contains("there are 21, and 20 is the most"));
    assert_eq!(opens(PLUGINS.ceiling, Some(PLUGINS.ceiling)), Ok(()));
    assert!(opens(PLUGINS.ceiling + 1, Some(PLUGINS.ceiling)).is_err());
    assert!(opens(1, Some(PLUGINS.ceiling + 1)).is_err());
}

#[test]
fn lines_and_bytes_of_a_log() {
    let logs = |count: usize, bytes: usize| {
        let route = format!(
            "(local i32)
            (loop
                i32.const 1 i32.const 4096 i32.const {bytes} call $log
                local.get 1 i32.const 1 i32.add local.tee 1 i32.const {count} i32.lt_u br_if 0)
            i32.const 0 call $pass"
        );
        host(vec![router("chatty", module::router(&route))]).route(&event("hello")).remove(0).log
    };
    assert_eq!((logs(LOG_LINES, 1).len(), logs(LOG_LINES, 1)[63].as_str()), (64, "info:  "));
    assert_eq!(logs(LOG_LINES + 1, 1)[64], "(1 more lines were dropped: a call keeps 64 lines and 8192 bytes)");
    let room = LOG_BYTES - "info: ".len();
    assert_eq!(logs(1, room).len(), 1);
    assert_eq!(logs(1, room)[0].len(), LOG_BYTES);
    assert_eq!(logs(1, room + 1), ["(1 more lines were dropped: a call keeps 64 lines and 8192 bytes)"]);
}

#[test]
fn what_a_prefetcher_asks_for_and_gives() {
    let guest = guests::hostile("prefetcher");
    let gave = |does: &str, number: usize| {
        let settings = Map::from_iter([("does".into(), json!(does)), ("at".into(), json!([number.to_string()]))]);
        gather_in(&prefetcher_that(settings, &guest), &event("hello"), &Fetched::NotFound)
    };
    let item = ITEM.default as usize;
    for (does, most) in [
        ("requests", REQUESTS),
        ("rounds", 2),
        ("items", ITEMS),
        ("item", item),
        ("bundle", BUNDLE.default as usize / item),
    ] {
        let (_, at) = gave(does, most);
        assert!(matches!(at, Gathered::Done(_)), "{does}: {at:?}");
        let (_, over) = gave(does, most + 1);
        assert!(matches!(over, Gathered::Failed(_)), "{does}: {over:?}");
    }
}

#[test]
fn a_fetched_text() {
    let guest = guests::hostile("prefetcher");
    let settings = Map::from_iter([("does".into(), json!("requests")), ("at".into(), json!(["1"]))]);
    let host = prefetcher_that(settings, &guest);
    let came = |bytes: u64| {
        let text = "x".repeat(bytes as usize);
        let fetched = Fetched::Ok { text, author: None, trust: Trust::Team, source: "here".into() };
        let (asked, gave) = gather_in(&host, &event("hello"), &fetched);
        assert!(matches!(asked[0], Fetch::File { .. }));
        let Gathered::Done(pieces) = gave else { panic!("{gave:?}") };
        pieces[0].text.lines().next().unwrap_or_default().chars().take(200).collect::<String>()
    };
    assert!(came(ITEM.default).contains("came to ok"), "{}", came(ITEM.default));
    assert!(came(ITEM.default + 1).contains("came to Outcome::TooLarge"), "{}", came(ITEM.default + 1));
}
