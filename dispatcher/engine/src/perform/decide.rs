//! Effects that find the place: routers asked, the workflow loaded, a place in line, the context gathered.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use signalbox_domain::change::Change;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, Digest, Repository, RunId};
use signalbox_domain::identity::Permission;
use signalbox_domain::route::{Decision, Opinion, Target};
use signalbox_domain::run::{Job, Plan, Run, State};
use signalbox_domain::workflow::Workflow;
use signalbox_ports::Error;
use signalbox_ports::forge::{Account, Head};
use signalbox_ports::plugins::{self, KnownRepository, KnownWorkflow, Scope};
use signalbox_ports::store::{Place, Subject};

use crate::Engine;
use crate::definition;
use crate::record::Record;

/// The limiter every run of the team passes.
const RUNS: &str = "runs";
/// How far back in the line runs are told that they moved up.
const MOVED_UP: usize = 1_000;
/// How many runs back a change request is looked for that a run may go on with.
const MAX_FOLLOWED: usize = 10;

impl Engine {
    /// Asks every router and makes one decision of what they say. What they were asked and what they said is kept, so
    /// that it can be asked again.
    pub(super) async fn route(&self, run: &Run, asked: u64) -> Result<Option<Fact>, Error> {
        let event = self.event(run).await?;
        let record = Record::make(&*self.ports.plugins, event);
        let trace = self.ports.blobs.put(&record.bytes()).await?;
        let parts = record.opinions.iter().map(Opinion::part).collect();
        let decision = self.offered(run, record.decision);
        let usual = self.chat(&run.thread)?.usual(&run.request.by).await?;
        Ok(Some(Fact::Routed { asked, decision, trace, parts, verbose: usual.verbose }))
    }

    /// A decision that offers nothing which the room would then forbid.
    fn offered(&self, run: &Run, decision: Decision) -> Decision {
        let (Some(room), Decision::Ask { candidates, question, failed }) =
            (self.settings.rooms.get(&room(run)), &decision)
        else {
            return decision;
        };
        let refusals: Vec<_> = candidates.iter().map(|candidate| room.forbids(run, &candidate.target)).collect();
        let left: Vec<_> = candidates
            .iter()
            .zip(&refusals)
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(candidate, _)| candidate.clone())
            .collect();
        match refusals.into_iter().flatten().next() {
            Some(reason) if left.is_empty() => Decision::Nowhere { reason, failed: Vec::new() },
            Some(_) | None => Decision::Ask { candidates: left, question: question.clone(), failed: failed.clone() },
        }
    }

    /// What else plugins are told of a run's request: the schedule whose tick it is, and what of its conversation the run
    /// before it was given.
    async fn attrs(&self, run: &Run) -> Result<BTreeMap<String, String>, Error> {
        let mut attrs = BTreeMap::new();
        if let Some(name) = run.request.by.id.strip_prefix("schedule:") {
            attrs.insert("schedule".to_owned(), name.to_owned());
        }
        if let Some(before) = &run.before
            && let Some(before) = self.ports.store.load(&Subject::Run(before.clone())).await?
            && before.job().is_some()
        {
            attrs.insert("thread.seen_ms".to_owned(), before.asked.0.to_string());
        }
        Ok(attrs)
    }

    /// What plugins are told of a run's request.
    pub(crate) async fn event(&self, run: &Run) -> Result<plugins::Event, Error> {
        let room = self.chat(&run.thread)?.room(&run.thread).await?;
        let mut text = run.request.text.clone();
        for followup in run.followups.iter().filter(|followup| !followup.withdrawn) {
            let _ = write!(text, "\n{}", followup.message.text);
        }
        let repositories = self.ports.forge.repositories().await?;
        let mut repositories: Vec<KnownRepository> = repositories
            .into_iter()
            .map(|known| KnownRepository {
                name: known.repository,
                description: known.description,
                default_branch: known.default_branch,
                owners: None,
            })
            .collect();
        let mut workflows: Vec<KnownWorkflow> = definition::known(&self.settings)
            .into_iter()
            .map(|workflow| KnownWorkflow {
                name: workflow.name,
                description: workflow.description,
                repository: workflow.repository,
                only: None,
            })
            .collect();
        let (forge, now) = (&*self.ports.forge, self.ports.clock.now());
        self.looked.add(&self.settings, forge, now, &text, &mut repositories, &mut workflows).await;
        Ok(plugins::Event {
            id: run.id.0.clone(),
            received_at: run.asked,
            seed: seed(&run.id),
            text,
            author: run.request.by.clone(),
            thread: run.thread.clone(),
            room_name: room.name,
            room_topic: room.topic,
            memory: run.memory.clone(),
            usual: self.chat(&run.thread)?.usual(&run.request.by).await?.repository,
            repositories,
            workflows,
            attrs: self.attrs(run).await?,
        })
    }

    /// Loads the workflow from the default branch, never from the change under work, and finds the commit to begin at.
    pub(super) async fn resolve(&self, run: &Run, target: &Target, asked: u64) -> Result<Option<Fact>, Error> {
        let forge = &self.ports.forge;
        if let Some(reason) = self.settings.rooms.get(&room(run)).and_then(|room| room.forbids(run, target)) {
            return Ok(Some(Fact::Forbidden { asked, reason }));
        }
        if let State::Resolving { kept: Some(job), .. } = &run.state {
            return self.resumed(run, job, asked).await;
        }
        let continued = self.continued(run, target).await?;
        let (policy, begin) = match &target.repository {
            None => (None, None),
            Some(repository) => {
                let policy = forge.head(repository, None).await?;
                let begin = match (&continued, target.branch.as_deref()) {
                    (Some((_, onto)), _) => {
                        let head = forge.head(repository, Some(&run.branch())).await?;
                        Head { branch: onto.clone().unwrap_or_else(|| policy.branch.clone()), ..head }
                    }
                    (None, Some(branch)) => forge.head(repository, Some(branch)).await?,
                    (None, None) => policy.clone(),
                };
                (Some((repository.clone(), policy.commit)), Some(begin))
            }
        };
        let mut loaded =
            match definition::load(&self.settings, forge.as_ref(), policy.as_ref(), &target.workflow).await? {
                Ok(loaded) => loaded,
                Err(problems) => return Ok(Some(Fact::Unresolved { asked, problems })),
            };
        if loaded.workflow.repository && target.repository.is_none() {
            let problem =
                format!("The workflow {} needs a repository, and none is named. Add repo:owner/name.", target.workflow);
            return Ok(Some(Fact::Unresolved { asked, problems: vec![problem] }));
        }
        if let Some(repository) = &target.repository {
            if let Some(fact) = self.cleared(run, repository, &loaded.workflow, asked).await? {
                return Ok(Some(fact));
            }
            if !forge.watches(repository).await? {
                loaded.workflow.unwatch();
            }
        }
        for (_, bytes) in &loaded.blobs {
            self.ports.blobs.put(bytes).await?;
        }
        let (base, onto) = begin.map_or((None, None), |head| (Some(head.commit), Some(head.branch)));
        let continues = continued.map(|(change, _)| change);
        Ok(Some(Fact::Resolved { asked, workflow: loaded.workflow, base, onto, continues }))
    }

    /// Whether whoever tries a run again may do what it does; the work there is goes on as it was frozen.
    async fn resumed(&self, run: &Run, job: &Job, asked: u64) -> Result<Option<Fact>, Error> {
        let Plan { target, workflow, base, onto, continues } = job.plan.clone();
        if let Some(repository) = &target.repository
            && let Some(fact) = self.cleared(run, repository, &workflow, asked).await?
        {
            return Ok(Some(fact));
        }
        Ok(Some(Fact::Resolved { asked, workflow, base, onto, continues }))
    }

    /// The change request that a run goes on with, and the branch that one merges into: that of the run it follows, if
    /// it is in the same repository and can still be added to.
    async fn continued(&self, run: &Run, target: &Target) -> Result<Option<(Change, Option<String>)>, Error> {
        let (Some(origin), Some(repository)) = (&run.origin, &target.repository) else { return Ok(None) };
        let mut before = run.before.clone();
        for _ in 0..MAX_FOLLOWED {
            let Some(id) = before else { return Ok(None) };
            let Some(earlier) = self.ports.store.load(&Subject::Run(id)).await? else { return Ok(None) };
            if earlier.origin() != origin {
                return Ok(None);
            }
            let change = earlier.job().and_then(|job| job.change.as_ref());
            if let Some(change) = change.filter(|change| change.repository == *repository) {
                let branch = earlier.target().and_then(|target| target.branch.as_ref());
                if target.branch.is_some() && target.branch.as_ref() != branch {
                    return Ok(None);
                }
                let open = self.ports.forge.amendable(repository, change.number).await?;
                let onto = earlier.plan().and_then(|plan| plan.onto.clone());
                return Ok(open.then(|| (change.clone(), onto)));
            }
            before = earlier.before;
        }
        Ok(None)
    }

    /// Whether the forge lets the person who set it going do what the workflow may do there. `None`: it does.
    async fn cleared(
        &self,
        run: &Run,
        repository: &Repository,
        workflow: &Workflow,
        asked: u64,
    ) -> Result<Option<Fact>, Error> {
        let by = run.starter();
        let account = match self.ports.forge.account(repository, &by.id).await? {
            Account::Any => return Ok(None),
            Account::Unknown { url } => return Ok(Some(Fact::Unlinked { asked, url })),
            Account::Known(account) => account,
        };
        let writes = workflow.phases.iter().any(|phase| phase.grant.writes());
        let (needed, what) = if writes { (Permission::Write, "change") } else { (Permission::Read, "read") };
        // Not known is not allowed: it is asked again later, and nothing is done before.
        if self.ports.forge.permission(repository, &account).await? >= needed {
            return Ok(None);
        }
        let reason = format!(
            "{} may not {what} {repository}, says the forge. Somebody who may can ask for it in this thread, or give \
             them access there.",
            by.name
        );
        Ok(Some(Fact::Forbidden { asked, reason }))
    }

    pub(super) async fn admit(&self, run: &Run) -> Result<Option<Fact>, Error> {
        let limit = self.settings.concurrent_runs;
        let place = self.ports.store.admit(RUNS, limit, &run.id, self.ports.clock.now()).await?;
        // If the run ended while it was asked for a place, nobody else gives the place back.
        let now = self.ports.store.load(&Subject::Run(run.id.clone())).await?;
        if now.is_some_and(|now| now.ended()) {
            self.leave(run).await?;
        }
        Ok(Some(match place {
            Place::In => Fact::Admitted,
            Place::Line(place) => Fact::Queued { place, limit },
        }))
    }

    /// Gives the place back, and tells those that got in by it. A place that a run was given after it had ended is
    /// given back, too.
    pub(super) async fn leave(&self, run: &Run) -> Result<Option<Fact>, Error> {
        let limit = self.settings.concurrent_runs;
        let mut leaving = vec![run.id.clone()];
        while let Some(gone) = leaving.pop() {
            for inside in self.ports.store.leave(RUNS, limit, &gone).await? {
                let Some(inside) = self.ports.store.load(&Subject::Run(inside)).await? else { continue };
                if inside.ended() && !leaving.contains(&inside.id) {
                    leaving.push(inside.id);
                } else if matches!(inside.state, State::Waiting { .. }) {
                    self.place(&inside, "admitted", Fact::Admitted).await?;
                }
            }
        }
        let line = self.ports.store.line(RUNS, MOVED_UP).await?;
        for (place, waiting) in (1..).zip(line).filter(|(place, _)| worth_telling(*place)) {
            let Some(waiting) = self.ports.store.load(&Subject::Run(waiting)).await? else { continue };
            let State::Waiting { line: Some((told, _)), .. } = waiting.state else { continue };
            if place != told {
                self.place(&waiting, &format!("moved-up:{place}"), Fact::Queued { place, limit }).await?;
            }
        }
        Ok(None)
    }

    /// Tells a waiting run of its place.
    async fn place(&self, waiting: &Run, what: &str, fact: Fact) -> Result<(), Error> {
        let id = DeliveryId(format!("{what}:{}.{}", waiting.id, waiting.version));
        let event = Event { id, at: self.ports.clock.now(), fact };
        let delivery = Delivery { thread: waiting.thread.clone(), run: Some(waiting.id.clone()), event };
        signalbox_ports::intake::Intake::receive(self, delivery).await?;
        Ok(())
    }

    pub(super) async fn gather(&self, run: &Run, target: &Target, tries: u32) -> Result<Option<Fact>, Error> {
        let base = run.plan().and_then(|plan| plan.base.clone());
        let event = self.event(run).await?;
        let scope = Scope { target: target.clone(), base };
        let attached = self.attached(run, tries).await?;
        let bundle = self.fetch(run, &event, &scope, attached, tries).await?;
        let titles = bundle.items.iter().map(|item| item.title.clone()).collect();
        let omissions = bundle.omissions.clone();
        let bundle = self.keep(&serde_json::to_value(&bundle).map_err(Error::rejected)?).await?;
        Ok(Some(Fact::Gathered { bundle, titles, omissions }))
    }

    async fn keep(&self, value: &serde_json::Value) -> Result<Digest, Error> {
        self.ports.blobs.put(value.to_string().as_bytes()).await
    }
}

/// Whether somebody who moved up to this place in the line is told: each of the first ten; further back every tenth and
/// behind the hundredth every hundredth, or a long line would do nothing but tell of itself.
fn worth_telling(place: u32) -> bool {
    place.checked_ilog10().is_some_and(|digits| place.is_multiple_of(10_u32.pow(digits)))
}

/// The room a run was asked for in, as settings name it.
fn room(run: &Run) -> String {
    format!("{}:{}", run.thread.chat, run.thread.room)
}

/// The only randomness plugins have: computed from the run's name.
fn seed(run: &RunId) -> u64 {
    let digest = Digest::of(run.0.as_bytes());
    digest.0.get(7..23).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or_default()
}
