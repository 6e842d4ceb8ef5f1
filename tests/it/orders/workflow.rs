//! Workflows with everything in them: a gate, phases beside each other, rounds of mending, a change request and its checks.

use std::collections::BTreeMap;

use signalbox_domain::condition::{Comparison, Condition};
use signalbox_domain::id::{Digest, PhaseName};
use signalbox_domain::talk::Role;
use signalbox_domain::time::Span;
use signalbox_domain::workflow::{
    Access, Agent, Budget, Exhausted, Fix, Gate, Grant, OutputRule, Phase, Retry, Timeout, Work, Workflow,
};

fn agent() -> Work {
    Work::Agent(Agent { adapter: "default".into(), model: None, prompt: Digest::of(b"prompt"), consumes: Vec::new() })
}

fn phase(name: &str, needs: &[&str], work: Work) -> Phase {
    Phase {
        name: name.into(),
        label: name.into(),
        needs: needs.iter().map(|need| PhaseName::from(*need)).collect(),
        when: None,
        work,
        grant: Grant { permissions: BTreeMap::from([("contents".into(), Access::Read)]), ..Grant::default() },
        produces: Vec::new(),
        output: None,
        timeout: Timeout { wall: Span::minutes(20), idle: Span::minutes(5), start: Span::minutes(2) },
        retry: Retry { max: 1, backoff: Span::seconds(30) },
        fix: None,
    }
}

fn workflow(name: &str, phases: Vec<Phase>) -> Workflow {
    Workflow {
        name: name.into(),
        description: String::new(),
        digest: Digest::of(name.as_bytes()),
        repository: true,
        role: Role::Member,
        budget: Budget { micro_usd: 8_000_000, wall: Span::minutes(90), turns: 200 },
        phases,
    }
}

/// Plan, approve, build, check and review beside each other, open, watch.
pub(super) fn build() -> Workflow {
    let gate = Gate {
        binds: vec!["head".into()],
        role: Role::Maintainer,
        not_requester: false,
        expires: Span::hours(24),
        remind: Some(Span::hours(4)),
    };
    let mut build = phase("build", &["approve"], agent());
    build.grant.permissions.insert("contents".into(), Access::Write);
    let mut check = phase("check", &["build"], Work::Script { script: "make check".into() });
    check.fix = Some(Fix { until: None, with: "build".into(), max: 1, on_exhausted: Exhausted::Handoff });
    let mut review = phase("review", &["build"], agent());
    let verdict = Condition::At(vec!["review".into(), "output".into(), "verdict".into()]);
    let approves = Condition::Compare(Comparison::Equal, Box::new(verdict), Box::new(Condition::Is("approve".into())));
    review.fix = Some(Fix { until: Some(approves), with: "build".into(), max: 1, on_exhausted: Exhausted::Pause });
    let mut open = phase("open", &["check", "review"], Work::OpenChange);
    let rule = OutputRule { max: 1, draft: true, title_prefix: String::new(), protect: Vec::new(), allow: Vec::new() };
    open.grant.outputs.insert("change_request".into(), rule);
    let mut watch = phase("watch", &["open"], Work::WatchChecks);
    watch.fix = Some(Fix { until: None, with: "build".into(), max: 1, on_exhausted: Exhausted::Handoff });
    let plan = phase("plan", &[], agent());
    let approve = phase("approve", &["plan"], Work::Gate(gate));
    let phases = vec![plan, approve, build, check, review, open, watch];
    workflow("build", phases)
}

/// One agent that answers, and one that is not needed.
pub(super) fn answer() -> Workflow {
    let mut more = phase("more", &["answer"], agent());
    more.when = Some(Condition::Is(false.into()));
    workflow("answer", vec![phase("answer", &[], agent()), more])
}
