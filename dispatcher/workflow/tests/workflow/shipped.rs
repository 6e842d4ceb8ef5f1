//! The shipped workflows.

use expect_test::expect;
use signalbox_workflow::{Problem, load, plan, shipped};

#[test]
fn every_shipped_workflow_loads_without_a_warning() {
    for name in shipped::names() {
        let loaded = load(name, &shipped::file).unwrap_or_else(|problems| panic!("{}", all(&problems)));
        assert_eq!(all(&loaded.warnings), "");
    }
}

#[test]
fn what_a_run_of_a_shipped_workflow_could_do_is_told_before_it_runs() {
    let told: String =
        shipped::names().iter().map(|name| plan(&load(name, &shipped::file).unwrap().workflow).to_string()).collect();
    expect![[r#"
        answer: started by viewer and above
          at most      $2.00, 20 min, 60 turns
          permission   contents: read (answer)
          output       answer, at most 1 (answer)
          phases       answer (agent)
        build: started by member and above
          at most      $8.00, 1 h 30 min, 200 turns
          permission   contents: write (build), read (plan, check, review)
          output       change_request, at most 1, a draft, never touching .github/**, CODEOWNERS, .signalbox/workflows/**, .signalbox/check (open)
          phases       plan (agent) approve (gate) build (agent) check (script) review (agent) open (forge)
    "#]].assert_eq(&told);
}

fn all(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect()
}
