//! From phases as written to the domain's phases, with the last checks that need prompts, schemas and conditions read.

use std::collections::BTreeMap;

use serde_json::Value;
use signalbox_domain::id::{Digest, PhaseName};
use signalbox_domain::talk::Role;
use signalbox_domain::time::Span;
use signalbox_domain::workflow::{
    Access, Agent, Budget, Gate, Grant, OutputRule, Phase, Retry, Timeout, Work, Workflow,
};

use crate::bounds::{ADAPTER, BUDGET, DECIDES, EXPIRES, RETRY, STARTS, TIMEOUT, WATCHES};
use crate::draft::{Draft, Drafts, Kind};
use crate::node::Map;
use crate::parts::Parts;
use crate::problem::{Problem, Source};
use crate::{measure, prompt};

/// The workflow of a file whose phases have been lowered.
pub(crate) fn workflow(file: &Map, phases: Vec<Phase>, digest: Digest) -> Workflow {
    let budget = file.map("budget");
    let touches = |phase: &Phase| phase.grant.reads() || phase.work == Work::OpenChange;
    Workflow {
        name: file.text("name").unwrap_or_default().to_owned(),
        description: file.text("description").unwrap_or_default().trim().to_owned(),
        digest,
        repository: file.text("repository").map_or_else(|| phases.iter().any(touches), |word| word == "required"),
        role: file.map("on").and_then(|on| on.map("chat")).and_then(least).unwrap_or(STARTS),
        budget: Budget {
            micro_usd: budget.and_then(|map| measure::money(map.text("usd")?).ok()).unwrap_or(BUDGET.micro_usd),
            wall: budget.and_then(|map| span(map, "wall")).unwrap_or(BUDGET.wall),
            turns: budget.and_then(|map| count(map, "turns")).unwrap_or(BUDGET.turns),
        },
        phases,
    }
}

/// The lowering of one file's phases.
pub(crate) struct Lower<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) drafts: &'a Drafts<'a>,
    pub(crate) inputs: &'a BTreeMap<String, Vec<String>>,
    pub(crate) schemas: BTreeMap<&'a str, (Value, Digest)>,
    pub(crate) parts: Parts<'a>,
    pub(crate) found: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

impl<'a> Lower<'a> {
    pub(crate) fn new(
        source: &'a Source<'a>,
        drafts: &'a Drafts<'a>,
        inputs: &'a BTreeMap<String, Vec<String>>,
        parts: Parts<'a>,
        found: Vec<Problem>,
    ) -> Self {
        Self { source, drafts, inputs, schemas: BTreeMap::new(), parts, found, warnings: Vec::new() }
    }

    /// The phases, in an order in which each comes after those it needs.
    pub(crate) fn phases(&mut self) -> Vec<Phase> {
        for draft in &self.drafts.phases {
            if let Some(schema) = draft
                .map
                .map("output")
                .and_then(|output| self.parts.schema(self.source, output, "schema", &mut self.found))
            {
                self.schemas.insert(draft.name(), schema);
            }
        }
        self.drafts.phases.iter().map(|draft| self.phase(draft)).collect()
    }

    fn phase(&mut self, draft: &Draft<'a>) -> Phase {
        let map = draft.map;
        let work = match draft.kind {
            Kind::Agent(agent) => Work::Agent(self.agent(draft, agent)),
            Kind::Script(script) => Work::Script { script: self.script(draft, script) },
            Kind::Gate(gate) => Work::Gate(self.gate(gate)),
            Kind::OpenChange => Work::OpenChange,
            Kind::WatchChecks => Work::WatchChecks,
        };
        Phase {
            name: name(draft.name()),
            label: map.text("label").map_or_else(|| label(draft.name()), |text| text.trim().to_owned()),
            needs: map.texts("needs").iter().map(|word| name(word.text)).collect(),
            when: self.when(draft),
            work,
            grant: grant(map),
            produces: map.texts("produces").iter().map(|word| word.text.to_owned()).collect(),
            output: self.schemas.get(draft.name()).map(|(_, digest)| digest.clone()),
            timeout: self.timeout(draft, map),
            retry: Retry {
                max: map.map("retry").and_then(|retry| count(retry, "max")).unwrap_or(RETRY.max),
                backoff: map.map("retry").and_then(|retry| span(retry, "backoff")).unwrap_or(RETRY.backoff),
            },
            fix: map.map("fix").and_then(|fix| self.fix(draft, fix)),
        }
    }

    fn agent(&mut self, draft: &Draft<'_>, agent: &Map) -> Agent {
        let text = self.parts.prompt(self.source, agent, "prompt", &mut self.found);
        if let (Some(text), Some(node)) = (&text, agent.get("prompt")) {
            let mends = |fix: &Map| fix.text("with") == Some(draft.name());
            let mended = self.drafts.phases.iter().any(|phase| phase.map.map("fix").is_some_and(mends));
            let asked = ["produces", "output", "outputs"].iter().any(|key| draft.map.key(key).is_some());
            for (wanted, variable, why) in [
                (true, "request", "the agent never sees what was asked"),
                (!draft.consumes().is_empty(), "handoffs", "the agent is not told of the handoffs it consumes"),
                (mended, "feedback", "the agent is not told what it must fix"),
                (asked, "outputs_guide", "the agent is not told what it must write, and where"),
            ] {
                if wanted && !prompt::names(text, variable) {
                    self.warnings.push(self.source.problem(
                        node.place,
                        format!("this prompt has no {{{{ {variable} }}}}: {why}"),
                        "add it to the prompt",
                    ));
                }
            }
        }
        if let (Some(adapter), Some(node)) = (agent.text("use"), agent.get("use")) {
            let fits = adapter.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !fits {
                self.found.push(self.source.problem(
                    node.place,
                    format!("`{adapter}` is not an adapter's name"),
                    "write small letters, digits and `-`, or default",
                ));
            }
        }
        Agent {
            adapter: agent.text("use").unwrap_or(ADAPTER).to_owned(),
            model: agent.text("model").filter(|model| *model != ADAPTER).map(str::to_owned),
            prompt: Digest::of(text.unwrap_or_default().as_bytes()),
            consumes: draft.consumes().iter().map(|word| word.text.to_owned()).collect(),
        }
    }

    fn script(&mut self, draft: &Draft<'_>, script: &str) -> String {
        let sees = draft.map.map("permissions").is_some_and(|permissions| permissions.key("contents").is_some());
        if let Some(key) = draft.map.key("run").filter(|_| !sees) {
            let message = "this script sees no file of the repository";
            self.warnings.push(self.source.problem(key.place, message, "add `permissions: { contents: read }`"));
        }
        script.to_owned()
    }

    fn gate(&mut self, gate: &Map) -> Gate {
        let (expires, remind) = (span(gate, "expires").unwrap_or(EXPIRES), span(gate, "remind"));
        if let Some(node) = gate.get("remind").filter(|_| remind.is_some_and(|remind| remind >= expires)) {
            let message = format!("the reminder would come when the gate has expired, after {}", expires.words());
            self.found.push(self.source.problem(node.place, message, "remind earlier, or let it expire later"));
        }
        Gate {
            binds: gate.texts("binds").iter().map(|word| word.text.to_owned()).collect(),
            role: least(gate).unwrap_or(DECIDES),
            not_requester: gate.flag("not_requester").unwrap_or(false),
            expires,
            remind,
        }
    }

    fn timeout(&mut self, draft: &Draft<'_>, map: &Map) -> Timeout {
        let limits = map.map("timeout");
        let limit = |key| limits.and_then(|limits| span(limits, key));
        let usual = if matches!(draft.kind, Kind::WatchChecks) { WATCHES } else { TIMEOUT.wall };
        let wall = limit("wall").unwrap_or(usual);
        if let (Some(idle), Some(node)) = (limit("idle"), limits.and_then(|limits| limits.get("idle")))
            && idle > wall
        {
            let message = format!("`idle` is longer than the whole phase may take, which is {}", wall.words());
            self.found.push(self.source.problem(node.place, message, "write less, or a longer `wall`"));
        }
        Timeout {
            wall,
            idle: limit("idle").unwrap_or(TIMEOUT.idle.min(wall)),
            start: limit("start").unwrap_or(TIMEOUT.start),
        }
    }
}

fn grant(map: &Map) -> Grant {
    let permissions = map
        .map("permissions")
        .into_iter()
        .flat_map(|permissions| &permissions.entries)
        .map(|(key, _)| key.text.clone());
    let access = |name: &str| {
        if map.map("permissions").and_then(|permissions| permissions.text(name)) == Some("write") {
            Access::Write
        } else {
            Access::Read
        }
    };
    let outputs = map.map("outputs");
    let rule = |name: &str| {
        let rule = outputs?.map(name)?;
        Some((
            name.to_owned(),
            OutputRule {
                max: count(rule, "max").unwrap_or(1),
                draft: rule.flag("draft").unwrap_or(true),
                title_prefix: rule.text("title_prefix").unwrap_or_default().to_owned(),
                protect: rule.texts("protect").iter().map(|word| word.text.to_owned()).collect(),
                allow: rule.texts("allow").iter().map(|word| word.text.to_owned()).collect(),
            },
        ))
    };
    Grant {
        permissions: permissions.map(|name| (name.clone(), access(&name))).collect(),
        network: map
            .map("network")
            .map(|network| network.texts("allow"))
            .unwrap_or_default()
            .iter()
            .map(|word| word.text.to_owned())
            .collect(),
        outputs: ["change_request", "answer"].into_iter().filter_map(rule).collect(),
    }
}

pub(crate) fn name(text: &str) -> PhaseName {
    PhaseName(text.to_owned())
}

/// `security_scan` as people read it: `Security scan`.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn span(map: &Map, key: &str) -> Option<Span> {
    measure::span(map.text(key)?).ok()
}

pub(crate) fn count(map: &Map, key: &str) -> Option<u32> {
    map.text(key)?.parse().ok()
}

/// The least of the `roles` of a mapping.
fn least(map: &Map) -> Option<Role> {
    let roles = [Role::Viewer, Role::Member, Role::Maintainer, Role::Admin];
    let written = map.texts("roles");
    roles.into_iter().find(|role| written.iter().any(|word| word.text == role.words()))
}
