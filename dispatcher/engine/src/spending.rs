//! What a box may ask of models: whose, and for how much. It is asked for every call, so that a box that is gone, or is to
//! stop, spends nothing more.

use std::collections::BTreeSet;

use signalbox_domain::devbox::Control;
use signalbox_domain::id::{DevboxId, RunId};
use signalbox_domain::workflow::Work;
use signalbox_ports::boxes::Refusal;

use crate::Engine;
use crate::boxes::{refusal, worked};
use crate::token::{Use, devbox};

/// What a box may ask of models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The box.
    pub devbox: DevboxId,
    /// Its run: what boxes of one run spend, they spend of one budget.
    pub run: RunId,
    /// The providers, by the names under which their credentials are held.
    pub providers: BTreeSet<String>,
    /// What the run may spend, in millionths of a dollar.
    pub cap: u64,
    /// What it has spent, as far as its boxes reported it.
    pub used: u64,
}

impl Engine {
    /// What the box with this report token may ask of models now.
    pub async fn spending(&self, token: &str) -> Result<Spending, Refusal> {
        let devbox = devbox(&self.settings.secret, Use::Report, token).ok_or(Refusal::Gone)?;
        let (lease, run) = self.current(&devbox).await?;
        if lease.control != Control::Continue {
            return Err(Refusal::Gone);
        }
        let (job, phase) = worked(&run, &devbox).ok_or(Refusal::Gone)?;
        let providers = match &phase.work {
            Work::Agent(agent) => {
                let first = self.agent(agent).map_err(refusal)?;
                let then = first.then.iter().filter_map(|name| self.settings.agents.get(name));
                [first].into_iter().chain(then).filter_map(|agent| agent.provider.clone()).collect()
            }
            Work::Script { .. } | Work::Gate(_) | Work::OpenChange | Work::WatchChecks => BTreeSet::new(),
        };
        let (cap, used) = (job.plan.workflow.budget.micro_usd, run.usage().micro_usd);
        Ok(Spending { devbox, run: run.id.clone(), providers, cap, used })
    }
}
