//! The digest: everything a workflow is made of, and nothing else.

use std::collections::BTreeSet;

use signalbox_domain::id::Digest;

use crate::team::{DEMO, Team};

fn digest(team: &Team) -> String {
    team.load().unwrap_or_else(|problems| panic!("{problems:#?}")).workflow.digest.0
}

#[test]
fn any_change_of_any_part_changes_the_digest() {
    let teams = [
        Team::new(),
        Team::new().change("A demonstration.", "A demonstration!"),
        Team::new().change("name: demo\n", "name: demo\n# a comment\n"),
        Team::new().edit("prompts/plan.md", "{{ request }}", "{{ request }} "),
        Team::new().edit("prompts/review.md", "{{ request }}", "{{ request }} "),
        Team::new().edit("schemas/plan.json", "\"integer\"", "\"number\""),
        Team::new().edit("schemas/verdict.json", "{ ", "{"),
    ];
    let digests: BTreeSet<String> = teams.iter().map(digest).collect();
    assert_eq!(digests.len(), teams.len());
}

#[test]
fn two_parts_that_change_places_change_the_digest() {
    let one =
        Team::new().write("prompts/plan.md", "{{ request }} {{ outputs_guide }} a").write("prompts/review.md", "b");
    let other =
        Team::new().write("prompts/plan.md", "b").write("prompts/review.md", "{{ request }} {{ outputs_guide }} a");
    assert_ne!(digest(&one), digest(&other));
}

#[test]
fn files_that_are_no_part_of_it_do_not_change_the_digest() {
    assert_eq!(digest(&Team::new()), digest(&Team::new().write("prompts/other.md", "{{ nonsense }}")));
}

#[test]
fn a_workflow_has_the_same_digest_in_a_folder_of_its_own() {
    let load = |path: &str| {
        Team::new().load().ok().and_then(|_| {
            let inner = path.strip_prefix("demo/")?;
            Some(match inner {
                "workflow.yaml" => DEMO.to_owned(),
                "schemas/plan.json"
                | "schemas/verdict.json"
                | "prompts/plan.md"
                | "prompts/build.md"
                | "prompts/review.md" => Team::new().text(inner),
                _ => return None,
            })
        })
    };
    let own = signalbox_workflow::load("demo", &load).unwrap();
    assert_eq!(own.workflow.digest.0, digest(&Team::new()));
}

#[test]
fn every_part_that_a_phase_names_is_among_the_blobs_under_its_own_digest() {
    let loaded = Team::new().load().unwrap();
    for (digest, bytes) in &loaded.blobs {
        assert_eq!(*digest, Digest::of(bytes));
    }
    let text = serde_json::to_string(&loaded.workflow).unwrap();
    // Three prompts with the same text are one blob; the schemas are two.
    assert_eq!(loaded.blobs.len(), 3);
    assert!(loaded.blobs.iter().all(|(digest, _)| text.contains(digest.as_str())));
}

#[test]
fn a_loaded_workflow_reads_back_as_it_was_written() {
    let workflow = Team::new().load().unwrap().workflow;
    let text = serde_json::to_string(&workflow).unwrap();
    assert_eq!(serde_json::from_str::<signalbox_domain::workflow::Workflow>(&text).unwrap(), workflow);
}
