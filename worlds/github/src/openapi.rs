//! GitHub's own description of its API, and what it says of a request, an answer or a webhook.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::meters::Breach;
use crate::world::lock;

/// The package the description is in, as `tests/fetch` keeps it.
const DESCRIPTION: &str = "octokit-openapi-23.0.2/api.github.com.json";
/// The package GitHub's examples of webhooks are in.
const EXAMPLES: &str = "octokit-webhooks-examples-7.6.1/index.json";
/// What of both is needed here, made from the description when it is first read: a tenth of it.
const SLIM: &str = "octokit-openapi-23.0.2/slim-1.json";
/// Where the description does not say what GitHub does: an account is a user *and* an enterprise at once there.
const WRONG: [(&str, &str); 1] = [("GET /app/installations", "/account")];
/// The most breaches told of one thing.
const MOST: usize = 5;

/// GitHub's description of its API. Cheap to clone.
#[derive(Clone)]
pub struct OpenApi {
    document: Arc<Value>,
    /// Made when they are first needed; `None`: the description says nothing of it.
    validators: Arc<Mutex<BTreeMap<String, Option<Arc<Validator>>>>>,
}

impl std::fmt::Debug for OpenApi {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OpenApi").field("version", &self.document["info"]["version"]).finish_non_exhaustive()
    }
}

/// Where `tests/fetch` keeps what it fetched.
fn cache() -> Option<PathBuf> {
    let own = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    own.filter(|path| path.is_absolute()).or_else(home).map(|cache| cache.join("signalbox"))
}

/// GitHub's own examples of webhooks, if `tests/fetch` has fetched them: a list of `{name, examples, …}`.
pub fn webhook_examples() -> Result<Option<Value>, Error> {
    let Some(path) = cache().map(|cache| cache.join(EXAMPLES)).filter(|path| path.is_file()) else { return Ok(None) };
    read(&path).map(Some)
}

fn read(path: &Path) -> Result<Value, Error> {
    let text = std::fs::read(path)?;
    serde_json::from_slice(&text).map_err(|error| Error::Description(format!("{}: {error}", path.display())))
}

impl OpenApi {
    /// The description that `tests/fetch` has fetched; `None`: it has not.
    pub fn fetched() -> Result<Option<Self>, Error> {
        let Some(cache) = cache() else { return Ok(None) };
        let slim = cache.join(SLIM);
        if slim.is_file() {
            return Self::at(&slim).map(Some);
        }
        let path = cache.join(DESCRIPTION);
        if !path.is_file() {
            return Ok(None);
        }
        let document = slimmed(&read(&path)?);
        // Whole or not at all, however many tests do it at once; a folder that cannot be written to costs time only.
        if let Ok(mut file) = tempfile::NamedTempFile::new_in(cache)
            && serde_json::to_writer(&mut file, &document).is_ok()
        {
            let _ = file.persist(slim);
        }
        Ok(Some(Self { document: Arc::new(document), validators: Arc::default() }))
    }

    /// The description in a file: OpenAPI 3.0 as JSON.
    pub fn at(path: &Path) -> Result<Self, Error> {
        let document = read(path)?;
        if !document["paths"].is_object() {
            return Err(Error::Description(format!("{}: it has no paths", path.display())));
        }
        Ok(Self { document: Arc::new(document), validators: Arc::default() })
    }

    /// What is wrong with a request.
    pub(crate) fn request(
        &self,
        method: &str,
        template: &str,
        query: &BTreeMap<String, String>,
        body: &Value,
    ) -> Vec<Breach> {
        let operation = &self.document["paths"][template][method.to_lowercase()];
        let name = format!("{method} {template}");
        let breach =
            |at: &str, what: String| Breach { operation: name.clone(), part: "request".into(), at: at.into(), what };
        if operation.is_null() {
            // OAuth, what belongs to the page, and the other API are no part of it; searches are not in the part that is kept.
            return if template.starts_with("/login/") || ["/graphql", "/search/code"].contains(&template) {
                Vec::new()
            } else {
                vec![breach("", "there is no such operation".into())]
            };
        }
        let mut found = Vec::new();
        let parameters: Vec<_> =
            operation["parameters"].as_array().into_iter().flatten().map(|one| self.resolved(one)).collect();
        for (key, value) in query {
            let known = parameters.iter().find(|one| one["in"] == "query" && one["name"] == key.as_str());
            match known {
                None => found.push(breach(&format!("?{key}"), "there is no such parameter".into())),
                Some(parameter) => {
                    let typed = typed(value, &self.resolved(&parameter["schema"]));
                    let key_of = format!("{name} ?{key}");
                    found.extend(self.against(&key_of, &parameter["schema"], &typed, &name, "request"));
                }
            }
        }
        let described = self.resolved(&operation["requestBody"]);
        let schema = &described["content"]["application/json"]["schema"];
        if body.is_null() {
            if described["required"] == true {
                found.push(breach("", "the body is missing".into()));
            }
            return found;
        }
        if schema.is_null() {
            found.push(breach("", "this takes no body".into()));
            return found;
        }
        let known = self.fields(schema);
        for field in body.as_object().into_iter().flatten().map(|(field, _)| field) {
            if !known.is_empty() && !known.contains(field) {
                found.push(breach(&format!("/{field}"), "there is no such field".into()));
            }
        }
        found.extend(self.against(&format!("{name} body"), schema, body, &name, "request"));
        found
    }

    /// What is wrong with an answer.
    pub(crate) fn answer(&self, method: &str, template: &str, status: u16, body: &Value) -> Vec<Breach> {
        let operation = &self.document["paths"][template][method.to_lowercase()];
        if operation.is_null() {
            return Vec::new();
        }
        let name = format!("{method} {template}");
        let part = format!("answer {status}");
        let described = &operation["responses"][status.to_string()];
        if described.is_null() {
            // Refusals are the same everywhere and are not described everywhere.
            let what = "there is no such answer".to_owned();
            return if status >= 400 {
                Vec::new()
            } else {
                vec![Breach { operation: name, part, at: String::new(), what }]
            };
        }
        let described = self.resolved(described);
        let schema = &described["content"]["application/json"]["schema"];
        if schema.is_null() {
            Vec::new()
        } else {
            self.against(&format!("{name} {status}"), schema, body, &name, &part)
        }
    }

    /// What is wrong with a webhook.
    pub(crate) fn webhook(&self, event: &str, action: Option<&str>, payload: &Value) -> Vec<Breach> {
        let action = action.map(|action| format!("-{action}")).unwrap_or_default();
        let name = format!("{event}{action}").replace('_', "-");
        let described =
            &self.document["x-webhooks"][&name]["post"]["requestBody"]["content"]["application/json"]["schema"];
        if described.is_null() {
            let (at, what) = (String::new(), "there is no such webhook".to_owned());
            return vec![Breach { operation: name, part: "webhook".into(), at, what }];
        }
        self.against(&format!("webhook {name}"), described, payload, &name, "webhook")
    }

    fn against(&self, key: &str, schema: &Value, value: &Value, operation: &str, part: &str) -> Vec<Breach> {
        let there = lock(&self.validators).get(key).cloned();
        let validator = there.unwrap_or_else(|| {
            let made = self.validator(schema).map(Arc::new);
            lock(&self.validators).insert(key.to_owned(), made.clone());
            made
        });
        let Some(validator) = validator else {
            let what = "the description of this cannot be read".to_owned();
            return vec![Breach { operation: operation.into(), part: part.into(), at: String::new(), what }];
        };
        let wrong = |at: &str| WRONG.iter().any(|(of, end)| *of == operation && at.ends_with(end));
        let errors = validator.iter_errors(value).filter(|error| !wrong(&error.instance_path().to_string()));
        errors
            .take(MOST)
            .map(|error| Breach {
                operation: operation.into(),
                part: part.into(),
                at: error.instance_path().to_string(),
                what: format!("{} ({})", error.masked(), error.schema_path()),
            })
            .collect()
    }

    /// A validator of a schema and all it refers to.
    fn validator(&self, schema: &Value) -> Option<Validator> {
        let mut reached = BTreeSet::new();
        let mut schemas = Map::new();
        let mut root = modern(schema);
        let mut next = references(schema);
        while let Some(name) = next.pop() {
            if reached.insert(name.clone()) {
                let found = &self.document["components"]["schemas"][&name];
                next.extend(references(found));
                schemas.insert(name, modern(found));
            }
        }
        if root.get("$ref").is_some() {
            root = json!({"allOf": [root]});
        }
        root["components"] = json!({"schemas": schemas});
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true).build(&root).ok()
    }

    /// What a reference refers to, or the value itself.
    fn resolved(&self, value: &Value) -> Value {
        let pointer = value["$ref"].as_str().and_then(|text| text.strip_prefix('#'));
        pointer.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value).clone()
    }

    /// The names of the fields an object may have; none if it may be something else.
    fn fields(&self, schema: &Value) -> BTreeSet<String> {
        let schema = self.resolved(schema);
        let mut names: BTreeSet<_> =
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        for kind in ["oneOf", "anyOf", "allOf"] {
            for one in schema[kind].as_array().into_iter().flatten() {
                names.extend(self.fields(one));
            }
        }
        names
    }
}

/// The description without what is not looked at: addresses this world has not, examples and words.
fn slimmed(document: &Value) -> Value {
    let mut paths = Map::new();
    for (template, operations) in document["paths"].as_object().into_iter().flatten() {
        let served = |method: &str| crate::route::serves(&method.to_uppercase(), template);
        let kept: Map<_, _> = operations
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(method, _)| served(method))
            .map(|(method, one)| {
                let kept = ["parameters", "requestBody", "responses"].map(|name| (name.to_owned(), one[name].clone()));
                (method.clone(), Value::Object(kept.into_iter().collect()))
            })
            .collect();
        if !kept.is_empty() {
            paths.insert(template.clone(), modern(&Value::Object(kept)));
        }
    }
    let hooks = &document["x-webhooks"];
    let hooks: Map<_, _> = hooks
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, hook)| {
            let schema = &hook["post"]["requestBody"]["content"]["application/json"]["schema"];
            (
                name.clone(),
                json!({"post": {"requestBody": {"content": {"application/json": {"schema": modern(schema)}}}}}),
            )
        })
        .collect();
    let components = &document["components"];
    let mut slim = json!({
        "info": {"version": document["info"]["version"]},
        "paths": paths,
        "x-webhooks": hooks,
        "components": {
            "parameters": modern(&components["parameters"]),
            "responses": modern(&components["responses"]),
        },
    });
    let mut schemas = Map::new();
    let mut next = references(&slim);
    while let Some(name) = next.pop() {
        if !schemas.contains_key(&name) {
            let schema = modern(&components["schemas"][&name]);
            next.extend(references(&schema));
            schemas.insert(name, schema);
        }
    }
    slim["components"]["schemas"] = schemas.into();
    slim
}

/// Query parameters are texts; a number is one if the schema wants one.
fn typed(text: &str, schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number") => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Some("boolean") => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Some("array") => text.split(',').map(Value::from).collect(),
        Some(_) | None => text.into(),
    }
}

/// The schemas a schema refers to.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own =
                fields.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/components/schemas/"));
            own.map(str::to_owned).into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// A schema of OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, and what is no constraint goes.
fn modern(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let mut changed = Map::new();
    for (name, field) in fields {
        let kept = match name.as_str() {
            "nullable" | "example" | "examples" | "description" | "title" | "deprecated" | "discriminator"
            | "readOnly" | "externalDocs" | "default" | "x-github" => continue,
            "properties" | "patternProperties" => {
                let inner = field.as_object().into_iter().flatten();
                Value::Object(inner.map(|(name, one)| (name.clone(), modern(one))).collect())
            }
            "enum" | "required" | "const" => field.clone(),
            _ => field.as_array().map_or_else(|| modern(field), |items| items.iter().map(modern).collect()),
        };
        changed.insert(name.clone(), kept);
    }
    // Their formats say more than GitHub keeps to: addresses with holes in them are called addresses.
    if !matches!(changed.get("format").and_then(Value::as_str), Some("date-time")) {
        changed.remove("format");
    }
    if fields.get("nullable") == Some(&Value::Bool(true)) {
        json!({"anyOf": [{"type": "null"}, changed]})
    } else {
        Value::Object(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nullable_schema_takes_null_and_keeps_what_it_asks_otherwise() {
        let schema = modern(&json!({"type": "string", "nullable": true, "description": "a word", "format": "uri"}));
        assert_eq!(schema, json!({"anyOf": [{"type": "null"}, {"type": "string"}]}));
        let named = modern(&json!({"properties": {"description": {"type": "string"}}, "required": ["description"]}));
        assert_eq!(named, json!({"properties": {"description": {"type": "string"}}, "required": ["description"]}));
    }

    #[test]
    fn an_empty_webhook_or_one_nobody_knows_is_a_breach() {
        let Some(description) = OpenApi::fetched().unwrap() else {
            eprintln!("SKIPPED: GitHub's description of its API is not here; tests/fetch fetches it");
            return;
        };
        assert!(!description.webhook("issues", Some("opened"), &json!({"action": "opened"})).is_empty());
        assert!(!description.webhook("issues", Some("painted"), &json!({})).is_empty());
        let answer =
            description.answer("GET", "/repos/{owner}/{repo}/issues/{issue_number}", 200, &json!({"id": "one"}));
        assert!(!answer.is_empty());
    }
}
