//! Conditions over typed inputs and outputs, decided without a model.
//!
//! The crate `workflow` reads CEL and lowers it to these; what cannot be lowered is refused there, with its place in
//! the file.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A constant: true, false, text, a number.
    Is(Value),
    /// The value at a path: `plan.output.risk`.
    At(Vec<String>),
    /// Whether the path has a value.
    Has(Vec<String>),
    /// A list of values.
    List(Vec<Condition>),
    /// Not.
    Not(Box<Condition>),
    /// All of them.
    All(Vec<Condition>),
    /// Any of them.
    Any(Vec<Condition>),
    /// A comparison.
    Compare(Comparison, Box<Condition>, Box<Condition>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `in`
    In,
}

impl Condition {
    /// Whether it holds over `facts`. A path without a value is `null`; values of different kinds are unequal and not
    /// ordered, so a condition never fails, and one that makes no sense does not hold.
    pub fn holds(&self, facts: &Map<String, Value>) -> bool {
        self.value(facts) == Value::Bool(true)
    }

    fn value(&self, facts: &Map<String, Value>) -> Value {
        match self {
            Self::Is(value) => value.clone(),
            Self::At(path) => at(facts, path).cloned().unwrap_or(Value::Null),
            Self::Has(path) => Value::Bool(at(facts, path).is_some()),
            Self::List(items) => items.iter().map(|item| item.value(facts)).collect(),
            Self::Not(inner) => match inner.value(facts) {
                Value::Bool(holds) => Value::Bool(!holds),
                Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => Value::Null,
            },
            Self::All(parts) => Value::Bool(parts.iter().all(|part| part.holds(facts))),
            Self::Any(parts) => Value::Bool(parts.iter().any(|part| part.holds(facts))),
            Self::Compare(how, left, right) => Value::Bool(compare(*how, &left.value(facts), &right.value(facts))),
        }
    }
}

fn at<'a>(facts: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(facts.get(first)?, |value, key| value.get(key))
}

fn compare(how: Comparison, left: &Value, right: &Value) -> bool {
    use core::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match how {
        Comparison::Equal => left == right || order == Some(Equal),
        Comparison::Unequal => left != right && order != Some(Equal),
        Comparison::Less => order == Some(Less),
        Comparison::AtMost => matches!(order, Some(Less | Equal)),
        Comparison::More => order == Some(Greater),
        Comparison::AtLeast => matches!(order, Some(Greater | Equal)),
        Comparison::In => match right {
            Value::Array(items) => items.iter().any(|item| compare(Comparison::Equal, left, item)),
            Value::Object(map) => left.as_str().is_some_and(|key| map.contains_key(key)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_over_what_is_not_there_does_not_hold() {
        let facts = json!({ "plan": { "output": { "risk": "high", "files": 3 } } });
        let facts = facts.as_object().unwrap();
        let risk = Condition::At(vec!["plan".into(), "output".into(), "risk".into()]);
        let none = Condition::At(vec!["plan".into(), "output".into(), "cost".into()]);
        let low = Condition::Is(json!("low"));
        let not_low = Condition::Compare(Comparison::Unequal, Box::new(risk.clone()), Box::new(low.clone()));
        assert!(not_low.holds(facts));
        assert!(!Condition::Not(Box::new(not_low)).holds(facts));
        assert!(
            !Condition::Compare(Comparison::Less, Box::new(none.clone()), Box::new(Condition::Is(json!(4))))
                .holds(facts)
        );
        assert!(!Condition::Not(Box::new(none)).holds(facts), "not null is not true");
        let among = Condition::List(vec![low, Condition::Is(json!("high"))]);
        assert!(Condition::Compare(Comparison::In, Box::new(risk), Box::new(among)).holds(facts));
    }
}
