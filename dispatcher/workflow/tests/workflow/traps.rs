//! YAML's traps, each stepped on once.

use std::fmt::Write as _;

use expect_test::expect;

use crate::team::{DEMO, Team};

fn told(text: &str) -> String {
    Team::new().write("demo.yaml", text).brief()
}

#[test]
fn words_that_elsewhere_mean_true_or_false_are_words_here() {
    let team = Team::new()
        .change("A demonstration.", "no")
        .change("enum: [home, away]", "enum: [no, off, y, \"12\"]")
        .change("on: {", "'on': {");
    assert_eq!(team.brief(), "it loads\n");
}

#[test]
fn traps_are_refused_at_their_place() {
    let bomb: String = {
        let mut text = String::from("name: demo\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let inner = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{inner}]").unwrap();
        }
        text
    };
    let aliases = format!("name: &n demo\nlist: [{}]\n", vec!["*n"; 100].join(", "));
    let many = format!("name: demo\nlist: [{}]\n", vec!["x"; 20_000].join(", "));
    let deep = format!("name: demo\nlist: {}{}\n", "[".repeat(100), "]".repeat(100));
    let dashes = format!("name: demo\nlist:\n{}x\n", "- ".repeat(50_000));
    let cases = [
        DEMO.replace("description:", "name:"),
        DEMO.replace("  check:\n", "  build:\n"),
        DEMO.replace("on: {", "<<: {"),
        format!("base: &base {{ a: 1 }}\n<<: *base\n{DEMO}"),
        format!("{DEMO}---\nname: other\n"),
        DEMO.replace("45m", "!!str 45m"),
        DEMO.replace("name: demo", "name: !secret demo"),
        DEMO.replace("name: demo", "? [a]\n: b"),
        DEMO.replace("  review:", "\treview:"),
        DEMO.replace("[plan.md, diff]", "[plan.md, diff"),
        DEMO.replace("name: demo", "name: *nothing"),
        "name: &a [*a]\n".into(),
        "- name\n- description\n".into(),
        "just text\n".into(),
        "# nothing\n".into(),
        String::new(),
        bomb,
        aliases,
        many,
        deep,
        dashes,
        format!("# {}\n", "x".repeat(256 * 1024)),
    ];
    let all: String = cases.iter().map(|text| told(text) + "--\n").collect();
    expect![[r#"
        demo.yaml:2:1: the key `name` stands twice; the first is in line 1 (keep one of them)
        --
        demo.yaml:28:3: the key `build` stands twice; the first is in line 21 (keep one of them)
        --
        demo.yaml:4:1: merge keys (`<<`) are not part of the language (write the keys out)
        --
        demo.yaml:2:1: merge keys (`<<`) are not part of the language (write the keys out)
        --
        demo.yaml:43:1: a second document begins here (keep one workflow per file)
        --
        demo.yaml:8:28: the tag `tag:yaml.org,2002:str` is not part of the language (remove it; quote what must be text)
        --
        demo.yaml:1:7: the tag `!secret` is not part of the language (remove it; quote what must be text)
        --
        demo.yaml:1:3: a key is a list or a mapping (write a word before the colon, and quote text that begins with [ or {)
        --
        demo.yaml:33:2: this is not YAML: tabs disallowed within this context (block indentation) (check the indentation and the quotes of this line and the one before)
        --
        demo.yaml:35:82: this is not YAML: while parsing a flow sequence, expected ',' or ']' (check the indentation and the quotes of this line and the one before)
        --
        demo.yaml:1:7: this is not YAML: while parsing node, found unknown anchor (check the indentation and the quotes of this line and the one before)
        --
        demo.yaml:1:11: this alias repeats a value that contains it (write the value out)
        --
        demo.yaml:1:1: the file must be a mapping, and this is a list (begin with `name: …`)
        --
        demo.yaml:1:1: the file must be a mapping, and this is the text just text (begin with `name: …`)
        --
        demo.yaml:1:1: the file is empty (write at least `name`, `description` and `phases`)
        --
        demo.yaml:1:1: the file is empty (write at least `name`, `description` and `phases`)
        --
        demo.yaml:5:45: more than 10000 values, those that aliases repeat included (a workflow file is small: write less, or without aliases)
        --
        demo.yaml:2:264: more than 64 aliases (write the values out)
        --
        demo.yaml:2:29993: more than 10000 values, those that aliases repeat included (a workflow file is small: write less, or without aliases)
        --
        demo.yaml:2:22: this is nested more than 16 deep (a workflow file is flat)
        --
        demo.yaml:3:31: this is nested more than 16 deep (a workflow file is flat)
        --
        demo.yaml:1:1: the file has 262147 bytes (a workflow file has at most 262144 bytes: put long texts into prompts)
        --
    "#]].assert_eq(&all);
}

#[test]
fn an_alias_repeats_what_it_names_within_the_bounds() {
    let team = Team::new()
        .change("timeout: { wall: 20m, idle: 5m, start: 60s }", "timeout: &slow { wall: 21m }")
        .change("    run: make lint test", "    run: make\n    timeout: *slow");
    let loaded = team.load().unwrap();
    let walls = loaded.workflow.phases.iter().filter(|phase| phase.timeout.wall.0 == 21 * 60_000).count();
    assert_eq!(walls, 2);
}

#[test]
fn lines_may_end_as_on_any_system() {
    assert_eq!(told(&DEMO.replace('\n', "\r\n")), "it loads\n");
    assert_eq!(told(&format!("\u{feff}{DEMO}")), "it loads\n");
}

#[test]
fn no_file_is_told_more_than_a_hundred_problems() {
    let keys: String = (0..4_000).map(|number| format!("key{number}: 1\n")).collect();
    assert_eq!(Team::new().write("demo.yaml", &keys).load().unwrap_err().len(), 100);
    assert_eq!(Team::new().write("demo.yaml", &"key: 1\n".repeat(4_000)).load().unwrap_err().len(), 100);
}
