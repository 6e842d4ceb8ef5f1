//! What runners ask of the dispatcher: their assignment, a place to report to, a place for their bytes.

use async_trait::async_trait;
use signalbox_domain::devbox::{Assignment, Control, Finish, News, Proposal, Report};
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, DevboxId, Digest};
use signalbox_domain::run::{Job, Run};
use signalbox_domain::workflow::Phase;
use signalbox_ports::Error;
use signalbox_ports::boxes::{Boxes, Refusal};
use signalbox_ports::intake::Intake;
use signalbox_ports::store::{Lease, Subject};

use crate::token::{Use, devbox};
use crate::{Engine, guide};

#[async_trait]
impl Boxes for Engine {
    async fn claim(&self, token: &str) -> Result<Assignment, Refusal> {
        let devbox = devbox(&self.settings.secret, Use::Claim, token).ok_or(Refusal::Gone)?;
        let (lease, run) = self.current(&devbox).await?;
        let (job, phase) = worked(&run, &devbox).ok_or(Refusal::Gone)?;
        let assignment = match self.assignment(&run, job, phase, &devbox).await {
            Ok(assignment) => assignment,
            Err(Error::Rejected(reason)) => {
                // It will never be had; the box would only be lost again and again.
                let fact = Fact::Unprovided { devbox: devbox.clone(), reason: reason.clone() };
                self.tell(&lease, format!("box:{devbox}:unassigned"), fact).await?;
                return Err(Refusal::Rejected(reason));
            }
            Err(error) => return Err(refusal(error)),
        };
        if !self.ports.store.take(&devbox, self.deadline()).await.map_err(refusal)? {
            // If the box was ended while its token was made, nobody else ends the token.
            if self.lease(&devbox).await == Err(Refusal::Gone) {
                self.ports.forge.revoke(&devbox).await.map_err(refusal)?;
            }
            return Err(Refusal::Taken);
        }
        let fact = Fact::Claimed { devbox: devbox.clone(), epoch: lease.epoch, told: run.followups.len() };
        self.tell(&lease, format!("box:{devbox}:claim"), fact).await?;
        Ok(assignment)
    }

    async fn report(&self, token: &str, report: Report) -> Result<Control, Refusal> {
        let devbox = devbox(&self.settings.secret, Use::Report, token).ok_or(Refusal::Gone)?;
        if report.devbox != devbox {
            return Err(Refusal::Gone);
        }
        let control = self.ports.store.beat(&devbox, report.epoch, self.deadline()).await.map_err(refusal)?;
        if control == Control::Gone {
            return Ok(Control::Gone);
        }
        let Report { epoch, sequence, news, .. } = report;
        let fact = match news {
            News::Beat => return Ok(control),
            News::Progress { activity, usage } => {
                let activity = activity.chars().filter(|c| !c.is_control()).take(MAX_ACTIVITY).collect();
                Fact::Progressed { devbox: devbox.clone(), epoch, sequence, activity, usage }
            }
            News::Finished(finish) => {
                let (_, run) = self.current(&devbox).await?;
                let Some((job, phase)) = worked(&run, &devbox) else { return Ok(Control::Gone) };
                let (finish, refused) = permitted(job, phase, finish);
                let invalid = self.invalid(phase, &finish).await.map_err(refusal)?;
                Fact::Finished { devbox: devbox.clone(), epoch, finish, invalid, refused }
            }
        };
        let lease = self.lease(&devbox).await?;
        self.tell(&lease, format!("box:{devbox}:{sequence}"), fact).await?;
        Ok(control)
    }

    async fn upload(&self, token: &str, digest: &Digest, bytes: &[u8]) -> Result<(), Refusal> {
        let devbox = devbox(&self.settings.secret, Use::Report, token).ok_or(Refusal::Gone)?;
        self.lease(&devbox).await?;
        if Digest::of(bytes) != *digest {
            return Err(Refusal::Rejected(format!("the bytes are not those of {digest}")));
        }
        self.ports.blobs.put(bytes).await.map_err(refusal)?;
        Ok(())
    }

    async fn renew(&self, token: &str) -> Result<Option<String>, Refusal> {
        let devbox = devbox(&self.settings.secret, Use::Report, token).ok_or(Refusal::Gone)?;
        let (_, run) = self.current(&devbox).await?;
        let (job, phase) = worked(&run, &devbox).ok_or(Refusal::Gone)?;
        let Some(repository) = job.plan.target.repository.as_ref().filter(|_| phase.grant.reads()) else {
            return Ok(None);
        };
        let access = self.ports.forge.mint(&devbox, repository, &phase.grant, &run.branch()).await.map_err(refusal)?;
        if self.lease(&devbox).await == Err(Refusal::Gone) {
            // It was ended meanwhile: nobody else ends this token.
            self.ports.forge.revoke(&devbox).await.map_err(refusal)?;
            return Err(Refusal::Gone);
        }
        Ok(access.token)
    }
}

/// The most characters of what an agent says it is at.
const MAX_ACTIVITY: usize = 120;
/// The most bytes of a proposal's longest text.
const MAX_PROPOSAL: usize = 64 * 1024;
/// The most characters of a change request's title.
const MAX_TITLE: usize = 200;

impl Engine {
    /// The absolute time by which a box that was heard of now must be heard of again.
    pub(crate) fn deadline(&self) -> signalbox_domain::time::Time {
        self.ports.clock.now() + self.settings.silence()
    }

    /// The lease of a box that still counts.
    async fn lease(&self, devbox: &DevboxId) -> Result<Lease, Refusal> {
        let lease = self.ports.store.leased(devbox).await.map_err(refusal)?;
        lease.filter(|lease| lease.control != Control::Gone).ok_or(Refusal::Gone)
    }

    pub(crate) async fn current(&self, devbox: &DevboxId) -> Result<(Lease, Run), Refusal> {
        let lease = self.lease(devbox).await?;
        let run = self.ports.store.load(&Subject::Run(lease.run.clone())).await.map_err(refusal)?;
        run.map(|run| (lease, run)).ok_or(Refusal::Gone)
    }

    async fn tell(&self, lease: &Lease, id: String, fact: Fact) -> Result<(), Refusal> {
        let event = Event { id: DeliveryId(id), at: self.ports.clock.now(), fact };
        let delivery = Delivery { thread: lease.thread.clone(), run: Some(lease.run.clone()), event };
        self.receive(delivery).await.map_err(refusal)?;
        Ok(())
    }

    /// What is wrong with the typed output, against the phase's schema.
    async fn invalid(&self, phase: &Phase, finish: &Finish) -> Result<Vec<String>, Error> {
        let Some(schema) = &phase.output else { return Ok(Vec::new()) };
        let Some(output) = &finish.output else { return Ok(vec!["there is no output.json".into()]) };
        let schema = serde_json::from_slice(&self.blob(schema).await?).map_err(Error::rejected)?;
        Ok(signalbox_workflow::output::check(&schema, output).err().unwrap_or_default())
    }
}

/// The finish with only those proposals that the phase may make, and why the others were refused.
fn permitted(job: &Job, phase: &Phase, finish: Finish) -> (Finish, Vec<String>) {
    let workflow = &job.plan.workflow;
    let mut refused = Vec::new();
    let mut proposals = Vec::new();
    for mut proposal in finish.proposals {
        let (allowed, what) = match &mut proposal {
            Proposal::ChangeRequest { title, .. } => {
                *title = title.chars().filter(|c| !c.is_control()).take(MAX_TITLE).collect();
                (guide::changes(workflow, phase) && !title.trim().is_empty(), "a change request")
            }
            Proposal::Answer { .. } => (guide::answers(workflow, phase), "an answer"),
            Proposal::NoChangeNeeded { .. } | Proposal::Blocked { .. } => (true, ""),
        };
        let size = match &proposal {
            Proposal::ChangeRequest { body, not_done, .. } => body.len().max(not_done.len()),
            Proposal::Answer { text } => text.len(),
            Proposal::NoChangeNeeded { reason } => reason.len(),
            Proposal::Blocked { needs } => needs.len(),
        };
        if !allowed {
            refused.push(format!("{} proposed {what}, which it is not granted", phase.label));
        } else if size > MAX_PROPOSAL {
            refused.push(format!("{} proposed {size} bytes of text; {MAX_PROPOSAL} is the most", phase.label));
        } else {
            proposals.push(proposal);
        }
    }
    (Finish { proposals, ..finish }, refused)
}

/// The phase a box works on, while the run wants it to.
pub(crate) fn worked<'a>(run: &'a Run, devbox: &DevboxId) -> Option<(&'a Job, &'a Phase)> {
    let job = run.job()?;
    let name = job.phases.iter().find(|(_, progress)| progress.stage.devbox() == Some(devbox)).map(|(name, _)| name)?;
    job.plan.workflow.phase(name).map(|phase| (job, phase))
}

pub(crate) fn refusal(error: Error) -> Refusal {
    match error {
        Error::Conflict | Error::Later { .. } | Error::Unavailable(_) => Refusal::Unavailable(error.to_string()),
        Error::Rejected(why) => Refusal::Rejected(why),
    }
}
