//! Files nobody would write: each loads or is refused at a place, and nothing panics.

use proptest::prelude::*;
use signalbox_workflow::{Problem, load, shipped};

use crate::team::{DEMO, Team};

/// Loads or is refused; a refusal names a place that the file has.
fn sound(text: &str) -> Result<(), String> {
    match Team::new().write("demo.yaml", text).load() {
        Ok(_) => Ok(()),
        Err(problems) if problems.is_empty() => Err("refused without a reason".into()),
        Err(problems) => problems.iter().try_for_each(|problem| placed(problem, text)),
    }
}

fn placed(problem: &Problem, text: &str) -> Result<(), String> {
    let lines = text.split(['\n', '\r']).count();
    if problem.file == "demo.yaml" && !(1..=lines).contains(&problem.line) {
        return Err(format!("there is no line {} of {lines}: {problem}", problem.line));
    }
    if problem.column == 0 || problem.message.is_empty() || problem.help.is_empty() || problem.message.contains('\n') {
        return Err(format!("not told well: {problem}"));
    }
    Ok(())
}

/// The keys of a text: where each begins and ends.
fn keys(text: &str) -> Vec<(usize, usize)> {
    let mut keys = Vec::new();
    for (colon, _) in text.match_indices(':') {
        let start = text[..colon].rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        if start < colon && !text[..start].ends_with('"') && text[colon + 1..].starts_with([' ', '\n']) {
            keys.push((start, colon));
        }
    }
    keys
}

#[test]
fn every_key_misspelt_is_told_at_its_place() {
    let spelt = keys(DEMO);
    assert!(spelt.len() > 90, "{}", spelt.len());
    for (start, end) in spelt {
        for wrong in [format!("{}x", &DEMO[start..end]), DEMO[start + 1..end].to_owned(), "no_such_key".to_owned()] {
            let text = format!("{}{wrong}{}", &DEMO[..start], &DEMO[end..]);
            sound(&text).unwrap();
            let problems = Team::new().write("demo.yaml", &text).load().err().unwrap_or_default();
            // Names of the file's own choice may be anything; nothing else may.
            let line = DEMO[..start].matches('\n').count() + 1;
            let free = ["where", "open", "check", "approve", "review", "plan", "build"].contains(&&DEMO[start..end]);
            assert!(
                free || problems.iter().any(|problem| problem.line == line),
                "{wrong} in line {line}: {problems:?}"
            );
        }
    }
}

#[test]
fn every_line_deleted_and_every_word_deleted_loads_or_is_refused_at_a_place() {
    for name in shipped::names() {
        let path = format!("{name}/workflow.yaml");
        let text = shipped::file(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let without_line = (0..lines.len()).map(|gone| [&lines[..gone], &lines[gone + 1..]].concat().join("\n"));
        let words: Vec<(usize, &str)> =
            text.split_whitespace().map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word)).collect();
        let without_word = words.iter().map(|(at, word)| format!("{}{}", &text[..*at], &text[at + word.len()..]));
        for changed in without_line.chain(without_word) {
            let files = |asked: &str| if asked == path { Some(changed.clone()) } else { shipped::file(asked) };
            if let Err(problems) = load(name, &files) {
                assert!(!problems.is_empty());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_loads_or_is_refused_at_a_place(text in "\\PC{0,200}") {
        prop_assert_eq!(sound(&text), Ok(()));
    }

    #[test]
    fn any_bytes_read_as_text_load_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(sound(&String::from_utf8_lossy(&bytes)), Ok(()));
    }

    #[test]
    fn a_piece_of_the_file_replaced_by_anything_loads_or_is_refused(from in 0..DEMO.len(), length in 0_usize..40, with in "[ \\n:{}\\[\\],&*!|>'\"%@`#?a-z0-9\\-]{0,20}") {
        let to = (from + length).min(DEMO.len());
        prop_assert_eq!(sound(&format!("{}{with}{}", &DEMO[..from], &DEMO[to..])), Ok(()));
    }

    #[test]
    fn any_condition_is_lowered_or_refused(condition in "[a-z.\\[\\]()!&|=<>?:+\\-\"' 0-9{},]{0,60}") {
        let quoted = serde_json::to_string(&condition).unwrap();
        let text = DEMO.replace("plan.output.risk == \"high\" || plan.output.files > 10", &quoted);
        prop_assert_eq!(sound(&text), Ok(()));
    }

    #[test]
    fn a_condition_of_known_words_is_lowered_or_refused(words in proptest::collection::vec(prop::sample::select(vec![
        "plan.output.risk", "plan.ok", "inputs.where", "has", "(", ")", "==", "!=", "<", "in", "[", "]", "\"high\"", "\"home\"", "!", "&&", "||", "1", "-", "true", "?", ":", ".", "{", "}", ",",
    ]), 1..12)) {
        let quoted = serde_json::to_string(&words.join(" ")).unwrap();
        let text = DEMO.replace("plan.output.risk == \"high\" || plan.output.files > 10", &quoted);
        prop_assert_eq!(sound(&text), Ok(()));
    }
}
