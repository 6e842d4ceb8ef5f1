//! What an author meets, on a plugin that is built along with this repository: nothing here builds one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fs;
use std::path::{Path, PathBuf};

use signalbox_authoring::{
    COMPONENT, Language, Outcome, Plan, Project, Question, Trying, Weight, World, check, create, test,
};
use tempfile::TempDir;

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
