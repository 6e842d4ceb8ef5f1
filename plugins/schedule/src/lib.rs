//! Knows where the ticks of schedules go: nobody typed them, so no word of theirs decides.

#[cfg(target_family = "wasm")]
mod component;

use std::collections::BTreeMap;

use serde::Deserialize;
use signalbox_plugin::router::{Claim, Outcome, Place};
use signalbox_plugin::{Event, PluginError};

/// What the team's schedules do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// By the name of the schedule.
    #[serde(default)]
    pub schedules: BTreeMap<String, Set>,
}

/// What a schedule is set up for. What is left open is filled from elsewhere, as for any request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// The workflow.
    pub workflow: Option<String>,
    /// The repository, `owner/name`.
    pub repository: Option<String>,
}

/// A schedule is set up outright, like a person's own explicit words.
const SET: u16 = 1000;

/// Claims what the schedule is set up for: what its tick says of itself, else what the team's settings say.
pub fn route(event: &Event, config: &Config) -> Result<Outcome, PluginError> {
    let attr = |key: &str| event.attrs.iter().find(|it| it.key == key).map(|it| it.value.clone());
    let Some(name) = attr("schedule") else {
        return Ok(Outcome::Pass("it is not the tick of a schedule".to_string()));
    };
    let set = config.schedules.get(&name).cloned().unwrap_or_default();
    let workflow = attr("schedule.workflow").or(set.workflow);
    let repository = attr("schedule.repository").or(set.repository);
    if workflow.is_none() && repository.is_none() {
        return Ok(Outcome::Pass(format!("nothing is set up for the schedule {name}")));
    }
    if let Some(workflow) = workflow.as_ref().filter(|it| event.workflows.iter().all(|known| known.name != **it)) {
        return Err(wrong(&name, &format!("{workflow}, and there is no such workflow")));
    }
    let place = match &repository {
        Some(wanted) => match event.repositories.iter().find(|it| it.name.eq_ignore_ascii_case(wanted)) {
            Some(known) => Place::Repository(known.name.clone()),
            None => return Err(wrong(&name, &format!("{wanted}, which is not a repository I know"))),
        },
        None => Place::Open,
    };
    Ok(Outcome::Claim(Claim {
        workflow,
        place,
        branch: None,
        inputs: Vec::new(),
        score: SET,
        reason: format!("the schedule {name} is set up so"),
        rule: "schedule".to_string(),
        matched: Vec::new(),
    }))
}

fn wrong(name: &str, what: &str) -> PluginError {
    PluginError::Config(format!(
        "the schedule {name} is set up for {what}; change it in `schedules` or in the schedule"
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_router("cases", super::route);
    }
}
