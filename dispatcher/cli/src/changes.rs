//! The built-in forge's change requests, as the page looks at them.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_console::{ChangeState, Changes, Listed, Shown};
use signalbox_domain::change::Change;
use signalbox_domain::devbox::Author;
use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::talk::Person;
use signalbox_git::{Forge, Record, State};
use signalbox_ports::Error;
use signalbox_ports::forge::Forge as _;

/// The built-in forge, looked at from the page.
pub(crate) struct BuiltIn(pub(crate) Arc<Forge>);

#[async_trait]
impl Changes for BuiltIn {
    async fn list(&self, limit: usize) -> Result<Vec<Listed>, Error> {
        let mut all = Vec::new();
        for known in self.0.repositories().await? {
            for record in self.0.changes(&known.repository).await? {
                let Some(shown) = self.0.show(&known.repository, record.number, 0).await? else { continue };
                all.push(Listed {
                    change: change(&record, shown.url),
                    state: state(&record.state),
                    opened: record.opened,
                });
            }
        }
        all.sort_by_key(|listed| std::cmp::Reverse(listed.opened));
        all.truncate(limit);
        Ok(all)
    }

    async fn show(&self, repository: &Repository, number: u64, limit: usize) -> Result<Option<Shown>, Error> {
        let Some(shown) = self.0.show(repository, number, limit).await? else { return Ok(None) };
        let record = shown.record;
        Ok(Some(Shown {
            change: change(&record, shown.url),
            state: state(&record.state),
            opened: record.opened,
            base: record.base,
            branch: record.branch,
            description: record.body,
            checks: record.checks,
            diff: shown.diff,
        }))
    }

    async fn merge(&self, repository: &Repository, number: u64, head: &Commit, by: &Person) -> Result<(), Error> {
        self.0.merge(repository, number, head, &author(by)).await.map(drop)
    }

    async fn close(&self, repository: &Repository, number: u64, by: &Person) -> Result<(), Error> {
        self.0.close(repository, number, &author(by)).await.map(drop)
    }
}

fn change(record: &Record, url: String) -> Change {
    Change {
        repository: record.repository.clone(),
        number: record.number,
        url,
        title: record.title.clone(),
        head: record.head.clone(),
        draft: record.draft,
        diff: record.diff,
    }
}

fn state(state: &State) -> ChangeState {
    match state {
        State::Open => ChangeState::Open,
        State::Merged { .. } => ChangeState::Merged,
        State::Closed { .. } => ChangeState::Closed,
    }
}

fn author(person: &Person) -> Author {
    let local: String = person.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Author { name: person.name.clone(), email: format!("{local}@users.noreply.localhost") }
}
