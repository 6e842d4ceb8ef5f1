//! `docs/hostile-plugins.md` is the suite's own table, and the limits'.

use std::env;
use std::fmt::Write as _;
use std::fs;

use signalbox_plugin_host::limits::{self, Limit};

use crate::suite::{ASKED, DENIED, GATHERED, Hostile, LOADED, Made};

const PAGE: &str = "../../docs/hostile-plugins.md";

fn rows(page: &mut String, hostile: &[Hostile]) {
    *page += "| | It | What is said of it |\n|---|---|---|\n";
    for Hostile { name, does, made, says } in hostile {
        let many = match made {
            Made::Prefetcher(_, at) if at.len() > 1 => format!(" ({})", at.len()),
            Made::Hand(_) | Made::Router(_) | Made::Prefetcher(..) => String::new(),
        };
        let cell = |text: &str| text.replace('|', "\\|");
        _ = writeln!(page, "| {name} | {}{many} | {} |", cell(does), cell(says.trim_end_matches(['.', ':', ' '])));
    }
}

fn limit(page: &mut String, name: &str, Limit { default, ceiling }: Limit, unit: &str, raised: &str) {
    let number = |it: u64| match unit {
        "KiB" => format!("{} KiB", it / 1024),
        "MiB" => format!("{} MiB", it / (1024 * 1024)),
        "M" => format!("{} M", it / 1_000_000),
        _ => it.to_string(),
    };
    let ceiling = if ceiling == default { "the same".to_string() } else { number(ceiling) };
    _ = writeln!(page, "| {name} | {} | {ceiling} | {raised} |", number(default));
}

fn fixed(page: &mut String, name: &str, value: usize, unit: &str) {
    let value = value as u64;
    limit(page, name, Limit { default: value, ceiling: value }, unit, "");
}

fn page() -> String {
    let mut page = String::from(
        "# Hostile plugins\n\n\
         What happens to a plugin that does what it should not. This page is made from the suite that proves it\n\
         (`UPDATE_EXPECT=1 cargo nextest run -p signalbox-plugin-host -E 'test(page)'`); every row is one component, built,\n\
         loaded and called by `plugin-host/tests/host/hostile.rs`, between two others that give the same opinions and burn\n\
         the same fuel as without it. Nothing here is measured by a clock: what stops a plugin is counted.\n\n",
    );
    let all = [LOADED, ASKED, DENIED, GATHERED];
    let single: usize = all.iter().map(|it| it.len()).sum();
    let denied: usize = DENIED
        .iter()
        .map(|it| match it.made {
            Made::Prefetcher(_, at) => at.len(),
            Made::Hand(_) | Made::Router(_) => 0,
        })
        .sum();
    _ = writeln!(page, "{single} components, {denied} forbidden requests among them.\n");
    page += "## Refused when it is loaded\n\nNothing of it runs. The refusal names the plugin.\n\n";
    rows(&mut page, LOADED);
    page += "\n## Stopped while it starts, is asked, or answers\n\n\
        The failure is that plugin's own opinion: the decision names it with these words, `signalbox why` shows them, and\n\
        the other routers decide (or, with `on-error = \"fail-event\"`, the person is asked).\n\n";
    rows(&mut page, ASKED);
    page += "\n## Denied to a prefetcher\n\n\
        Each request of the list comes back to the plugin as denied and never leaves the host.\n\n";
    rows(&mut page, DENIED);
    page += "\n## Stopped while it gathers\n\nThe run goes on without its context, and says so.\n\n";
    rows(&mut page, GATHERED);
    page += "\n## Limits\n\n\
        `plugin-host/src/limits.rs`; each is tried at the limit and one over it (`tests/host/bounds.rs`).\n\n\
        | Limit | Default | Ceiling | Raised in |\n|---|---|---|---|\n";
    let manifest = "the manifest";
    limit(&mut page, "fuel of a call", limits::CALL_FUEL, "M", manifest);
    limit(&mut page, "fuel of all routers of an event", limits::EVENT_FUEL, "M", "the operator's settings");
    limit(&mut page, "fuel to start", limits::START_FUEL, "M", manifest);
    limit(&mut page, "memory", limits::MEMORY, "MiB", manifest);
    limit(&mut page, "core instances", limits::INSTANCES, "", manifest);
    limit(&mut page, "memories", limits::MEMORIES, "", manifest);
    limit(&mut page, "tables", limits::TABLES, "", manifest);
    limit(&mut page, "elements of all tables", limits::ELEMENTS, "", manifest);
    limit(&mut page, "what a call hands over", limits::CALL_DATA, "KiB", manifest);
    limit(&mut page, "a component", limits::COMPONENT, "MiB", manifest);
    limit(&mut page, "plugins of an installation", limits::PLUGINS, "", "the operator's settings");
    let same = |it: Limit| Limit { default: it.default, ceiling: it.default };
    limit(&mut page, "a piece of context, a fetched text", same(limits::ITEM), "KiB", "");
    limit(&mut page, "all pieces of a prefetcher", same(limits::BUNDLE), "KiB", "");
    fixed(&mut page, "pieces of a prefetcher", limits::ITEMS, "");
    fixed(&mut page, "requests of a round", limits::REQUESTS, "");
    fixed(&mut page, "entries of a list in a router's answer", limits::ANSWERS, "");
    fixed(&mut page, "a text in a router's answer", limits::WORDS, "KiB");
    fixed(&mut page, "lines of a call's log", limits::LOG_LINES, "");
    fixed(&mut page, "a call's log", limits::LOG_BYTES, "KiB");
    fixed(&mut page, "the request's text, as plugins see it", limits::TEXT, "KiB");
    fixed(&mut page, "a CODEOWNERS file, as plugins see it", limits::OWNERS, "KiB");
    fixed(&mut page, "repositories, as plugins see them", limits::REPOSITORIES, "");
    fixed(&mut page, "workflows, as plugins see them", limits::WORKFLOWS, "");
    page += "\n## Should one break out\n\n\
        Plugins run in a process without a secret. Once it has loaded them it gives up everything that answering does not\n\
        take: `tests/host/confined.rs` tries, from inside of it, files, connections, programs, children, threads, other\n\
        processes, and memory that runs. Each is refused by the kernel.\n";
    page += "\n## Not bounded by this\n\n\
        Compiling: a component is compiled where it is bundled or added, in a process that a person waits for, and how long\n\
        that takes is not counted. Where plugins run nothing is compiled.\n";
    page
}

#[test]
fn the_page_of_hostile_plugins_says_what_the_suite_does() {
    let page = page();
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let written = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == page, "docs/hostile-plugins.md is not what the suite does; run with UPDATE_EXPECT=1");
}
