//! One call of the REST API: what is asked, by whom, and what is answered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::state::{Repository, State};
use crate::world::Inner;

/// Where GitHub documents its REST API.
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Still percent-encoded.
    pub(crate) path: String,
    pub(crate) query: String,
    /// The names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Raw(&'static str, Vec<u8>),
}

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    pub(crate) fn empty() -> Self {
        Self { status: 204, headers: Vec::new(), body: Body::Empty }
    }

    pub(crate) fn raw(kind: &'static str, bytes: Vec<u8>) -> Self {
        Self { status: 200, headers: Vec::new(), body: Body::Raw(kind, bytes) }
    }
}

/// Why a call was refused, as GitHub says it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) errors: Vec<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub(crate) fn not_accessible() -> Self {
        Self::new(403, "Resource not accessible by integration")
    }

    /// 422, for one field of one kind of thing.
    pub(crate) fn invalid(resource: &str, field: &str, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = json!({"resource": resource, "field": field, "code": code});
        if !message.is_empty() {
            error["message"] = message.into();
        }
        Self { status: 422, message: "Validation Failed".into(), errors: vec![error], headers: Vec::new() }
    }

    pub(crate) fn reply(self) -> Reply {
        let status = self.status;
        let mut body =
            json!({"message": self.message, "documentation_url": DOCUMENTATION, "status": status.to_string()});
        if !self.errors.is_empty() {
            body["errors"] = self.errors.into();
        }
        Reply { status, headers: self.headers, body: Body::Json(body) }
    }
}

impl From<crate::Error> for Refusal {
    fn from(error: crate::Error) -> Self {
        Self::new(500, error.to_string())
    }
}

/// The result of every call.
pub(crate) type Answer = Result<Reply, Refusal>;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Nobody,
    App(u64),
    Installation {
        token: String,
        id: u64,
        app: u64,
        bot: u64,
        repositories: Option<BTreeSet<u64>>,
        permissions: BTreeMap<String, String>,
    },
    Person(u64),
}

/// A call that was let in.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) world: &'a Inner,
    pub(crate) caller: Caller,
    pub(crate) request: &'a Request,
    pub(crate) params: BTreeMap<&'static str, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) now: u64,
}

impl Call<'_> {
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A number in the path; what is none is nowhere.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Refusal> {
        self.param(name).parse().map_err(|_| Refusal::not_found())
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A text in the body; `null` is none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// A list of texts in the body.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.body.get(name)?.as_array()?;
        Some(list.iter().filter_map(|one| one.as_str().or_else(|| one["name"].as_str())).map(str::to_owned).collect())
    }

    /// A text that must be there.
    pub(crate) fn required(&self, resource: &str, name: &str) -> Result<String, Refusal> {
        self.owned(name).ok_or_else(|| Refusal::invalid(resource, name, "missing_field", ""))
    }

    /// The repository that the path names.
    pub(crate) fn repository<'s>(&self, state: &'s State) -> Result<&'s Repository, Refusal> {
        state.named(self.param("owner"), self.param("repo")).ok_or_else(Refusal::not_found)
    }

    /// Its number.
    pub(crate) fn place(&self, state: &State) -> Result<u64, Refusal> {
        self.repository(state).map(|found| found.id)
    }

    /// In whose name things are done, and by which app.
    pub(crate) fn actor(&self) -> Result<(u64, Option<u64>), Refusal> {
        match &self.caller {
            Caller::Person(id) => Ok((*id, None)),
            Caller::Installation { bot, app, .. } => Ok((*bot, Some(*app))),
            Caller::Nobody | Caller::App(_) => Err(Refusal::new(401, "Requires authentication")),
        }
    }

    /// Whether the answer is wanted as something else than JSON: `raw`, `diff`, `patch`, `sha`, `object`.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        let accept = self.request.header("accept").unwrap_or_default();
        let hit = |media: &str| media.contains("vnd.github") && media.split(['.', '+']).any(|part| part == kind);
        accept.split(',').any(|media| hit(media.trim().split(';').next().unwrap_or_default()))
    }

    /// One page of a list, with the links to the others.
    pub(crate) fn page(&self, items: Vec<Value>) -> Reply {
        let (items, link) = self.cut(items);
        Reply { status: 200, headers: link, body: Body::Json(items.into()) }
    }

    /// One page of a list inside an object that counts them all.
    pub(crate) fn counted(&self, name: &str, items: Vec<Value>) -> Reply {
        let total = items.len();
        let (items, link) = self.cut(items);
        Reply { status: 200, headers: link, body: Body::Json(json!({"total_count": total, name: items})) }
    }

    fn cut(&self, items: Vec<Value>) -> (Vec<Value>, Vec<(&'static str, String)>) {
        let number = |name: &str| self.asked(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("per_page").unwrap_or(30).clamp(1, 100);
        let page = number("page").unwrap_or(1).max(1);
        let last = items.len().div_ceil(size).max(1);
        let mut links = Vec::new();
        let mut link = |to: usize, name: &str| {
            let mut query = self.query.clone();
            query.insert("page".into(), to.to_string());
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            links.push(format!("<{}{}?{query}>; rel=\"{name}\"", self.world.base(), self.request.path));
        };
        if page > 1 {
            link(page - 1, "prev");
        }
        if page < last {
            link(page + 1, "next");
            link(last, "last");
        }
        if page > 1 {
            link(1, "first");
        }
        let items = items.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        (items, if links.is_empty() { Vec::new() } else { vec![("link", links.join(", "))] })
    }
}
