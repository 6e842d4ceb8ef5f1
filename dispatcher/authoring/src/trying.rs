//! A plugin called as the host calls it, with everything that came of it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use signalbox_plugin_host::manifest::Manifest;
use signalbox_plugin_host::triggers::{Looked, Triggers};
use signalbox_plugin_host::{Host, Trial, Trialled};

use crate::error::Error;
use crate::project::Project;

/// Rounds of a prefetcher.
const ROUNDS: u32 = 3;

/// A plugin that was loaded and may be called.
pub struct Trying {
    host: Host,
    id: String,
    router: bool,
    triggers: Triggers,
}

/// What to call it with. Values are written as in cases.
#[derive(Clone, Debug)]
pub struct Question {
    /// The event, whole.
    pub event: Value,
    /// The settings.
    pub settings: Map<String, Value>,
    /// For a prefetcher: where the request goes.
    pub route: Value,
    /// For a prefetcher: what there is to fetch, a list of responses. Everything else is not found.
    pub world: Vec<Value>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// What it says, as cases expect it: `{"Ok": …}` or `{"Err": …}`; of a prefetcher, with what it asked for.
    /// Nothing if it broke down, which no case expects.
    pub said: Option<Value>,
    /// What went wrong, in words, if something did.
    pub problem: Option<String>,
    /// The calls this took, in their order.
    pub calls: Vec<Call>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Of what: `route`, `plan`, `assemble, round 1`.
    pub what: String,
    /// The fuel it burnt.
    pub fuel: u64,
    /// Bytes of memory it had at its end.
    pub memory: u64,
    /// How long it took, with reading the event.
    pub took: Duration,
    /// What it logged.
    pub log: Vec<String>,
}

impl Trying {
    /// Loads a plugin; an error says why a host would refuse it.
    pub fn open(project: &Project) -> Result<Self, Error> {
        let Manifest { id, triggers, .. } = project.manifest.clone();
        Ok(Self { host: project.host()?, id, router: project.is_router(), triggers })
    }

    /// Why a host would not ask it, by the triggers of its manifest; nothing where it would.
    pub fn unasked(&self, question: &Question) -> Option<String> {
        let text = |place: &str| question.event.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let attrs = question.event["attrs"].as_array().into_iter().flatten();
        let workflow = question.route["workflow"].as_str().unwrap_or_default();
        let goes = (!self.router).then_some((workflow, question.route["repository"].is_string()));
        self.triggers.unmet(&Looked {
            text: text("/text"),
            chat: text("/thread/chat"),
            room: [text("/thread/room_name"), text("/thread/room")],
            attrs: attrs.filter_map(|attr| attr["key"].as_str()).collect(),
            goes,
        })
    }

    /// Calls it, whatever its triggers. An error says that the question itself is wrong.
    pub fn ask(&self, question: &Question) -> Result<Tried, Error> {
        let mut tried = Tried { said: None, problem: None, calls: Vec::new() };
        if self.router {
            let trial = Trial::Route { event: question.event.clone() };
            tried.said = self.call(&mut tried, "route".into(), trial, question)?;
            return Ok(tried);
        }
        let (event, route) = (question.event.clone(), question.route.clone());
        let mut asked = Vec::new();
        let mut responses = Vec::new();
        let mut next = Trial::Plan { event: event.clone(), route: route.clone() };
        for round in 0..=ROUNDS {
            let what = if round == 0 { "plan".into() } else { format!("assemble, round {round}") };
            let Some(gave) = self.call(&mut tried, what, next, question)? else { return Ok(tried) };
            let requests = match round {
                0 => gave.get("Ok"),
                _ => gave.pointer("/Ok/More"),
            };
            let Some(requests) = requests.and_then(Value::as_array) else {
                let gave = match gave.pointer("/Ok/Done") {
                    Some(items) => json!({ "Ok": items }),
                    None => gave,
                };
                tried.said = Some(json!({ "asked": asked, "gave": gave }));
                return Ok(tried);
            };
            responses.extend(requests.iter().map(|request| respond(&question.world, request)));
            asked.push(requests.clone());
            next = Trial::Assemble {
                event: event.clone(),
                route: route.clone(),
                round: round + 1,
                responses: Value::Array(responses.clone()),
            };
        }
        tried.problem = Some(format!("it asked for more in round {ROUNDS}, which is the last"));
        Ok(tried)
    }

    fn call(&self, tried: &mut Tried, what: String, trial: Trial, question: &Question) -> Result<Option<Value>, Error> {
        let began = Instant::now();
        let called = self.host.trial(&self.id, trial, &question.settings);
        let took = began.elapsed();
        let Trialled { gave, fuel, memory, reported, log } = called.map_err(Error::Wrong)?;
        tried.calls.push(Call { what, fuel, memory, took, log });
        Ok(match (gave, reported) {
            (Ok(value), _) => Some(json!({ "Ok": value })),
            (Err(problem), reported) => {
                tried.problem = Some(problem);
                reported.map(|error| json!({ "Err": error }))
            }
        })
    }
}

fn respond(world: &[Value], request: &Value) -> Value {
    let known = world.iter().find(|response| response["request"] == *request).cloned();
    known.unwrap_or_else(|| json!({ "request": request, "outcome": "NotFound" }))
}
