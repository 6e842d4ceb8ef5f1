//! Whether a condition can ever hold, found by trying everything its fields can be.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use signalbox_domain::condition::Condition;

use crate::typed::{Scope, Type};

/// The most combinations that are tried; a condition with more is taken to hold sometimes.
const MAX_TRIED: usize = 4_096;

/// How often a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Never,
    Sometimes,
    Always,
}

/// How often the condition holds over everything that may happen, fields without a value included.
pub(crate) fn reach(condition: &Condition, scope: &Scope<'_>) -> Reach {
    let mut fields = BTreeMap::new();
    if !collect(condition, scope, &mut fields) {
        return Reach::Sometimes;
    }
    let total = fields.values().try_fold(1_usize, |total, values| total.checked_mul(values.len() + 1));
    let Some(total) = total.filter(|total| *total <= MAX_TRIED) else { return Reach::Sometimes };
    let held = (0..total).filter(|number| condition.holds(&facts(*number, &fields))).count();
    match held {
        0 => Reach::Never,
        all if all == total => Reach::Always,
        _ => Reach::Sometimes,
    }
}

/// Gathers the fields with all their values. False if one has too many to try.
fn collect(condition: &Condition, scope: &Scope<'_>, fields: &mut BTreeMap<Vec<String>, Vec<Value>>) -> bool {
    match condition {
        Condition::Is(_) => true,
        Condition::At(path) | Condition::Has(path) => {
            let values = match scope.resolve(path) {
                // A phase that is over without having ended well ends the run, so that no condition is decided over it.
                Ok(Type::Flag) if matches!(path.as_slice(), [_, ok] if ok == "ok") => vec![Value::Bool(true)],
                Ok(Type::Flag) => vec![Value::Bool(false), Value::Bool(true)],
                Ok(Type::Word(words)) => words.into_iter().map(Value::String).collect(),
                Ok(Type::Number | Type::Text | Type::Prose | Type::List(_) | Type::Object) | Err(_) => return false,
            };
            fields.insert(path.clone(), values);
            true
        }
        Condition::Not(inner) => collect(inner, scope, fields),
        Condition::List(parts) | Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().all(|part| collect(part, scope, fields))
        }
        Condition::Compare(_, left, right) => collect(left, scope, fields) && collect(right, scope, fields),
    }
}

/// The combination of that number: for every field one of its values, or none.
fn facts(mut number: usize, fields: &BTreeMap<Vec<String>, Vec<Value>>) -> Map<String, Value> {
    let mut facts = Map::new();
    for (path, values) in fields {
        let choice = number % (values.len() + 1);
        number /= values.len() + 1;
        if let Some(value) = values.get(choice) {
            put(&mut facts, path, value.clone());
        }
    }
    facts
}

fn put(facts: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            facts.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            if let Value::Object(inner) = facts.entry(first.clone()).or_insert_with(|| Value::Object(Map::new())) {
                put(inner, rest, value);
            }
        }
    }
}

/// Whether the condition names one of these phases.
pub(crate) fn mentions(condition: &Condition, phases: &[&str]) -> bool {
    match condition {
        Condition::Is(_) => false,
        Condition::At(path) | Condition::Has(path) => {
            path.first().is_some_and(|first| phases.contains(&first.as_str()))
        }
        Condition::Not(inner) => mentions(inner, phases),
        Condition::List(parts) | Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().any(|part| mentions(part, phases))
        }
        Condition::Compare(_, left, right) => mentions(left, phases) || mentions(right, phases),
    }
}
