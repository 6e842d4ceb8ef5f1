//! The change request: checked against what the phase may do, then opened.

use signalbox_domain::change::Proposed;
use signalbox_domain::event::Fact;
use signalbox_domain::id::{Commit, PhaseName, Repository};
use signalbox_domain::run::Run;
use signalbox_ports::Error;
use signalbox_ports::store::Claimed;

use crate::{Engine, policy};

/// How much of the end of a failed check's log is read, in bytes.
const MAX_LOG: usize = 8 * 1024;

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
        let base = plan.base.as_ref().ok_or_else(|| Error::rejected("the run began at no commit"))?;
        let changed = self.ports.forge.changed(&proposed.repository, base, &proposed.head).await?;
        let protected = rule.protect.iter().chain(&self.settings.protect).map(String::as_str);
        policy::changes(&changed, protected).map_err(Error::Rejected)?;
        let change = self.ports.forge.open(&claimed.owed.id, run.origin(), proposed).await?;
        Ok(Some(Fact::Opened { phase: phase.clone(), change }))
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
