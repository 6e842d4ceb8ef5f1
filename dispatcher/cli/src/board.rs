//! What Slack shows of the work: somebody's runs, what they cost, and where work can be done.

use std::sync::Arc;

use async_trait::async_trait;
use signalbox_domain::id::Repository;
use signalbox_domain::outcome::Outcome;
use signalbox_domain::run::{Run, State};
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_ports::clock::Clock;
use signalbox_ports::forge::Forge;
use signalbox_ports::store::Store;
use signalbox_slack::{Spend, Summary};

/// How many of the latest runs are looked through.
const LOOKED_THROUGH: usize = 2_000;
/// The longest title, in characters.
const MAX_TITLE: usize = 80;

/// The store and the forge, looked at from Slack.
pub(crate) struct Board {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) forge: Arc<dyn Forge>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where the console is, without a slash at its end.
    pub(crate) url: Option<String>,
}

#[async_trait]
impl signalbox_slack::Board for Board {
    async fn runs(&self, person: &str, limit: usize) -> Result<Vec<Summary>, Error> {
        let runs = self.store.runs(LOOKED_THROUGH).await?;
        Ok(runs.iter().filter(|run| run.request.by.id == person).take(limit).map(|run| self.summary(run)).collect())
    }

    async fn spend(&self, person: &str) -> Result<Spend, Error> {
        let now = self.clock.now();
        let mut spend = Spend::default();
        for run in self.store.runs(LOOKED_THROUGH).await?.iter().filter(|run| run.request.by.id == person) {
            let (age, cost) = (now - run.asked, run.usage().micro_usd);
            if age < Span::hours(24) {
                spend.today += cost;
            }
            if age < Span::hours(24 * 30) {
                spend.month += cost;
            }
        }
        Ok(spend)
    }

    async fn repositories(&self, query: &str, limit: usize) -> Result<Vec<Repository>, Error> {
        let query = query.trim().to_lowercase();
        let mut found: Vec<(usize, Repository)> = self
            .forge
            .repositories()
            .await?
            .into_iter()
            .filter_map(|known| Some((rank(&known.repository.0.to_lowercase(), &query)?, known.repository)))
            .collect();
        found.sort();
        Ok(found.into_iter().take(limit).map(|(_, repository)| repository).collect())
    }
}

impl Board {
    fn summary(&self, run: &Run) -> Summary {
        let line = run.request.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("(no words)");
        let cut = line.chars().count() > MAX_TITLE;
        let title: String = line.chars().take(MAX_TITLE).chain(cut.then_some('…')).collect();
        let place = run.target().map_or_else(String::new, |target| {
            target.repository.as_ref().map_or_else(|| target.workflow.clone(), ToString::to_string)
        });
        let url = self.url.as_ref().map(|url| format!("{url}/runs/{}", run.id));
        Summary { run: run.id.clone(), title, place, standing: standing(run).into(), url, at: run.asked }
    }
}

/// How well a name answers a query, best first: the name itself, its beginning, anything in it.
fn rank(name: &str, query: &str) -> Option<usize> {
    let short = name.rsplit('/').next().unwrap_or(name);
    if short == query || name == query {
        Some(0)
    } else if short.starts_with(query) {
        Some(1)
    } else {
        name.contains(query).then_some(2)
    }
}

fn standing(run: &Run) -> &'static str {
    match &run.state {
        State::Routing { .. } | State::Resolving { unlinked: false, .. } | State::Gathering { .. } => "beginning",
        State::Choosing { .. } => "waits to be told where it goes",
        State::Resolving { unlinked: true, .. } => "waits to learn who asks",
        State::Waiting { .. } => "waits in line",
        State::Working(_) => "at work",
        State::Closing { .. } => "ending",
        State::Ended { outcome, .. } => match outcome {
            Outcome::Delivered => "ready for review",
            Outcome::Answered { .. } | Outcome::Helped => "answered",
            Outcome::NoChangeNeeded { .. } => "nothing to change",
            Outcome::Blocked { .. } => "needs a person",
            Outcome::Refused { .. } => "refused",
            Outcome::Rejected { .. } => "denied",
            Outcome::Failed { .. } => "failed",
            Outcome::BudgetExhausted { .. } => "stopped at the budget",
            Outcome::Stopped { .. } => "stopped",
            Outcome::Expired { .. } => "nobody answered",
            Outcome::Lost => "lost",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn the_nearer_name_comes_first() {
        let names = ["acme/website", "acme/web", "other/web-tools", "acme/api"];
        let mut found: Vec<_> = names.iter().filter_map(|name| Some((rank(name, "web")?, *name))).collect();
        found.sort();
        assert_eq!(found, [(0, "acme/web"), (1, "acme/website"), (1, "other/web-tools")]);
    }
}
