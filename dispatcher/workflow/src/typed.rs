//! What a condition may name, and of which type it is: fields of typed outputs, and inputs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::problem::suggest;

/// The type of a value in a condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Flag,
    Number,
    /// Text that is one of these.
    Word(Vec<String>),
    /// Text that a person or the file chose.
    Text,
    /// Text as a model happens to word it: not to be compared.
    Prose,
    List(Box<Type>),
    Object,
}

impl Type {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Flag => "true or false".into(),
            Self::Number => "a number".into(),
            Self::Word(_) | Self::Text | Self::Prose => "text".into(),
            Self::List(_) => "a list".into(),
            Self::Object => "an object".into(),
        }
    }
}

/// What the condition of one phase may name.
pub(crate) struct Scope<'a> {
    /// Phases that are over by then, each with its output's schema if it has one.
    pub(crate) over: BTreeMap<&'a str, Option<&'a Value>>,
    /// Every phase of the workflow.
    pub(crate) phases: Vec<&'a str>,
    /// The workflow's inputs, each with the values it may have.
    pub(crate) inputs: &'a BTreeMap<String, Vec<String>>,
}

/// Why a path names nothing that can be used, and what to write instead.
pub(crate) struct Unknown {
    pub(crate) message: String,
    pub(crate) help: String,
}

fn unknown<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, Unknown> {
    Err(Unknown { message: message.into(), help: help.into() })
}

impl Scope<'_> {
    /// The type of what the path names.
    pub(crate) fn resolve(&self, path: &[String]) -> Result<Type, Unknown> {
        let (first, rest) = path.split_first().map_or(("", path), |(first, rest)| (first.as_str(), rest));
        if first == "inputs" {
            return self.input(rest);
        }
        let Some(schema) = self.over.get(first) else {
            if self.phases.contains(&first) {
                return unknown(
                    format!("`{first}` is not over when this is decided"),
                    format!("add `{first}` to `needs`"),
                );
            }
            let known: Vec<&str> =
                self.over.keys().copied().chain((!self.inputs.is_empty()).then_some("inputs")).collect();
            return unknown(format!("`{first}` names nothing that is known here"), suggest(first, &known));
        };
        match rest.split_first().map(|(part, fields)| (part.as_str(), fields)) {
            Some(("ok", [])) => Ok(Type::Flag),
            Some(("output", fields)) => match schema {
                Some(schema) => field(first, schema, fields),
                None => unknown(
                    format!("`{first}` has no typed output"),
                    format!("give `{first}` an `output: {{ schema: … }}` that says what it may be"),
                ),
            },
            Some(_) | None => unknown(
                format!("a phase has only `{first}.output.<field>` and `{first}.ok`"),
                format!("write `{first}.output.` and a field of its schema"),
            ),
        }
    }

    fn input(&self, path: &[String]) -> Result<Type, Unknown> {
        let known: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
        let [name] = path else {
            return unknown("an input is named by one word", "write `inputs.` and the input's name");
        };
        if name == "request" {
            return unknown(
                "the request is in a person's words, over which nothing is decided",
                "let an agent's output say what it asks for",
            );
        }
        match self.inputs.get(name) {
            Some(values) if values.is_empty() => Ok(Type::Text),
            Some(values) => Ok(Type::Word(values.clone())),
            None => unknown(format!("there is no input `{name}`"), suggest(name, &known)),
        }
    }
}

/// The type of a field of a phase's output.
fn field(phase: &str, schema: &Value, path: &[String]) -> Result<Type, Unknown> {
    let mut at = follow(schema, schema);
    for (depth, name) in path.iter().enumerate() {
        let place =
            || format!("{phase}.output{}", path[..depth].iter().map(|part| format!(".{part}")).collect::<String>());
        let Some(properties) = at.get("properties").and_then(Value::as_object) else {
            return unknown(
                format!("the schema does not say which fields `{}` has", place()),
                "list them under `properties`",
            );
        };
        let Some(next) = properties.get(name) else {
            let known: Vec<&str> = properties.keys().map(String::as_str).collect();
            return unknown(format!("`{}` has no field `{name}`", place()), suggest(name, &known));
        };
        at = follow(schema, next);
    }
    type_of(schema, at, false).ok_or_else(|| Unknown {
        message: format!("the schema does not say of which type `{phase}.output.{}` is", path.join(".")),
        help: "give it a `type` or an `enum` there".into(),
    })
}

/// How many references a schema may chain.
const MAX_CHAIN: usize = 8;

/// The schema that a reference within the same file stands for.
fn follow<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..MAX_CHAIN {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|text| root.pointer(text.strip_prefix('#')?));
        match target {
            Some(target) => schema = target,
            None => return schema,
        }
    }
    schema
}

/// The type that a schema says. A list of lists has none: nothing can be asked of it.
fn type_of(root: &Value, schema: &Value, listed: bool) -> Option<Type> {
    let literals: Option<Vec<&Value>> = match (schema.get("const"), schema.get("enum")) {
        (Some(one), _) => Some(vec![one]),
        (None, Some(Value::Array(many))) => Some(many.iter().filter(|value| !value.is_null()).collect()),
        (None, _) => None,
    };
    if let Some(literals) = literals {
        let words: Option<Vec<String>> = literals.iter().map(|value| value.as_str().map(str::to_owned)).collect();
        return match words {
            Some(words) => Some(Type::Word(words)),
            None if literals.iter().all(|value| value.is_boolean()) => Some(Type::Flag),
            None if literals.iter().all(|value| value.is_number()) => Some(Type::Number),
            None => None,
        };
    }
    let name = match schema.get("type")? {
        Value::String(name) => name.as_str(),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            let only = names.next()?;
            if names.next().is_some() {
                return None;
            }
            only
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    match name {
        "boolean" => Some(Type::Flag),
        "number" | "integer" => Some(Type::Number),
        "string" => Some(Type::Prose),
        "array" if listed => None,
        "array" => type_of(root, follow(root, schema.get("items")?), true).map(|item| Type::List(Box::new(item))),
        "object" => Some(Type::Object),
        _ => None,
    }
}
