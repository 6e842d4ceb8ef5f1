//! What `signalbox plugin bundle` wrote, opened by the host that compiles nothing: `ours BUNDLE open`.

use std::path::Path;

use signalbox_domain::route::Said;
use signalbox_plugin_host::{Host, bundle};
use signalbox_ports::plugins::{Event, Plugins as _};

/// Opens it and asks every router of it; then has it refuse a plugin whose compiled file is not there, with its component
/// and without. Panics where anything is otherwise, and gives what was seen in words.
pub(crate) fn open(folder: &Path, event: &Event) -> String {
    if cfg!(feature = "compile") {
        panic!("this is the host with the compiler; build it without the feature");
    }
    let config = bundle::open(folder).unwrap_or_else(|problem| panic!("{problem}"));
    let compiled = bundle::compiled(folder);
    let host = Host::open(config.clone(), &compiled).unwrap_or_else(|refusals| panic!("{refusals}"));
    let opinions = host.route(event);
    let failed = opinions.iter().filter(|opinion| matches!(opinion.said, Said::Failed { .. })).count();
    let claim = opinions.iter().find_map(|opinion| match &opinion.said {
        Said::Claim(claim) => Some(format!("{} claims it: {}", opinion.router, claim.reason)),
        Said::Ask { .. } | Said::Pass { .. } | Said::Untriggered | Said::Failed { .. } => None,
    });
    assert_eq!(failed, 0, "{opinions:?}");
    let (plugins, routers) = (config.plugins.len(), opinions.len());
    let claim = claim.expect("a router claims the event");

    // The same plugins where nothing was compiled: pinned, and as an author would hand one over.
    let elsewhere = folder.join("elsewhere");
    let refused = Host::open(config.clone(), &elsewhere).map(|_| ()).unwrap_err();
    assert_eq!(refused.0.len(), plugins, "{refused}");
    let mut raw = config;
    for plugin in &mut raw.plugins {
        (plugin.pin, plugin.component) = (None, b"\0asm\x0d\0\x01\0".as_slice().into());
    }
    let uncompiled = Host::open(raw, &compiled).map(|_| ()).unwrap_err();
    assert_eq!(uncompiled.0.len(), plugins, "{uncompiled}");
    for refusal in refused.0.iter().chain(&uncompiled.0) {
        assert!(refusal.problem.contains("to run without compiling; bundle it for this machine"), "{refusal}");
    }
    format!(
        "{plugins} plugins opened, {routers} routers asked, {failed} failed\n{claim}\n{}\n{}",
        refused.0[0], uncompiled.0[0]
    )
}
