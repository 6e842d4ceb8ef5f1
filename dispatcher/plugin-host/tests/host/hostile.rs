//! Whatever a plugin does instead of answering is told in words, and the next plugin answers.

use signalbox_domain::route::{Place, Said};
use signalbox_ports::plugins::Plugins as _;

use crate::installation::{event, host, open, router, said, shipped};
use crate::module;

/// Asks a router of this WebAssembly text, and `explicit` after it; gives the failure of the first.
fn failure_of(component: Vec<u8>) -> String {
    let host = host(vec![router("hostile", component), shipped("explicit")]);
    let mut failure = String::new();
    // Twice: what a call leaves behind would show in the second.
    for _ in 0..2 {
        let said = said(&host, "repo:acme/website fix the title");
        let Said::Failed { error, fail_event: false } = &said[0].1 else { panic!("{:?}", said[0]) };
        failure.clone_from(error);
        let place = Place::Repository("acme/website".into());
        assert!(matches!(&said[1].1, Said::Claim(claim) if claim.place == place), "{:?}", said[1]);
    }
    failure
}

#[test]
fn a_plugin_that_spins_runs_out_of_fuel() {
    let failure = failure_of(module::router("(loop br 0) unreachable"));
    assert_eq!(failure, "it used up its fuel of 50 M; look for a loop that does not end");
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
fn a_plugin_that_spins_before_it_is_called_runs_out_of_fuel_too() {
    let failure = failure_of(module::router_that_starts("(loop br 0)"));
    assert_eq!(failure, "it used up its fuel while it started; do less before the first call");
}

#[test]
fn a_plugin_that_takes_all_memory_is_held_to_its_own() {
    let grow = "(loop i32.const 16 memory.grow i32.const -1 i32.ne br_if 0) unreachable";
    let failure = failure_of(module::router(grow));
    assert_eq!(failure, "it needed more than 32 MiB of memory; ask for less, or for more in its manifest's [limits]");
}

#[test]
fn a_plugin_that_never_stops_calling_itself_runs_out_of_stack() {
    let failure = failure_of(module::router("local.get 0 call $route"));
    assert_eq!(failure, "it used up its stack; look for a recursion that does not end");
}

#[test]
fn a_plugin_that_panics_keeps_its_message() {
    let failure = failure_of(module::router("i32.const 3 i32.const 16 i32.const 9 call $log unreachable"));
    assert_eq!(failure, "it gave up: the words");
}

#[test]
fn a_plugin_that_traps_without_a_word_says_so() {
    let failure = failure_of(module::router("unreachable"));
    assert!(failure.starts_with("it trapped (wasm trap: wasm `unreachable` instruction executed)"), "{failure}");
}

#[test]
fn a_plugin_that_answers_more_than_it_may_is_cut_off() {
    let failure = failure_of(module::router("i32.const 2000000 call $pass"));
    assert_eq!(failure, "it handed over more than 1024 KiB in one call");
}

#[test]
fn a_plugin_that_answers_outside_its_memory_is_refused() {
    let failure = failure_of(module::router("i32.const -8"));
    assert!(failure.starts_with("what it did does not fit the contract"), "{failure}");
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
fn one_line_of_a_megabyte_is_dropped_and_counted() {
    let host = host(vec![router(
        "chatty",
        module::router("i32.const 1 i32.const 16 i32.const 1000000 call $log i32.const 9 call $pass"),
    )]);
    let opinion = &host.route(&event("hello"))[0];
    assert_eq!(opinion.log.len(), 1, "{:?}", opinion.log);
}

#[test]
fn an_import_that_is_not_log_is_refused_by_name_before_anything_runs() {
    let cache = tempfile::tempdir().unwrap();
    let refused = |component| open(vec![router("greedy", component)], cache.path()).err().unwrap().to_string();
    let secrets = refused(module::router_that_imports("vault:keys/read@1.0.0"));
    assert!(secrets.contains("greedy was not loaded: it imports `vault:keys/read@1.0.0`."), "{secrets}");
    let wasi = refused(module::router_that_imports("wasi:clocks/wall-clock@0.2.6"));
    assert!(wasi.contains("it needs WASI (clocks), and plugins run without it."), "{wasi}");
}

#[test]
fn what_is_not_a_plugin_is_refused_in_words() {
    let cache = tempfile::tempdir().unwrap();
    let refused = |component| open(vec![router("odd", component)], cache.path()).err().unwrap().to_string();
    for (component, says) in [
        (b"not wasm at all".to_vec(), "it is not a component this host can compile"),
        (wat::parse_str("(module)").unwrap(), "it is a core module, not a component"),
        (wat::parse_str("(component)").unwrap(), "it exports no router"),
        (module::prefetcher(), "its manifest says world = \"router\", but it is a prefetcher"),
        (vec![0; 5 * 1024 * 1024], "its component is 5120 KiB; the most is 4096 KiB"),
    ] {
        let refused = refused(component);
        assert!(refused.contains(says), "{refused}");
    }
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
