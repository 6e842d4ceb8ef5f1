//! `codex exec --json`.

use serde_json::Value;
use signalbox_domain::devbox::Usage;

use crate::agent::{Agent, Entry, Launch, Over, Task, end, pairs, words};
use crate::failure::{Failure, What};
use crate::json::{number, object, text};

#[derive(Debug, Default)]
pub(crate) struct Codex {
    over: Option<Over>,
    last: String,
}

/// Its settings: the gateway is its only provider, and nothing else is asked of anybody.
fn config(gateway: &str) -> String {
    format!(
        r#"model_provider = "signalbox"
check_for_update_on_startup = false
web_search = "disabled"

[model_providers.signalbox]
name = "Signalbox"
base_url = "{gateway}/openai/v1"
env_key = "SIGNALBOX_MODEL_KEY"
wire_api = "responses"
request_max_retries = 2
stream_max_retries = 2

[analytics]
enabled = false

[feedback]
enabled = false

[history]
persistence = "none"

[otel]
exporter = "none"
"#
    )
}

impl Agent for Codex {
    fn launch(&self, task: &Task) -> Launch {
        let mut command = words(&["codex", "exec"]);
        if let Some(session) = &task.session {
            command.extend(words(&["resume", session]));
        }
        // The box is the sandbox: its own cannot be made inside one.
        command.extend(words(&["--json", "--dangerously-bypass-approvals-and-sandbox", "--ignore-rules"]));
        for feature in ["goals", "apps", "plugins", "hooks", "multi_agent", "image_generation", "memories"] {
            command.extend(words(&["--disable", feature]));
        }
        if let Some(model) = &task.model {
            command.extend(words(&["-m", model]));
        }
        command.push("-".to_owned());
        let env = pairs([
            ("SIGNALBOX_MODEL_KEY", task.placeholder.as_str()),
            ("HOME", &task.home),
            ("CODEX_HOME", &format!("{}/.codex", task.home)),
        ]);
        let files = pairs([(".codex/config.toml", &*config(&task.gateway))]);
        Launch { command, env, input: task.prompt.clone().into_bytes(), files }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        let Some(said) = object(line) else { return Vec::new() };
        match said["type"].as_str().unwrap_or_default() {
            "thread.started" => vec![Entry::Session(text(&said["thread_id"]))],
            "item.started" => started(&said["item"]),
            "item.completed" => self.completed(&said["item"]),
            "turn.completed" => {
                let usage = &said["usage"];
                let used = Usage {
                    micro_usd: 0,
                    tokens_in: number(&usage["input_tokens"]),
                    tokens_out: number(&usage["output_tokens"]),
                    turns: 1,
                };
                let over = if self.last.is_empty() {
                    // A model that declines leaves nothing behind, and the exit is a good one.
                    Over::Failed(Failure::new(What::Declined, "it ended without an answer"))
                } else {
                    Over::Done(self.last.clone())
                };
                self.over = Some(over.clone());
                vec![Entry::Usage(used), Entry::Over(over)]
            }
            "turn.failed" => {
                let over = Over::Failed(Failure::told(text(&said["error"]["message"])));
                self.over = Some(over.clone());
                vec![Entry::Over(over)]
            }
            "error" => {
                let message = text(&said["message"]);
                // The last one comes again with `turn.failed`.
                if message.starts_with("Reconnecting") {
                    vec![Entry::Again(Failure::told(message))]
                } else {
                    Vec::new()
                }
            }
            _ => Vec::new(),
        }
    }

    fn exited(&mut self, code: i32) -> Over {
        end(self.over.take(), code, &self.last)
    }
}

fn started(item: &Value) -> Vec<Entry> {
    let call = |tool: &str, input: String| vec![Entry::ToolCall { tool: tool.to_owned(), input }];
    match item["type"].as_str().unwrap_or_default() {
        "command_execution" => call("run", text(&item["command"])),
        "file_change" => call("edit", changes(item)),
        "mcp_tool_call" => call(&text(&item["tool"]), item["arguments"].to_string()),
        _ => Vec::new(),
    }
}

impl Codex {
    fn completed(&mut self, item: &Value) -> Vec<Entry> {
        let ok = item["status"] == "completed";
        match item["type"].as_str().unwrap_or_default() {
            "agent_message" => {
                self.last = text(&item["text"]);
                vec![Entry::Text(self.last.clone())]
            }
            "command_execution" => vec![Entry::ToolResult { ok, output: text(&item["aggregated_output"]) }],
            "file_change" => vec![Entry::ToolResult { ok, output: changes(item) }],
            "mcp_tool_call" => vec![Entry::ToolResult { ok, output: text(&item["result"]) }],
            _ => Vec::new(),
        }
    }
}

fn changes(item: &Value) -> String {
    let changes = item["changes"].as_array().into_iter().flatten();
    changes.map(|change| format!("{} {}", text(&change["kind"]), text(&change["path"]))).collect::<Vec<_>>().join("\n")
}
