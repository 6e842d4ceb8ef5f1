//! The shipped workflows.

use expect_test::expect;
use serde_json::json;
use signalbox_domain::workflow::Work;
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
          phases       plan (agent) approve (gate) build (agent) check (script) review (agent) open (forge) watch (forge)
    "#]].assert_eq(&told);
}

#[test]
fn build_waits_for_a_person_only_where_a_mistake_would_cost_much() {
    let workflow = load("build", &shipped::file).unwrap().workflow;
    let when = workflow.phase(&"approve".into()).unwrap().when.clone().unwrap();
    let risk = |risk: &str| json!({ "plan": { "ok": true, "output": { "risk": risk } } });
    let asked = ["low", "medium", "high"].map(|level| when.holds(risk(level).as_object().unwrap()));
    assert_eq!(asked, [false, false, true]);
}

#[test]
fn build_can_be_approved_by_a_team_of_one() {
    let workflow = load("build", &shipped::file).unwrap().workflow;
    let Work::Gate(gate) = workflow.phase(&"approve".into()).unwrap().work.clone() else { panic!("approve is a gate") };
    assert!(!gate.not_requester);
}

#[test]
fn what_a_shipped_phase_may_do_is_what_it_needs_and_no_more() {
    let workflow = load("build", &shipped::file).unwrap().workflow;
    let writes: Vec<&str> =
        workflow.phases.iter().filter(|phase| phase.grant.writes()).map(|phase| phase.name.as_str()).collect();
    assert_eq!(writes, ["build"]);
    assert!(workflow.phases.iter().all(|phase| phase.grant.network.is_empty()));
    assert!(workflow.repository);
    assert!(!load("answer", &shipped::file).unwrap().workflow.repository);
}

fn all(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect()
}
