//! What a run of a workflow could do at most, before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use signalbox_domain::id::PhaseName;
use signalbox_domain::talk::Role;
use signalbox_domain::workflow::{Access, Budget, Grant, OutputRule, Work, Workflow};

/// The authority of a whole run: the union of what its phases are granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The workflow's name.
    pub name: String,
    /// The least role that may start it.
    pub role: Role,
    /// The most a run may use up.
    pub budget: Budget,
    /// Forge permissions: of each, how much is granted to which phases.
    pub permissions: BTreeMap<String, BTreeMap<Access, Vec<PhaseName>>>,
    /// Hosts that may be reached.
    pub network: BTreeSet<String>,
    /// Outputs that may be caused, each by the phase that may.
    pub outputs: BTreeMap<String, (OutputRule, Vec<PhaseName>)>,
    /// Every phase with what it is, in the order they start.
    pub phases: Vec<(PhaseName, &'static str, Grant)>,
}

/// The authority a run of the workflow would have.
pub fn plan(workflow: &Workflow) -> Plan {
    let mut plan = Plan {
        name: workflow.name.clone(),
        role: workflow.role,
        budget: workflow.budget,
        permissions: BTreeMap::new(),
        network: BTreeSet::new(),
        outputs: BTreeMap::new(),
        phases: Vec::new(),
    };
    for phase in &workflow.phases {
        for (name, access) in &phase.grant.permissions {
            plan.permissions.entry(name.clone()).or_default().entry(*access).or_default().push(phase.name.clone());
        }
        plan.network.extend(phase.grant.network.iter().cloned());
        for (name, rule) in &phase.grant.outputs {
            let (union, phases) = plan.outputs.entry(name.clone()).or_insert_with(|| (rule.clone(), Vec::new()));
            if !phases.is_empty() {
                union.max = union.max.saturating_add(rule.max);
                union.draft &= rule.draft;
                union.protect.retain(|path| rule.protect.contains(path));
                union
                    .allow
                    .extend(rule.allow.iter().filter(|path| !union.allow.contains(path)).cloned().collect::<Vec<_>>());
            }
            phases.push(phase.name.clone());
        }
        let kind = match &phase.work {
            Work::Agent(_) => "agent",
            Work::Script { .. } => "script",
            Work::Gate(_) => "gate",
            Work::OpenChange | Work::WatchChecks => "forge",
        };
        plan.phases.push((phase.name.clone(), kind, phase.grant.clone()));
    }
    plan
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars =
            format!("{}.{:02}", self.budget.micro_usd / 1_000_000, self.budget.micro_usd % 1_000_000 / 10_000);
        writeln!(f, "{}: started by {} and above", self.name, self.role.words())?;
        writeln!(f, "  at most      ${dollars}, {}, {} turns", self.budget.wall.words(), self.budget.turns)?;
        for (name, levels) in &self.permissions {
            let levels: Vec<String> =
                levels.iter().rev().map(|(access, phases)| format!("{} ({})", word(*access), names(phases))).collect();
            writeln!(f, "  permission   {name}: {}", levels.join(", "))?;
        }
        for host in &self.network {
            writeln!(f, "  network      {host}")?;
        }
        for (name, (rule, phases)) in &self.outputs {
            write!(f, "  output       {name}, at most {}", rule.max)?;
            if name == "change_request" {
                write!(f, ", {}", if rule.draft { "a draft" } else { "ready to merge" })?;
            }
            if !rule.protect.is_empty() {
                write!(f, ", never touching {}", rule.protect.join(", "))?;
            }
            if !rule.allow.is_empty() {
                write!(f, ", also touching {}", rule.allow.join(", "))?;
            }
            writeln!(f, " ({})", names(phases))?;
        }
        if self.permissions.is_empty() && self.network.is_empty() && self.outputs.is_empty() {
            writeln!(f, "  nothing else")?;
        }
        write!(f, "  phases      ")?;
        for (name, kind, _) in &self.phases {
            write!(f, " {name} ({kind})")?;
        }
        writeln!(f)
    }
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
    }
}

fn names(phases: &[PhaseName]) -> String {
    phases.iter().map(PhaseName::as_str).collect::<Vec<_>>().join(", ")
}
