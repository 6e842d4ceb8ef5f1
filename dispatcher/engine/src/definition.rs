//! Workflows: a repository's own, the team's, the shipped ones, in that order.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::workflow::Workflow;
use signalbox_ports::Error;
use signalbox_ports::forge::Forge;
use signalbox_workflow::{Loaded, Problem, load as read, shipped};

use crate::settings::Settings;

/// Where a repository keeps its workflows.
pub(crate) const FOLDER: &str = ".signalbox/workflows";
/// The largest workflow file, prompt or schema, in bytes.
const MAX_FILE: usize = 256 * 1024;
/// How often a workflow may name files that were not looked up yet: itself, its prompts and schemas, and no deeper.
const ROUNDS: usize = 4;

/// The workflows every request may go to: the shipped ones and the team's. One that does not load is left out here,
/// and told with its problems to whoever names it.
pub(crate) fn known(settings: &Settings) -> Vec<Workflow> {
    let mut names: BTreeSet<String> = shipped::names().into_iter().map(str::to_owned).collect();
    for path in settings.workflows.keys() {
        names.extend(path.strip_suffix("/workflow.yaml").or_else(|| path.strip_suffix(".yaml")).map(str::to_owned));
    }
    names
        .iter()
        .filter_map(|name| read(name, &|path| ours(settings, path)).ok())
        .map(|loaded| loaded.workflow)
        .collect()
}

/// Loads a workflow as it stands on the repository's default branch, or the team's, or the shipped one. The inner error
/// is what is wrong with the file, a line each.
pub(crate) async fn load(
    settings: &Settings,
    forge: &dyn Forge,
    policy: Option<&(Repository, Commit)>,
    name: &str,
) -> Result<Result<Loaded, Vec<String>>, Error> {
    let Some((repository, commit)) = policy else {
        return Ok(read(name, &|path| ours(settings, path)).map_err(|problems| lines(problems, None)));
    };
    let mut files: BTreeMap<String, Option<String>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let missing = RefCell::new(BTreeSet::new());
        let result = read(name, &|path| match files.get(path) {
            Some(text) => text.clone(),
            None => {
                missing.borrow_mut().insert(path.to_owned());
                None
            }
        });
        let missing = missing.into_inner();
        if missing.is_empty() {
            return Ok(result.map_err(|problems| lines(problems, Some(repository))));
        }
        for path in missing {
            let theirs = forge.file(repository, commit, &format!("{FOLDER}/{path}"), MAX_FILE).await?;
            files.insert(path, theirs);
        }
        let own = [format!("{name}.yaml"), format!("{name}/workflow.yaml")];
        if own.iter().all(|path| files.get(path) == Some(&None)) {
            return Ok(read(name, &|path| ours(settings, path)).map_err(|problems| lines(problems, None)));
        }
    }
    Ok(Err(vec![format!("The workflow {name} of {repository} names files upon files; it cannot be loaded.")]))
}

fn ours(settings: &Settings, path: &str) -> Option<String> {
    settings.workflows.get(path).cloned().or_else(|| shipped::file(path))
}

fn lines(problems: Vec<Problem>, repository: Option<&Repository>) -> Vec<String> {
    problems
        .into_iter()
        .map(|problem| match repository {
            Some(repository) => format!("{repository}: {}", problem.under(FOLDER).brief()),
            None => problem.brief(),
        })
        .collect()
}
