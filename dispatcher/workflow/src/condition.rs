//! CEL, read whole and lowered to the domain's conditions; what cannot be lowered is refused at its place.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};
use serde_json::Value;
use signalbox_domain::condition::{Comparison, Condition};

use crate::expression::{Fault, Parsed, parse, path};
use crate::problem::suggest;
use crate::typed::{Scope, Type};

/// Reads a condition: everything it names is known in `scope`, everything it compares can be compared, and it is true or
/// false.
pub(crate) fn lower(text: &str, scope: &Scope<'_>) -> Result<Condition, Vec<Fault>> {
    let parsed = parse(text).map_err(|fault| vec![fault])?;
    let mut lowering = Lowering { scope, parsed: &parsed, faults: Vec::new() };
    match lowering.truth(&parsed.expression) {
        Some(condition) if lowering.faults.is_empty() => Ok(condition),
        // A condition that is not understood is never a condition that is not there.
        None if lowering.faults.is_empty() => {
            Err(vec![Fault::whole(text, "this cannot be understood", "write it more simply")])
        }
        Some(_) | None => Err(lowering.faults),
    }
}

struct Lowering<'a> {
    scope: &'a Scope<'a>,
    parsed: &'a Parsed<'a>,
    faults: Vec<Fault>,
}

/// A part of a condition, with its type.
type Part = (Condition, Type);

impl Lowering<'_> {
    /// A part that must be true or false.
    fn truth(&mut self, part: &IdedExpr) -> Option<Condition> {
        let (condition, kind) = self.part(part)?;
        if kind == Type::Flag {
            return Some(condition);
        }
        self.refuse(
            part,
            format!("this is {}, not true or false", kind.words()),
            "compare it with something: == , != , < , in",
        )
    }

    fn part(&mut self, part: &IdedExpr) -> Option<Part> {
        match &part.expr {
            Expr::Literal(value) => self.literal(part, value),
            Expr::Ident(_) => self.path(part, part),
            Expr::Select(select) => self.select(part, select),
            Expr::List(list) => {
                let mut items = Vec::new();
                for item in &list.elements {
                    items.push(self.part(item)?);
                }
                let Some((_, kind)) = items.first().cloned() else {
                    return self.refuse(part, "an empty list holds nothing", "name at least one value");
                };
                if items.iter().any(|(_, other)| family(other) != family(&kind)) {
                    return self.refuse(part, "the list holds values of different types", "keep to one type");
                }
                let kind = if family(&kind) == Family::Text {
                    words(items.iter().map(|(condition, _)| condition))
                } else {
                    kind
                };
                Some((
                    Condition::List(items.into_iter().map(|(condition, _)| condition).collect()),
                    Type::List(Box::new(kind)),
                ))
            }
            Expr::Call(call) => self.call(part, call),
            Expr::Comprehension(_) => self.refuse(
                part,
                "`all`, `exists`, `map` and `filter` are not supported",
                "let the output's schema have a field that says it",
            ),
            Expr::Map(_) | Expr::Struct(_) => {
                self.refuse(part, "a condition has no objects of its own", "compare single fields")
            }
            Expr::Unspecified => self.refuse(part, "this cannot be understood", "write it more simply"),
        }
    }

    fn literal(&mut self, part: &IdedExpr, value: &LiteralValue) -> Option<Part> {
        let (value, kind) = match value {
            LiteralValue::Boolean(flag) => (Value::from(*flag.inner()), Type::Flag),
            LiteralValue::Int(number) => (Value::from(*number.inner()), Type::Number),
            LiteralValue::UInt(number) => (Value::from(*number.inner()), Type::Number),
            LiteralValue::Double(number) => (Value::from(*number.inner()), Type::Number),
            LiteralValue::String(text) => (Value::from(text.inner()), Type::Word(vec![text.inner().to_owned()])),
            LiteralValue::Null => return self.refuse(part, "nothing is compared with null", "write has(…) or !has(…)"),
            LiteralValue::Bytes(_) => {
                return self.refuse(part, "bytes cannot be compared with anything", "write text: \"…\"");
            }
        };
        Some((Condition::Is(value), kind))
    }

    fn select(&mut self, part: &IdedExpr, select: &SelectExpr) -> Option<Part> {
        if !select.test {
            return self.path(part, part);
        }
        let (condition, _) = self.path(part, &select.operand)?;
        let Condition::At(mut path) = condition else {
            return self.refuse(part, "`has` takes a field", "write has(plan.output.files)");
        };
        path.push(select.field.clone());
        self.resolve(part, &path)?;
        Some((Condition::Has(path), Type::Flag))
    }

    fn path(&mut self, whole: &IdedExpr, part: &IdedExpr) -> Option<Part> {
        let Some(path) = path(part) else {
            return self.refuse(
                whole,
                "this names no field",
                "write a phase's name, `.output.` and a field: plan.output.risk",
            );
        };
        // The operand of `has` is an object, which only `has` may look at.
        let kind = if std::ptr::eq(whole, part) { self.resolve(part, &path)? } else { Type::Object };
        Some((Condition::At(path), kind))
    }

    fn resolve(&mut self, part: &IdedExpr, path: &[String]) -> Option<Type> {
        match self.scope.resolve(path) {
            Ok(kind) => Some(kind),
            Err(unknown) => self.refuse(part, unknown.message, unknown.help),
        }
    }

    fn call(&mut self, part: &IdedExpr, call: &CallExpr) -> Option<Part> {
        let compare = match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, args) => return self.join(args).map(|parts| (Condition::All(parts), Type::Flag)),
            (operators::LOGICAL_OR, args) => return self.join(args).map(|parts| (Condition::Any(parts), Type::Flag)),
            (operators::LOGICAL_NOT, [inner]) => {
                return self.truth(inner).map(|inner| (Condition::Not(Box::new(inner)), Type::Flag));
            }
            (operators::INDEX, _) => return self.path(part, part),
            (operators::EQUALS, [left, right]) => Some((Comparison::Equal, left, right)),
            (operators::NOT_EQUALS, [left, right]) => Some((Comparison::Unequal, left, right)),
            (operators::LESS, [left, right]) => Some((Comparison::Less, left, right)),
            (operators::LESS_EQUALS, [left, right]) => Some((Comparison::AtMost, left, right)),
            (operators::GREATER, [left, right]) => Some((Comparison::More, left, right)),
            (operators::GREATER_EQUALS, [left, right]) => Some((Comparison::AtLeast, left, right)),
            (operators::IN, [left, right]) => Some((Comparison::In, left, right)),
            _ => None,
        };
        if let Some((how, left, right)) = compare {
            return self.compare(part, how, left, right);
        }
        match call.func_name.as_str() {
            operators::CONDITIONAL => self.refuse(part, "`a ? b : c` is not supported", "write (a && b) || (!a && c)"),
            operators::ADD
            | operators::SUBSTRACT
            | operators::MULTIPLY
            | operators::DIVIDE
            | operators::MODULO
            | operators::NEGATE => self.refuse(
                part,
                "a condition does not calculate",
                "let the output's schema have a field that holds the result",
            ),
            name => self.refuse(
                part,
                format!("`{name}(…)` is not supported"),
                "let the output's schema have a field that says it, as an enum or true or false",
            ),
        }
    }

    /// Every part is looked at, so that all faults are told.
    fn join(&mut self, args: &[IdedExpr]) -> Option<Vec<Condition>> {
        let parts: Vec<Option<Condition>> = args.iter().map(|arg| self.truth(arg)).collect();
        parts.into_iter().collect()
    }

    fn compare(&mut self, part: &IdedExpr, how: Comparison, left: &IdedExpr, right: &IdedExpr) -> Option<Part> {
        let (one, other) = (self.part(left), self.part(right));
        let ((one, left_type), (other, right_type)) = (one?, other?);
        let right_item = match (how, &right_type) {
            (Comparison::In, Type::List(item)) => item.as_ref().clone(),
            (Comparison::In, _) => {
                return self.refuse(
                    right,
                    "`in` needs a list",
                    "write it as plan.output.risk in [\"medium\", \"high\"]",
                );
            }
            _ => right_type,
        };
        for (side, kind) in [(left, &left_type), (right, &right_item)] {
            match kind {
                Type::Prose => {
                    return self.refuse(
                        side,
                        "this is text as a model happens to word it, which is never compared",
                        "give the field an `enum` in the output's schema",
                    );
                }
                Type::List(_) | Type::Object => {
                    return self.refuse(side, format!("{} cannot be compared", kind.words()), "compare single fields");
                }
                Type::Flag | Type::Number | Type::Word(_) | Type::Text => {}
            }
        }
        if family(&left_type) != family(&right_item) {
            return self.refuse(
                part,
                format!("{} is compared with {}", left_type.words(), right_item.words()),
                "compare values of one type",
            );
        }
        if matches!(how, Comparison::Less | Comparison::AtMost | Comparison::More | Comparison::AtLeast)
            && family(&left_type) != Family::Number
        {
            return self.refuse(part, "only numbers have an order", "use == , != or in");
        }
        self.among(left, &left_type, &one, right, &right_item, &other)?;
        Some((Condition::Compare(how, Box::new(one), Box::new(other)), Type::Flag))
    }

    /// Text in the condition that the field it is compared with can never be.
    fn among(
        &mut self,
        left: &IdedExpr,
        left_type: &Type,
        one: &Condition,
        right: &IdedExpr,
        right_type: &Type,
        other: &Condition,
    ) -> Option<()> {
        let named = |condition: &Condition| matches!(condition, Condition::At(_));
        for (field, field_type, side, side_type) in
            [(one, left_type, right, right_type), (other, right_type, left, left_type)]
        {
            if let (true, Type::Word(possible), Type::Word(written)) = (named(field), field_type, side_type)
                && let Some(never) = written.iter().find(|word| !possible.contains(word))
            {
                let known: Vec<&str> = possible.iter().map(String::as_str).collect();
                return self.refuse(side, format!("the field is never {never:?}"), suggest(never, &known));
            }
        }
        Some(())
    }

    fn refuse<T>(&mut self, part: &IdedExpr, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        let (start, end) = self.parsed.range(part);
        self.faults.push(Fault { start, length: (end - start).max(1), message: message.into(), help: help.into() });
        None
    }
}

#[derive(PartialEq)]
enum Family {
    Flag,
    Number,
    Text,
    Other,
}

fn family(kind: &Type) -> Family {
    match kind {
        Type::Flag => Family::Flag,
        Type::Number => Family::Number,
        Type::Word(_) | Type::Text | Type::Prose => Family::Text,
        Type::List(_) | Type::Object => Family::Other,
    }
}

/// The texts of a list, if all of them stand in the condition.
fn words<'a>(items: impl Iterator<Item = &'a Condition>) -> Type {
    let texts: Option<Vec<String>> = items
        .map(|item| if let Condition::Is(Value::String(text)) = item { Some(text.clone()) } else { None })
        .collect();
    texts.map_or(Type::Text, Type::Word)
}
