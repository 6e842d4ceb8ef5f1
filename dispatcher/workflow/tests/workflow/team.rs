//! A team's own workflow, which the stories change for the worse.

use std::collections::BTreeMap;

use signalbox_workflow::{Loaded, Problem, load};

/// Plans, asks, builds, checks, reviews and opens: every key that is supported, once.
pub(crate) const DEMO: &str = r#"name: demo
description: A demonstration.
repository: required
on: { chat: { roles: [member, admin] } }
inputs:
  request: { type: string, required: true }
  where: { type: string, enum: [home, away], description: Where to look. }
budget: { usd: 2.50, wall: 45m, turns: 100 }
phases:
  plan:
    label: Make a plan
    agent: { use: default, model: large, prompt: prompts/plan.md }
    permissions: { contents: read, issues: read }
    produces: [plan.md]
    output: { schema: schemas/plan.json }
    timeout: { wall: 20m, idle: 5m, start: 60s }
  approve:
    needs: [plan]
    when: plan.output.risk == "high" || plan.output.files > 10
    gate: { kind: approve, binds: [plan.md, head], roles: [maintainer], not_requester: true, expires: 24h, remind: 4h }
  build:
    needs: [approve]
    agent: { use: some-agent, model: default, prompt: prompts/build.md, consumes: [plan.md] }
    permissions: { contents: write }
    network: { allow: ["registry.npmjs.org:443"] }
    produces: [summary.md]
    retry: { max: 1, backoff: 10s, on: transient }
  check:
    needs: [build]
    run: make lint test
    permissions: { contents: read }
    fix: { with: build, max: 2, on_exhausted: handoff }
  review:
    needs: [check]
    agent: { session: fresh, prompt: prompts/review.md, consumes: [plan.md, diff] }
    permissions: { contents: read }
    output: { schema: schemas/verdict.json }
    fix: { until: review.output.verdict == "approve", with: build, max: 2, on_exhausted: pause }
  open:
    needs: [review]
    forge: open_change_request
    outputs: { change_request: { max: 1, draft: true, title_prefix: "demo: ", protect: ["ci/**"] } }
"#;

const PLAN: &str = r##"{
  "type": "object",
  "properties": {
    "risk": { "enum": ["low", "medium", "high"] },
    "files": { "type": "integer" },
    "breaking": { "type": "boolean" },
    "summary": { "type": "string" },
    "tags": { "type": "array", "items": { "enum": ["ui", "api"] } },
    "cost": { "$ref": "#/$defs/cost" },
    "anything": {}
  },
  "$defs": { "cost": { "type": "object", "properties": { "usd": { "type": "number" } } } }
}"##;
const VERDICT: &str = r#"{ "type": "object", "properties": { "verdict": { "enum": ["approve", "reject"] } } }"#;
const PROMPT: &str = "{{ request }}\n{{ handoffs }}\n{{ feedback }}\n{{ outputs_guide }}\n";

/// The team's folder.
pub(crate) struct Team(BTreeMap<String, String>);

impl Team {
    pub(crate) fn new() -> Self {
        let files = [
            ("demo.yaml", DEMO),
            ("prompts/plan.md", PROMPT),
            ("prompts/build.md", PROMPT),
            ("prompts/review.md", PROMPT),
            ("schemas/plan.json", PLAN),
            ("schemas/verdict.json", VERDICT),
        ];
        Self(files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect())
    }

    /// The folder with a text in a file replaced.
    pub(crate) fn edit(mut self, path: &str, from: &str, to: &str) -> Self {
        let text = self.0.get_mut(path).expect("the file is there");
        assert!(text.contains(from), "{path} has no {from:?}");
        *text = text.replacen(from, to, 1);
        self
    }

    /// The folder with a text of the workflow file replaced.
    pub(crate) fn change(self, from: &str, to: &str) -> Self {
        self.edit("demo.yaml", from, to)
    }

    /// The folder with a file written.
    pub(crate) fn write(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), text.to_owned());
        self
    }

    /// The folder without a file.
    pub(crate) fn remove(mut self, path: &str) -> Self {
        assert!(self.0.remove(path).is_some(), "the file is there");
        self
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> String {
        self.0[path].clone()
    }

    pub(crate) fn load(&self) -> Result<Loaded, Vec<Problem>> {
        load("demo", &|path| self.0.get(path).cloned())
    }

    /// What the author is told: every problem, or every warning.
    pub(crate) fn told(&self) -> String {
        match self.load() {
            Ok(loaded) if loaded.warnings.is_empty() => "it loads\n".into(),
            Ok(loaded) => format!("it loads, but\n{}", lines(&loaded.warnings)),
            Err(problems) => lines(&problems),
        }
    }

    /// The same, a line each.
    pub(crate) fn brief(&self) -> String {
        match self.load() {
            Ok(loaded) if loaded.warnings.is_empty() => "it loads\n".into(),
            Ok(loaded) => loaded.warnings.iter().map(|problem| format!("warning: {}\n", problem.brief())).collect(),
            Err(problems) => problems.iter().map(|problem| format!("{}\n", problem.brief())).collect(),
        }
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}
