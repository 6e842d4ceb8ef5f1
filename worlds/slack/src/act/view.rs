//! Submitting and closing modals.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::act::pick;
use crate::blocks;
use crate::edge::{Outgoing, Payload};
use crate::error::Error;
use crate::ids::{UserId, ViewId};
use crate::state::State;
use crate::view::View;
use crate::world::World;

/// What became of a modal that was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It closed; what was below it shows.
    Closed,
    /// All of the app's modals closed.
    Cleared,
    /// It stays, with a remark beside inputs, by block id.
    Errors(BTreeMap<String, String>),
    /// It shows something else now.
    Updated(ViewId),
    /// Another one opened above it.
    Pushed(ViewId),
}

impl World {
    /// Somebody fills in a modal (inputs by label, placeholder, action id or block id) and submits it.
    ///
    /// # Errors
    ///
    /// When there is no such modal or input, a required input is left empty, or the app does not answer properly.
    pub async fn submit(&self, user: &UserId, view: &ViewId, filled: &[(&str, &str)]) -> Result<Submitted, Error> {
        let outgoing = {
            let mut state = self.state();
            let open = state.open_view(user, view)?;
            if open.body["submit"].is_null() {
                return Err(Error::not_allowed("the modal has nothing to submit"));
            }
            let values = values(&open.body, filled).map_err(Error::NotAllowed)?;
            let mut payload = state.interaction("view_submission", &open.app, &open.team, user);
            payload["view"] = open.json(&values);
            payload["trigger_id"] = json!(state.trigger(&open.app, &open.team, user, Some(view.clone())));
            payload["response_urls"] = json!([]);
            Outgoing { app: open.app, payload: Payload::Interactive(payload), record: None }
        };
        let answer = self.ask(outgoing).await?;
        self.state().submitted(view, &answer)
    }

    /// Somebody closes a modal.
    ///
    /// # Errors
    ///
    /// When there is no such modal, or the app wanted to be told and does not answer.
    pub async fn close(&self, user: &UserId, view: &ViewId) -> Result<(), Error> {
        let outgoing = {
            let mut state = self.state();
            let open = state.open_view(user, view)?;
            if let Some(view) = state.views.get_mut(view) {
                view.open = false;
            }
            if open.body["notify_on_close"] != true {
                return Ok(());
            }
            let mut payload = state.interaction("view_closed", &open.app, &open.team, user);
            payload["view"] = open.json(&Value::Null);
            payload["is_cleared"] = json!(false);
            Outgoing { app: open.app, payload: Payload::Interactive(payload), record: None }
        };
        self.ask(outgoing).await.map(|_| ())
    }
}

impl State {
    fn open_view(&self, user: &UserId, id: &ViewId) -> Result<View, Error> {
        let view = self.views.get(id).filter(|view| view.open && !view.is_home() && &view.user == user);
        view.cloned().ok_or_else(|| Error::unknown("modal", id))
    }

    /// Does what the app answered to a submission.
    fn submitted(&mut self, id: &ViewId, answer: &Value) -> Result<Submitted, Error> {
        let action = answer["response_action"].as_str().unwrap_or_default();
        match action {
            "errors" => {
                let errors = answer["errors"].as_object().into_iter().flatten();
                let errors = errors.map(|(block, why)| (block.clone(), why.as_str().unwrap_or_default().to_owned()));
                Ok(Submitted::Errors(errors.collect()))
            }
            "update" | "push" => {
                let body = blocks::view(&answer["view"], &mut self.chance)
                    .map_err(|why| Error::Unanswered(format!("the view is not valid: {}", why.join("; "))))?;
                if action == "update" {
                    let hash = self.chance.text(16);
                    if let Some(view) = self.views.get_mut(id) {
                        view.body = body;
                        view.hash = hash;
                    }
                    return Ok(Submitted::Updated(id.clone()));
                }
                let new = ViewId(self.chance.id("V"));
                let hash = self.chance.text(16);
                let mut view = self.views.get(id).cloned().ok_or_else(|| Error::unknown("modal", id))?;
                view.id = new.clone();
                view.previous = Some(id.clone());
                view.body = body;
                view.hash = hash;
                self.views.insert(new.clone(), view);
                Ok(Submitted::Pushed(new))
            }
            "clear" => {
                let root = self.views.get(id).map(|view| view.root.clone());
                for view in self.views.values_mut().filter(|view| Some(&view.root) == root.as_ref()) {
                    view.open = false;
                }
                Ok(Submitted::Cleared)
            }
            "" => {
                if let Some(view) = self.views.get_mut(id) {
                    view.open = false;
                }
                Ok(Submitted::Closed)
            }
            other => Err(Error::Unanswered(format!("Slack knows no response_action `{other}`"))),
        }
    }
}

/// The state of a view with these inputs filled in.
fn values(body: &Value, filled: &[(&str, &str)]) -> Result<Value, String> {
    let blocks = body["blocks"].as_array().map_or(&[][..], Vec::as_slice);
    let mut values: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let all = pick::all(blocks);
    for found in all.iter().filter(|found| found.kind() != "button" && found.kind() != "overflow") {
        let of_block = values.entry(found.block_id.clone()).or_default();
        of_block.insert(found.action_id().to_owned(), found.untouched());
    }
    let mut given: Vec<(String, String)> = Vec::new();
    for (name, value) in filled {
        let found = pick::find(blocks, name)?;
        let of_block = values.entry(found.block_id.clone()).or_default();
        of_block.insert(found.action_id().to_owned(), found.filled(value)?);
        given.push((found.block_id.clone(), found.action_id().to_owned()));
    }
    for found in all.iter().filter(|found| found.input == Some(false)) {
        let was_given = given.iter().any(|(block, action)| block == &found.block_id && action == found.action_id());
        let empty = found.untouched().as_object().is_some_and(|fields| {
            fields.iter().all(|(name, value)| name == "type" || value.is_null() || *value == json!([]))
        });
        if !was_given && empty && found.kind() != "checkboxes" {
            return Err(format!("`{}` must be filled in", found.label));
        }
    }
    Ok(values.into_iter().map(|(block, actions)| (block, Value::Object(actions))).collect())
}
