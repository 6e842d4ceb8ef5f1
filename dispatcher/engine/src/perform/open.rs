//! The change request: checked against what the phase may do, then opened.

use signalbox_domain::change::Proposed;
use signalbox_domain::event::Fact;
use signalbox_domain::id::{Commit, PhaseName, Repository};
use signalbox_domain::patch::{Kind, Rules, Touched};
use signalbox_domain::reply;
use signalbox_domain::run::Run;
use signalbox_ports::Error;
use signalbox_ports::forge::Changed;
use signalbox_ports::store::Claimed;

use crate::Engine;

/// Where runners commit what phases hand on.
const HANDOFFS: &str = ".signalbox/runs/";
/// The most of them that are told from what was asked for.
const MAX_HANDOFFS: usize = 2_000;
/// How much of the end of a failed check's log is read, in bytes.
const MAX_LOG: usize = 8 * 1024;

/// What the hidden line of a description begins with.
const MARKER: &str = "<!-- signalbox ";

impl Engine {
    pub(super) async fn open(
        &self,
        run: &Run,
        claimed: &Claimed,
        phase: &PhaseName,
        proposed: &Proposed,
    ) -> Result<Option<Fact>, Error> {
        let plan = run.plan().ok_or_else(|| Error::rejected("the run has no plan to open a change request for"))?;
        let rule = plan.workflow.phase(phase).and_then(|phase| phase.grant.outputs.get("change_request"));
        let Some(rule) = rule else {
            return Err(Error::Rejected(format!("the phase {phase} grants no `change_request` output")));
        };
        // Where it goes on with a change request, from where that was looked at last: what was committed since, by
        // whomever, was not.
        let seen = plan.continues.as_ref().map(|change| &change.head).or(plan.base.as_ref());
        let base = seen.ok_or_else(|| Error::rejected("the run began at no commit"))?;
        let changed = self.ports.forge.changed(&proposed.repository, base, &proposed.head).await?;
        let touched: Vec<Touched> = changed.iter().map(touched).collect();
        let protect = rule.protect.iter().chain(&self.settings.protect).cloned().collect();
        let rules = Rules { protect, allow: rule.allow.clone() };
        // The box has looked already. It is believed as much as whoever may have broken it.
        rules.breach(&touched).map_or(Ok(()), |why| Err(Error::Rejected(why)))?;
        let described = Proposed { body: self.placed(run, &proposed.body).await, ..proposed.clone() };
        let mut change = self.ports.forge.open(&claimed.owed.id, run.origin(), &described).await?;
        for answered in run.reviews.iter().filter(|known| known.resolved) {
            let text = reply::answered(&change.head);
            let id = &answered.review.id;
            match self.ports.forge.answer(&proposed.repository, change.number, id, &text).await {
                // What was asked for is there, whether or not that can be said.
                Err(Error::Rejected(why)) => tracing::warn!(review = %id, why, "a review could not be answered"),
                done => done?,
            }
        }
        // What was handed from phase to phase is no part of what was asked for.
        let handoffs = match &plan.continues {
            None => changed.iter().filter(|changed| changed.path.starts_with(HANDOFFS)).count(),
            Some(_) => self.handed(proposed).await?,
        };
        change.diff.files = change.diff.files.saturating_sub(u32::try_from(handoffs).unwrap_or(u32::MAX));
        Ok(Some(Fact::Opened { phase: phase.clone(), change }))
    }

    /// How many files the runs of a change request handed from phase to phase.
    async fn handed(&self, proposed: &Proposed) -> Result<usize, Error> {
        let Proposed { repository, base, head, .. } = proposed;
        let onto = self.ports.forge.head(repository, base.as_deref()).await?.commit;
        let before = self.ports.forge.list(repository, &onto, HANDOFFS, MAX_HANDOFFS).await?;
        let after = self.ports.forge.list(repository, head, HANDOFFS, MAX_HANDOFFS).await?;
        Ok(after.iter().filter(|path| !before.contains(path)).count())
    }

    /// The description, with where it was asked for. A chat that cannot say so now keeps nothing from being opened.
    async fn placed(&self, run: &Run, body: &str) -> String {
        let link = match self.chat(&run.thread) {
            Ok(chat) => chat.link(&run.thread).await,
            Err(error) => Err(error),
        };
        let link = link.unwrap_or_else(|error| {
            tracing::warn!(thread = %run.thread, %error, "a change request does not say where it was asked for");
            None
        });
        match (link, body.rsplit_once(MARKER)) {
            (None, _) => body.to_owned(),
            // What is hidden stays last: it is found there.
            (Some(link), Some((said, hidden))) => format!("{said}Asked for here: <{link}>\n\n{MARKER}{hidden}"),
            (Some(link), None) => format!("{body}\n\nAsked for here: <{link}>\n"),
        }
    }

    /// How the forge's checks of a commit stand.
    pub(super) async fn look(
        &self,
        phase: &PhaseName,
        repository: &Repository,
        head: &Commit,
    ) -> Result<Option<Fact>, Error> {
        let checks = self.ports.forge.checks(repository, head, MAX_LOG).await?;
        Ok(Some(Fact::Checked { phase: phase.clone(), head: head.clone(), checks }))
    }
}

fn touched(changed: &Changed) -> Touched {
    Touched::new(&changed.path, if changed.link { Kind::Link } else { Kind::Gone })
}
