//! What an author meets, on a plugin that is built along with this repository: nothing here builds one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::{Path, PathBuf};

use signalbox_authoring::{
    COMPONENT, Language, Outcome, Plan, Project, Question, Tried, Trying, Weight, World, check, create, test,
};
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The shipped router `explicit`, as its author's folder would be after `build`.
fn explicit() -> (TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new("../../plugins/explicit");
    for path in ["plugin.toml", "src/lib.rs"] {
        copy(&source.join(path), &folder.path().join(path));
    }
    for case in fs::read_dir(source.join("cases")).unwrap() {
        let case = case.unwrap();
        copy(&case.path(), &folder.path().join("cases").join(case.file_name()));
    }
    let shipped = signalbox_shipped::ALL.iter().find(|it| it.manifest.contains("id = \"explicit\"")).unwrap();
    fs::write(folder.path().join(COMPONENT), shipped.component).unwrap();
    let project = Project::find(folder.path()).unwrap();
    (folder, project)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}

fn only_case(project: &Project, text: &str) -> PathBuf {
    for case in fs::read_dir(project.at("cases")).unwrap() {
        let path = case.unwrap().path();
        if !path.ends_with("event.json") {
            fs::remove_file(path).unwrap();
        }
    }
    let path = project.at("cases/one.json");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_cases_of_a_plugin_hold_on_its_component() {
    let (_folder, project) = explicit();
    let report = test(&project, false).unwrap();
    assert!(report.held() && report.cases.len() > 10 && report.fuel > 10_000, "{report:#?}");
}

#[test]
fn whether_it_would_be_asked_is_said_with_the_reason() {
    let (_folder, project) = explicit();
    let trying = Trying::open(&project).unwrap();
    let unasked = |text: &str| {
        let event =
            serde_json::json!({ "text": text, "thread": { "chat": "web", "room": "R1", "room_name": "general" } });
        let settings = serde_json::Map::new();
        trying.unasked(&Question { event, settings, route: serde_json::Value::Null, world: Vec::new() })
    };
    assert_eq!(unasked("repo:acme/website the title is wrong"), None);
    let why = "the text holds none of \":\" or \"=\" or \"/\" or \"#\"";
    assert_eq!(unasked("the title is wrong").as_deref(), Some(why));
}

#[test]
fn a_case_that_does_not_hold_shows_the_lines_that_differ() {
    let (_folder, project) = explicit();
    only_case(
        &project,
        r#"{ "nothing is named": { "event": { "text": "hello" }, "expect": { "Ok": { "Pass": "no" } } } }"#,
    );
    let report = test(&project, false).unwrap();
    let Outcome::Differed(lines) = &report.cases[0].outcome else { panic!("{report:#?}") };
    assert!(lines.contains("-     \"Pass\": \"no\"\n") && lines.contains("+     \"Pass\": \""), "{lines}");
}

#[test]
fn an_update_changes_what_is_expected_and_nothing_else() {
    let (_folder, project) = explicit();
    let written = "{\n  \"nothing is named\": {\n    \"event\": {\n      \"text\":   \"hello\"\n    },\n    \
                   \"expect\": {}\n  }\n}\n";
    let path = only_case(&project, written);
    let report = test(&project, true).unwrap();
    assert_eq!(report.cases[0].outcome, Outcome::Updated);
    let now = fs::read_to_string(path).unwrap();
    assert!(now.starts_with(written.split("\"expect\"").next().unwrap()) && now.contains("\"Pass\""), "{now}");
    assert_eq!(test(&project, false).unwrap().cases[0].outcome, Outcome::Held);
}

#[test]
fn a_part_of_a_case_that_nobody_knows_is_named() {
    let (_folder, project) = explicit();
    only_case(&project, r#"{ "odd": { "event": {}, "expects": {} } }"#);
    let error = test(&project, false).unwrap_err().to_string();
    assert!(error.contains("case \"odd\" has a `expects`; a case has event, config"), "{error}");
}

#[test]
fn a_plugin_that_is_well_is_said_to_be() {
    let (_folder, project) = explicit();
    let findings = check(&project);
    assert!(findings.iter().all(|finding| finding.weight == Weight::Well), "{findings:#?}");
}

#[test]
fn a_component_that_needs_a_system_is_refused_with_the_line_that_does() {
    let (_folder, project) = explicit();
    let printing = wat::parse_str(
        r#"(component (import "wasi:cli/stdout@0.2.6" (instance)) (import "wasi:io/streams@0.2.6" (instance)))"#,
    );
    fs::write(project.at(COMPONENT), printing.unwrap()).unwrap();
    fs::write(project.at("src/lib.rs"), "pub fn route() {\n    println!(\"here\");\n}\n").unwrap();
    let findings = check(&project);
    let component = findings.iter().find(|finding| finding.what == "component").unwrap();
    assert_eq!(component.weight, Weight::Wrong);
    assert!(component.said.contains("needs WASI (cli, io)"), "{}", component.said);
    assert!(component.said.ends_with("First use: `println!` in src/lib.rs:2?"), "{}", component.said);
}

#[test]
fn a_folder_without_a_plugin_says_how_to_begin_one() {
    let folder = tempfile::tempdir().unwrap();
    let error = Project::find(folder.path()).unwrap_err().to_string();
    assert!(error.ends_with("begin one with `signalbox plugin new`"), "{error}");
}

#[test]
fn every_language_and_world_begins_as_a_project() {
    let folder = tempfile::tempdir().unwrap();
    for (number, language) in Language::ALL.into_iter().enumerate() {
        for (name, world) in [("r", World::Router), ("p", World::Prefetcher)] {
            let plan = Plan { id: format!("acme/{name}{number}"), language, world };
            let made = create(folder.path(), &plan).unwrap();
            let project = Project::find(&made.join("cases")).unwrap();
            assert_eq!((project.language, project.manifest.world), (language, world));
            assert_eq!(project.manifest.id, plan.id);
            let unfilled = fs::read_to_string(project.at("README.md")).unwrap();
            assert!(!unfilled.contains("{{"), "{unfilled}");
            let again = create(folder.path(), &plan).unwrap_err().to_string();
            assert!(again.ends_with("is there already; take another name"), "{again}");
        }
    }
}

#[test]
fn an_id_that_is_none_makes_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { id: "../Word".into(), language: Language::Rust, world: World::Router };
    let error = create(folder.path(), &plan).unwrap_err().to_string();
    assert!(error.contains("use lower-case letters"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_call_tells_what_it_took() {
    let (_folder, project) = explicit();
    let event = serde_json::from_str(&fs::read_to_string(project.at("cases/event.json")).unwrap()).unwrap();
    let question = Question { event, settings: Default::default(), route: serde_json::Value::Null, world: Vec::new() };
    let tried = Trying::open(&project).unwrap().ask(&question).unwrap();
    assert!(tried.problem.is_none() && tried.said.is_some(), "{tried:?}");
    assert_eq!(tried.calls.len(), 1);
    assert!(tried.calls[0].fuel > 0 && tried.calls[0].memory >= 64 * 1024, "{tried:?}");
}

/// A router that was built with a system in mind: it waits for a lifetime, prints, and passes with the clock and a random
/// number in letters.
fn needing_a_system() -> Vec<u8> {
    let mut module = wat::parse_str(include_str!("wasi/router.wat")).unwrap();
    let mut resolve = Resolve::default();
    resolve.push_dir(Path::new("../../wit")).unwrap();
    let package = resolve.push_str("wasi/router.wit", include_str!("wasi/router.wit")).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// Sixteen letters, one for each four bits.
fn letters(number: u64) -> String {
    (0..16).map(|place| char::from(b'a' + u8::try_from(number >> (60 - 4 * place) & 15).unwrap())).collect()
}

#[test]
fn what_needs_a_system_is_refused_and_may_be_tried_on_one_that_is_made_up() {
    let (_folder, project) = explicit();
    fs::write(project.at(COMPONENT), needing_a_system()).unwrap();
    let developing = project.clone().developing();
    for project in [&project, &developing] {
        let findings = check(project);
        let component = findings.iter().find(|finding| finding.what == "component").unwrap();
        assert_eq!(component.weight, Weight::Wrong);
        for words in
            ["it needs WASI (", "`signalbox plugin build` builds it without", "`signalbox plugin run --dev` tries"]
        {
            assert!(component.said.contains(words), "{}", component.said);
        }
    }
    assert!(Trying::open(&project).is_err());

    let event: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(project.at("cases/event.json")).unwrap()).unwrap();
    let question = |seed: u64| {
        let mut event = event.clone();
        event["seed"] = seed.into();
        Question { event, settings: Default::default(), route: serde_json::Value::Null, world: Vec::new() }
    };
    let tried = |seed| Trying::open(&developing).unwrap().ask(&question(seed)).unwrap();
    let passed = |tried: &Tried| tried.said.as_ref().unwrap()["Ok"]["Pass"].as_str().unwrap().to_string();
    let (first, again, other) = (tried(7), tried(7), tried(8));
    assert_eq!((&first.said, first.calls[0].fuel), (&again.said, again.calls[0].fuel));
    assert_eq!(first.calls[0].log, ["info: stdout: hello", "info: and logged", "info: stdout: hello"], "{first:?}");
    assert_eq!(first.calls[0].log, again.calls[0].log);
    let [(time, chance), (same, others)] =
        [passed(&first), passed(&other)].map(|it| (it[..16].to_string(), it[16..].to_string()));
    assert_eq!(time, letters(event["received_at_ms"].as_u64().unwrap() / 1000));
    assert_eq!(time, same);
    assert_ne!(chance, others);
}

#[test]
fn a_system_that_is_made_up_has_no_more_than_it_says() {
    let (_folder, project) = explicit();
    let asking = wat::parse_str(r#"(component (import "wasi:http/outgoing-handler@0.2.6" (instance)))"#).unwrap();
    fs::write(project.at(COMPONENT), asking).unwrap();
    let refused = Trying::open(&project.developing()).err().unwrap().to_string();
    assert!(refused.contains("needs WASI (http)"), "{refused}");
}
