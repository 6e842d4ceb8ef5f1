//! When a phase starts, and when its result is good enough: conditions that can be decided, and loops that end.

use signalbox_domain::condition::Condition;
use signalbox_domain::workflow::{Exhausted, Fix};

use crate::condition;
use crate::draft::{Draft, Kind};
use crate::lower::{Lower, count, name};
use crate::node::{Map, Node};
use crate::problem::{Place, Source};
use crate::reach::{Reach, mentions, reach};
use crate::typed::Scope;

impl<'a> Lower<'a> {
    pub(crate) fn when(&mut self, draft: &Draft<'a>) -> Option<Condition> {
        let (condition, node, reach) = self.condition(draft, draft.map, "when", false)?;
        match (reach, draft.kind) {
            (Reach::Never, Kind::Gate(_)) => self.found.push(self.source.problem(
                node.place,
                "this never holds: the gate cannot fire",
                "correct the condition, or remove the phase",
            )),
            (Reach::Never, Kind::Agent(_) | Kind::Script(_) | Kind::OpenChange | Kind::WatchChecks) => {
                self.found.push(self.source.problem(
                    node.place,
                    "this never holds: the phase cannot start",
                    "correct the condition, or remove the phase",
                ));
            }
            (Reach::Always, _) => {
                self.warnings.push(self.source.problem(node.place, "this always holds", "remove `when`"))
            }
            (Reach::Sometimes, _) => {}
        }
        Some(condition)
    }

    pub(crate) fn fix(&mut self, draft: &Draft<'a>, fix: &Map) -> Option<Fix> {
        let (with, node) = (fix.text("with")?, fix.get("with")?);
        let mender = self.drafts.get(with);
        let before = self.drafts.before(draft.name()).any(|earlier| earlier.name() == with);
        let fault = match mender.map(|mender| mender.kind) {
            Some(Kind::Agent(_)) if before => None,
            Some(Kind::Agent(_)) => Some((
                format!("`{with}` need not be over when `{}` starts, so it cannot mend it", draft.name()),
                format!("add `{with}` to `needs`"),
            )),
            Some(Kind::Script(_) | Kind::Gate(_) | Kind::OpenChange | Kind::WatchChecks) => Some((
                format!("`{with}` is no agent, so it can mend nothing"),
                "name an agent's phase that comes before".into(),
            )),
            None => {
                let agents: Vec<&str> = self
                    .drafts
                    .before(draft.name())
                    .filter(|earlier| matches!(earlier.kind, Kind::Agent(_)))
                    .map(Draft::name)
                    .collect();
                Some((format!("there is no phase `{with}`"), crate::problem::suggest(with, &agents)))
            }
        };
        self.found.extend(fault.map(|(message, help)| self.source.problem(node.place, message, help)));
        let until = self.until(draft, fix, with);
        Some(Fix {
            until,
            with: name(with),
            max: count(fix, "max")?,
            on_exhausted: exhausted(fix.text("on_exhausted")?)?,
        })
    }

    fn until(&mut self, draft: &Draft<'a>, fix: &Map, with: &str) -> Option<Condition> {
        let Some((condition, node, reach)) = self.condition(draft, fix, "until", true) else {
            if fix.get("until").is_none() && matches!(draft.kind, Kind::Agent(_)) {
                let place = draft.map.key("fix").map_or(draft.key.place, |key| key.place);
                let message = format!("nothing says when the result of `{}` is good enough", draft.name());
                self.found.push(self.source.problem(
                    place,
                    message,
                    "add `until: ` and a condition over its typed output",
                ));
            }
            return None;
        };
        let again: Vec<&str> = [draft.name(), with]
            .into_iter()
            .chain(
                self.drafts
                    .before(draft.name())
                    .map(Draft::name)
                    .filter(|name| *name != with && self.drafts.before(name).any(|earlier| earlier.name() == with)),
            )
            .collect();
        let fault = match reach {
            Reach::Never => Some(("this never holds: the rounds are always used up", "correct the condition")),
            Reach::Always => {
                Some(("this always holds: nothing is ever fixed", "correct the condition, or remove `fix`"))
            }
            Reach::Sometimes if !mentions(&condition, &again) => {
                Some(("fixing changes nothing that this names", "name an output that is made again"))
            }
            Reach::Sometimes => None,
        };
        self.found.extend(fault.map(|(message, help)| self.source.problem(node.place, message, help)));
        Some(condition)
    }

    fn condition<'n>(
        &mut self,
        draft: &Draft<'a>,
        map: &'n Map,
        key: &str,
        own: bool,
    ) -> Option<(Condition, &'n Node, Reach)> {
        let node = map.get(key)?;
        let text = map.flag(key).map(|flag| flag.to_string()).or_else(|| map.text(key).map(str::to_owned))?;
        let names = self.drafts.before(draft.name()).map(Draft::name).chain(own.then_some(draft.name()));
        let scope = Scope {
            over: names.map(|name| (name, self.schemas.get(name).map(|(schema, _)| schema))).collect(),
            phases: self.drafts.phases.iter().map(Draft::name).collect(),
            inputs: self.inputs,
        };
        match condition::lower(&text, &scope) {
            Ok(condition) => {
                let reach = reach(&condition, &scope);
                Some((condition, node, reach))
            }
            // What is wrong with a schema has been told; what is said over it cannot be judged.
            Err(_)
                if self
                    .drafts
                    .phases
                    .iter()
                    .any(|other| other.map.key("output").is_some() && !self.schemas.contains_key(other.name())) =>
            {
                None
            }
            Err(faults) => {
                let problems = faults.into_iter().map(|fault| {
                    let place = within(self.source, node.place, &text, fault.start, fault.length);
                    self.source.problem(place, fault.message, fault.help)
                });
                self.found.extend(problems);
                None
            }
        }
    }
}

/// The place of a part of a text: exact where the text stands in one line as it is read, its beginning elsewhere.
fn within(source: &Source<'_>, whole: Place, text: &str, start: usize, length: usize) -> Place {
    let line: Vec<char> = source.line(whole.line).chars().skip(whole.column - 1).collect();
    let plain: Vec<char> = text.chars().collect();
    let quotes = usize::from(line.first().is_some_and(|c| ['"', '\''].contains(c)));
    if line.get(quotes..).is_some_and(|rest| rest.starts_with(&plain)) {
        Place { column: whole.column + quotes + start, length, ..whole }
    } else {
        whole
    }
}

fn exhausted(word: &str) -> Option<Exhausted> {
    match word {
        "fail" => Some(Exhausted::Fail),
        "pause" => Some(Exhausted::Pause),
        "handoff" => Some(Exhausted::Handoff),
        _ => None,
    }
}
