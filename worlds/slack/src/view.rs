//! Modals and home tabs, as an app published them and a person sees them.

use serde_json::{Value, json};

use crate::ids::{AppId, BotId, TeamId, UserId, ViewId};

#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) id: ViewId,
    pub(crate) app: AppId,
    pub(crate) bot: BotId,
    pub(crate) team: TeamId,
    pub(crate) user: UserId,
    /// As the app sent it, checked.
    pub(crate) body: Value,
    pub(crate) hash: String,
    /// The view below it in the stack.
    pub(crate) previous: Option<ViewId>,
    pub(crate) root: ViewId,
    pub(crate) open: bool,
}

impl View {
    pub(crate) fn is_home(&self) -> bool {
        self.body["type"] == "home"
    }

    /// The view with what Slack adds to it, and `state` as the person filled it in.
    pub(crate) fn json(&self, state: &Value) -> Value {
        let mut view = self.body.clone();
        view["id"] = json!(self.id.0);
        view["team_id"] = json!(self.team.0);
        view["app_id"] = json!(self.app.0);
        view["app_installed_team_id"] = json!(self.team.0);
        view["bot_id"] = json!(self.bot.0);
        view["hash"] = json!(self.hash);
        view["root_view_id"] = json!(self.root.0);
        view["previous_view_id"] = json!(self.previous.as_ref().map(|id| id.0.clone()));
        view["state"] = if state.is_object() { json!({ "values": state }) } else { json!({ "values": {} }) };
        for (field, empty) in [("private_metadata", json!("")), ("callback_id", json!("")), ("external_id", json!(""))]
        {
            if view[field].is_null() {
                view[field] = empty;
            }
        }
        for field in ["clear_on_close", "notify_on_close"] {
            if view[field].is_null() {
                view[field] = json!(false);
            }
        }
        for field in ["close", "submit", "title"] {
            if view[field].is_null() {
                view[field] = Value::Null;
            }
        }
        view
    }
}
