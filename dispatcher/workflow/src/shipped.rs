//! The workflows every team has from the start, in the program itself.

/// Every shipped file, by its path as [`crate::load`] asks for it.
const FILES: [(&str, &str); 8] = [
    ("answer/workflow.yaml", include_str!("../shipped/answer/workflow.yaml")),
    ("answer/prompts/answer.md", include_str!("../shipped/answer/prompts/answer.md")),
    ("build/workflow.yaml", include_str!("../shipped/build/workflow.yaml")),
    ("build/prompts/plan.md", include_str!("../shipped/build/prompts/plan.md")),
    ("build/prompts/build.md", include_str!("../shipped/build/prompts/build.md")),
    ("build/prompts/review.md", include_str!("../shipped/build/prompts/review.md")),
    ("build/schemas/plan.json", include_str!("../shipped/build/schemas/plan.json")),
    ("build/schemas/verdict.json", include_str!("../shipped/build/schemas/verdict.json")),
];

/// Their names.
pub fn names() -> Vec<&'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_suffix("/workflow.yaml")).collect()
}

/// The text of a shipped file: what [`crate::load`] looks files up with.
pub fn file(path: &str) -> Option<String> {
    FILES.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned())
}
