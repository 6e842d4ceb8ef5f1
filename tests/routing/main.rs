//! The corpus against the shipped routers, as components, in the real host.
#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read stops where it breaks")]

mod again;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use signalbox_engine::corpus::{COLUMNS, Judged, Message, Score, Team};
use signalbox_plugin_host::{Config, Host, Plugin};
use signalbox_ports::plugins::Plugins as _;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn team() -> Team {
    let text = fs::read_to_string(here().join("team.toml")).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("team.toml: {error}"))
}

/// The shipped plugins with the team's settings.
fn host(team: &Team) -> Host {
    let mut settings = team.plugins.clone();
    let plugins = signalbox_shipped::ALL.iter().map(|shipped| {
        let id = |line: &str| line.strip_prefix("id = \"")?.strip_suffix('"').map(str::to_owned);
        let id = shipped.manifest.lines().find_map(id).expect("a manifest has an id");
        let settings = settings.remove(&id).unwrap_or_default();
        Plugin { manifest: shipped.manifest.into(), component: shipped.component.into(), settings, pin: None }
    });
    let config = Config { plugins: plugins.collect(), ..Config::default() };
    let host = Host::open(config, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    let host = host.unwrap_or_else(|refusals| panic!("{refusals}"));
    assert_eq!(settings, BTreeMap::new(), "settings of plugins that are not there");
    host
}

/// The messages of a folder, by theme.
fn messages(folder: &str) -> BTreeMap<String, Vec<Message>> {
    let files = fs::read_dir(here().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|it| it == "jsonl"))
        .map(|path| {
            let theme = path.file_stem().unwrap().to_string_lossy().into_owned();
            let read = Message::read(&fs::read_to_string(&path).unwrap());
            (theme, read.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect()
}

/// What came of a folder: a table, the total, and every message that went wrong or was asked about needlessly.
struct Card {
    table: String,
    total: Score,
    wrong: Vec<String>,
    asked: Vec<String>,
}

fn card(host: &Host, team: &Team, folder: &str) -> Card {
    let mut card =
        Card { table: format!("{folder:<12} {COLUMNS}\n"), total: Score::default(), wrong: vec![], asked: vec![] };
    for (theme, messages) in messages(folder) {
        let mut score = Score::default();
        for message in messages {
            let event = message.event(team);
            let judged = message.judge(&event.decide(&host.route(&event)));
            score.count(&message, &judged);
            let line = |got: &str| format!("{theme}: {:?} should be {}, {got}", message.text, message.expect);
            match judged {
                Judged::Right => {}
                Judged::Asked { offered: true } => {
                    card.asked.push(line("and was asked about, with it among the choices"))
                }
                Judged::Asked { offered: false } => card.asked.push(line("and was asked about, without offering it")),
                Judged::Wrong { got } => card.wrong.push(line(&format!("and went to {got}"))),
            }
        }
        let _ = writeln!(card.table, "{theme:<12} {score}");
        card.total = card.total.and(score);
    }
    let _ = writeln!(card.table, "{:<12} {}", "all", card.total);
    card
}

/// The most that may be asked about of what says where it goes, in thousandths.
const ASKS: u32 = 150;

#[test]
fn no_message_goes_where_it_should_not_and_few_are_asked_about() {
    let team = team();
    let host = host(&team);
    let mut problems = Vec::new();
    for folder in ["known", "held", "fresh", "unseen", "later"] {
        let card = card(&host, &team, folder);
        println!("{}", card.table);
        // Fresh messages are judged, not shown: whoever mends routers by them has nothing left to judge by.
        if folder != "fresh" || std::env::var_os("SIGNALBOX_SHOW_FRESH").is_some() {
            println!("{}\n\n{}\n", card.wrong.join("\n"), card.asked.join("\n"));
        }
        if !card.wrong.is_empty() {
            problems.push(format!(
                "{folder}: {} of {} go where they should not",
                card.wrong.len(),
                card.total.places + card.total.open
            ));
        }
        if card.total.asks() > ASKS {
            problems.push(format!("{folder}: {} in a thousand are asked about needlessly", card.total.asks()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
