//! `opencode run --format json`.

use serde_json::json;
use signalbox_domain::devbox::Usage;

use crate::agent::{Agent, Entry, Launch, Over, Task, end, pairs, words};
use crate::failure::{Failure, What};
use crate::json::{input, number, object, text};

/// What it reads and writes at most, in tokens; it asks for as much, and so much money is set aside.
const CONTEXT_TOKENS: u64 = 200_000;
const ANSWER_TOKENS: u64 = 32_000;

#[derive(Debug, Default)]
pub(crate) struct OpenCode {
    session: Option<String>,
    over: Option<Over>,
    last: String,
}

impl Agent for OpenCode {
    fn launch(&self, task: &Task) -> Launch {
        let model = task.model.as_deref().unwrap_or("default");
        let named = format!("signalbox/{model}");
        let limit = json!({ "context": CONTEXT_TOKENS, "output": ANSWER_TOKENS });
        let config = json!({
            "autoupdate": false,
            "share": "disabled",
            "model": named,
            "small_model": named,
            "enabled_providers": ["signalbox"],
            "permission": "allow",
            "provider": { "signalbox": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "Signalbox",
                "options": { "baseURL": format!("{}/openai/v1", task.gateway), "apiKey": "{env:SIGNALBOX_MODEL_KEY}" },
                "models": { model: { "name": model, "tool_call": true, "limit": limit } },
            } },
        });
        let mut command = words(&["opencode", "run", "--pure", "--format", "json", "--auto", "-m", &named]);
        if let Some(session) = &task.session {
            command.extend(words(&["-s", session]));
        }
        command.extend(words(&["--", &task.prompt]));
        let env = pairs([
            ("SIGNALBOX_MODEL_KEY", task.placeholder.as_str()),
            ("HOME", &task.home),
            // Without the network it waits for each of these, and says nothing.
            ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
            ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
            ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
            ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"),
            ("OPENCODE_DISABLE_CLAUDE_CODE", "1"),
            // What a repository says about it is not for it to read: addresses, commands, plugins.
            ("OPENCODE_DISABLE_PROJECT_CONFIG", "1"),
        ]);
        let files = pairs([(".config/opencode/opencode.json", &*config.to_string())]);
        Launch { command, env, input: Vec::new(), files }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        let Some(said) = object(line) else { return Vec::new() };
        let part = &said["part"];
        match said["type"].as_str().unwrap_or_default() {
            "step_start" if self.session.is_none() => {
                let session = text(&said["sessionID"]);
                self.session = Some(session.clone());
                vec![Entry::Session(session)]
            }
            "text" => {
                self.last = text(&part["text"]);
                vec![Entry::Text(self.last.clone())]
            }
            "tool_use" => {
                let state = &part["state"];
                let ok =
                    state["status"] == "completed" && state["metadata"]["exit"].as_i64().is_none_or(|code| code == 0);
                let output = if state["error"].is_string() { text(&state["error"]) } else { text(&state["output"]) };
                vec![
                    Entry::ToolCall { tool: text(&part["tool"]), input: input(&state["input"]) },
                    Entry::ToolResult { ok, output },
                ]
            }
            "step_finish" => {
                let tokens = &part["tokens"];
                let cache = &tokens["cache"];
                let used = Usage {
                    micro_usd: 0,
                    tokens_in: number(&tokens["input"]) + number(&cache["read"]) + number(&cache["write"]),
                    tokens_out: number(&tokens["output"]) + number(&tokens["reasoning"]),
                    turns: 1,
                };
                let mut entries = vec![Entry::Usage(used)];
                if part["reason"] == "stop" {
                    let over = Over::Done(self.last.clone());
                    self.over = Some(over.clone());
                    entries.push(Entry::Over(over));
                }
                entries
            }
            "error" => {
                let data = &said["error"]["data"];
                let mut failure = Failure::told(format!("{} {}", text(&data["message"]), text(&said["error"]["name"])));
                if data["statusCode"] == 402 {
                    failure.what = What::Unpaid;
                }
                let over = Over::Failed(failure);
                self.over = Some(over.clone());
                vec![Entry::Over(over)]
            }
            _ => Vec::new(),
        }
    }

    fn exited(&mut self, code: i32) -> Over {
        end(self.over.take(), code, &self.last)
    }
}
