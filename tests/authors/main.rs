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

/// Types a section of the page; then breaks the plugin at a line, to see that what it says arrives.
fn walk(language: &str, source: &str, before: &str, broken: &str) {
    let mut session = Session::of(PAGE, language);
    assert!(session.commands.len() > 10, "{language}: the page has {} commands", session.commands.len());
    let pages = session.commands.len();
    session.commands.extend([
        Step::new("cd word"),
        Step::new(format!("cat > broken <<'END'\n{broken}\nEND\nsed -i '/^{before}/{{\ne cat broken\n}}' {source}")),
        Step::new("signalbox plugin build"),
        Step::new("! signalbox plugin run --text boom --set repository=acme/platform").printing("…no boom…"),
    ]);
    let began = Instant::now();
    match session.run() {
        Ended::AsWritten => {
            let minutes = began.elapsed().as_secs_f64() / 60.0;
            println!("authors: {language}: {pages} commands as written, in {minutes:.1} minutes");
        }
        Ended::Without(tool) if std::env::var_os("SIGNALBOX_AUTHORS").is_none_or(|it| it != "all") => {
            println!("SKIPPED: {language}: a tool could not be installed here: {tool}");
        }
        Ended::Without(problem) | Ended::Otherwise(problem) => panic!("{language}: {problem}"),
    }
}
