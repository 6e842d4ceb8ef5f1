//! New authors: what docs/plugins.md tells them to type, typed, from an empty folder to a decided request.
//!
//! The commands are those of the page itself, and what the page says they print has to be what they print. A tool that
//! cannot be installed here (there is no network) is skipped aloud; with `SIGNALBOX_AUTHORS=all` it is a failure.

mod session;

use std::time::Instant;

use session::{Ended, Session, Step};

/// The page.
const PAGE: &str = include_str!("../../docs/plugins.md");

#[test]
fn an_author_in_rust_gets_from_nothing_to_a_decided_request() {
    walk(
        "Rust",
        "src/lib.rs",
        "    let mut words",
        "    assert!(!event.text.contains(\"boom\"), \"no {}\", event.text);",
    );
}

#[test]
fn an_author_in_javascript_gets_from_nothing_to_a_decided_request() {
    walk(
        "JavaScript",
        "src/plugin.js",
        "  const words",
        "  if (event.text.includes(\"boom\")) throw new Error(`no ${event.text}`);",
    );
}

#[test]
fn an_author_in_python_gets_from_nothing_to_a_decided_request() {
    walk("Python", "src/plugin.py", "    words =", "    assert \"boom\" not in event.text, f\"no {event.text}\"");
}

/// Where TypeScript is put, in the shell's `$tsc`.
const TYPESCRIPT: &str = "tsc=$PWD/.tsc/node_modules/.bin/tsc
npm install --silent --no-fund --no-audit --prefix .tsc typescript@5.9 > .npm.log 2>&1 \\
  || echo 'SKIPPED: the types of the SDK are not read by TypeScript: npm did not install it here'";

/// Whether a tool that is missing is a failure.
fn all() -> bool {
    std::env::var_os("SIGNALBOX_AUTHORS").is_some_and(|it| it == "all")
}

/// Types a section of the page; then breaks the plugin at a line, to see that what it says arrives; then begins a prefetcher,
/// which has to build and hold its cases as it is.
fn walk(language: &str, source: &str, before: &str, broken: &str) {
    let mut session = Session::of(PAGE, language);
    assert!(session.commands.len() > 10, "{language}: the page has {} commands", session.commands.len());
    let pages = session.commands.len();
    if language == "JavaScript" {
        // The types of the SDK, as an editor and a pedant read them; and one word that is wrong.
        session.commands.extend([
            Step::new(TYPESCRIPT),
            Step::new("cd word"),
            Step::new("if [ -x $tsc ]; then $tsc --noEmit -p jsconfig.json; fi"),
            Step::new("sed -i 's/score: 750/scoer: 750/' src/plugin.js"),
            Step::new("if [ -x $tsc ]; then ! $tsc --noEmit -p jsconfig.json; fi"),
            Step::new("sed -i 's/scoer: 750/score: 750/' src/plugin.js"),
            Step::new("cd .."),
        ]);
    }
    session.commands.extend([
        Step::new("cd word"),
        Step::new(format!("cat > broken <<'END'\n{broken}\nEND\nsed -i '/^{before}/{{\ne cat broken\n}}' {source}")),
        Step::new("signalbox plugin build"),
        Step::new("! signalbox plugin run --text boom --set repository=acme/platform").printing("…no boom…"),
        Step::new("cd .."),
    ]);
    let tongue = match language {
        "JavaScript" => "js",
        other => &other.to_lowercase(),
    };
    session.commands.extend([
        Step::new(format!("signalbox plugin new --lang {tongue} --world prefetcher acme/runbook"))
            .printing("acme/runbook is begun in runbook: …"),
        Step::new("cd runbook"),
        Step::new("signalbox plugin build").printing("acme/runbook@0.1.0: …"),
        Step::new("signalbox plugin check").printing("✓ manifest   acme/runbook@0.1.0, a prefetcher; …"),
        Step::new("signalbox plugin test").printing("3 of 3 cases hold; …"),
        Step::new("signalbox plugin run --text 'the cache is cold' --repository acme/website --trace")
            .printing("plan: … M of fuel, …")
            .printing("assemble, round 1: …"),
    ]);
    match language {
        "JavaScript" => session.commands.push(Step::new("if [ -x $tsc ]; then $tsc --noEmit -p jsconfig.json; fi")),
        // The same cases natively.
        "Rust" => session.commands.push(Step::new("cargo test --quiet --offline || cargo test --quiet")),
        _ => {}
    }
    let began = Instant::now();
    match session.run() {
        Ended::AsWritten { skipped } => {
            for what in &skipped {
                println!("{language}: {what}");
            }
            assert!(skipped.is_empty() || !all(), "{language}: {skipped:?}");
            let minutes = began.elapsed().as_secs_f64() / 60.0;
            let more = "and a prefetcher";
            println!("authors: {language}: {pages} commands as written, {more}, in {minutes:.1} minutes");
        }
        Ended::Without(tool) if !all() => {
            println!("SKIPPED: {language}: a tool could not be installed here: {tool}");
        }
        Ended::Without(problem) | Ended::Otherwise(problem) => panic!("{language}: {problem}"),
    }
}
