//! What plugins are told of repositories beyond their names: whose they are, and the workflows only they have. Looked up
//! where a request makes it worth a look, and kept for a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use signalbox_domain::id::Repository;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::forge::Forge;
use signalbox_ports::plugins::{KnownRepository, KnownWorkflow};

use crate::definition;
use crate::settings::Settings;

/// Where a repository says whose it is, in the order the places are looked at.
const OWNERS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
/// The most of it that is read, in bytes.
const MAX_OWNERS: usize = 32 * 1024;
/// The most repositories that are looked into for one request.
const MAX_LOOKED: usize = 100;
/// The most workflows of its own that a repository is listed with.
const MAX_WORKFLOWS: usize = 20;
/// How long all of it may take. What is not there by then is left out, and the request is routed without it.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long what was found is believed.
const FRESH: Span = Span::minutes(5);

/// What was found, and when.
#[derive(Default)]
pub(crate) struct Looked {
    owners: Kept<Option<String>>,
    workflows: Kept<Vec<KnownWorkflow>>,
}

type Kept<T> = Mutex<BTreeMap<Repository, (Time, T)>>;

/// Whether a text mentions what an owner may be known by: a path, or somebody.
fn mentions(text: &str) -> bool {
    let file = |word: &str| {
        let (name, end) = word.trim_end_matches(['.', ',', ')', '`']).rsplit_once('.').unwrap_or_default();
        name.len() > 1 && end.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    text.split_whitespace().any(|word| word.contains(['/', '@']) || file(word))
}

/// Whether a text names a workflow outright.
fn names_workflow(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("workflow:") || text.contains("workflow=")
}

impl Looked {
    /// Adds what is known of the repositories, as far as `text` makes it worth a look.
    pub(crate) async fn add(
        &self,
        settings: &Settings,
        forge: &dyn Forge,
        now: Time,
        text: &str,
        repositories: &mut [KnownRepository],
        workflows: &mut Vec<KnownWorkflow>,
    ) {
        if mentions(text) {
            let names = repositories.iter().map(|known| known.name.clone());
            let found = look(&self.owners, now, names, |name| async move { owners(forge, &name).await }).await;
            for known in repositories.iter_mut() {
                known.owners = found.get(&known.name).cloned().flatten();
            }
        }
        if names_workflow(text) {
            let names = repositories.iter().map(|known| known.name.clone());
            let found =
                look(&self.workflows, now, names, |name| async move { own(settings, forge, &name).await }).await;
            for own in found.into_values().flatten() {
                if workflows.iter().all(|known| known.only.is_some() || known.name != own.name) {
                    workflows.push(own);
                }
            }
        }
    }
}

/// What is known of each repository: kept, or found now, all beside each other.
async fn look<T: Clone, F: Future<Output = Result<T, Error>>>(
    kept: &Kept<T>,
    now: Time,
    names: impl Iterator<Item = Repository>,
    find: impl Fn(Repository) -> F,
) -> BTreeMap<Repository, T> {
    let mut found = BTreeMap::new();
    let mut missing = Vec::new();
    {
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names.take(MAX_LOOKED) {
            match kept.get(&name) {
                Some((at, value)) if now < *at + FRESH => {
                    found.insert(name, value.clone());
                }
                Some(_) | None => missing.push(name),
            }
        }
    }
    let looks = missing.into_iter().map(|name| {
        let looked = find(name.clone());
        async move { (name, tokio::time::timeout(DEADLINE, looked).await) }
    });
    for (name, looked) in join_all(looks).await {
        match looked {
            Ok(Ok(value)) => {
                kept.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), (now, value.clone()));
                found.insert(name, value);
            }
            Ok(Err(error)) => tracing::warn!(repository = %name, %error, "not looked into for routing"),
            Err(_) => tracing::warn!(repository = %name, "not looked into for routing: it took too long"),
        }
    }
    found
}

async fn owners(forge: &dyn Forge, name: &Repository) -> Result<Option<String>, Error> {
    let head = forge.head(name, None).await?;
    for path in OWNERS {
        if let Some(text) = forge.file(name, &head.commit, path, MAX_OWNERS).await? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// The workflows of its own that a repository has on its default branch, those that load.
async fn own(settings: &Settings, forge: &dyn Forge, name: &Repository) -> Result<Vec<KnownWorkflow>, Error> {
    let head = forge.head(name, None).await?;
    let mut found = Vec::new();
    for path in forge.list(name, &head.commit, definition::FOLDER, MAX_WORKFLOWS * 8).await? {
        let inside = path.strip_prefix(definition::FOLDER).unwrap_or(&path).trim_start_matches('/');
        let workflow = inside.strip_suffix("/workflow.yaml").or_else(|| inside.strip_suffix(".yaml"));
        let Some(workflow) = workflow.filter(|it| !it.contains('/') && found.len() < MAX_WORKFLOWS) else { continue };
        let policy = (name.clone(), head.commit.clone());
        if let Ok(loaded) = definition::load(settings, forge, Some(&policy), workflow).await? {
            found.push(KnownWorkflow {
                name: loaded.workflow.name,
                description: loaded.workflow.description,
                repository: true,
                only: Some(name.clone()),
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_worth_it_where_a_path_or_somebody_is_mentioned() {
        for text in ["fix src/a.rs", "ask @nora", "(Login.swift)", "fix `main.go`."] {
            assert!(mentions(text), "{text}");
        }
        for text in ["fix the title.", "why? Because. It is", "e.g. this costs 3.14"] {
            assert!(!mentions(text), "{text}");
        }
    }
}
