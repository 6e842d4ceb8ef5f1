//! `gemini -p … -o stream-json`.

use serde_json::json;
use signalbox_domain::devbox::Usage;

use crate::agent::{Agent, Entry, Launch, Over, Task, end, pairs, words};
use crate::failure::Failure;
use crate::json::{input, number, object, text};

#[derive(Debug, Default)]
pub(crate) struct Gemini {
    over: Option<Over>,
    /// What it is saying: it comes in pieces.
    saying: String,
    last: String,
    turns: u32,
}

impl Agent for Gemini {
    fn launch(&self, task: &Task) -> Launch {
        let settings = json!({
            "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false },
            "privacy": { "usageStatisticsEnabled": false },
            "telemetry": { "enabled": false },
            "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": false } },
        });
        let mut command = words(&["gemini", "-o", "stream-json", "--approval-mode", "yolo", "--skip-trust"]);
        if let Some(model) = &task.model {
            command.extend(words(&["-m", model]));
        }
        if let Some(session) = &task.session {
            command.extend(words(&["--resume", session]));
        }
        command.extend(words(&["-p", &task.prompt]));
        let env = pairs([
            ("GEMINI_API_KEY", task.placeholder.as_str()),
            ("GOOGLE_GEMINI_BASE_URL", &format!("{}/gemini", task.gateway)),
            ("GEMINI_TELEMETRY_ENABLED", "false"),
            ("HOME", &task.home),
            ("NO_COLOR", "1"),
        ]);
        let files = pairs([(".gemini/settings.json", &*settings.to_string())]);
        Launch { command, env, input: Vec::new(), files }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        let Some(said) = object(line) else { return Vec::new() };
        let kind = said["type"].as_str().unwrap_or_default();
        if kind == "message" && said["role"] == "assistant" && said["delta"] == true {
            self.saying.push_str(&text(&said["content"]));
            return Vec::new();
        }
        let mut entries = Vec::new();
        if !self.saying.is_empty() {
            self.last = std::mem::take(&mut self.saying);
            entries.push(Entry::Text(self.last.clone()));
        }
        match kind {
            "init" => entries.push(Entry::Session(text(&said["session_id"]))),
            "message" if said["role"] == "assistant" => {
                self.last = text(&said["content"]);
                entries.push(Entry::Text(self.last.clone()));
            }
            "tool_use" => {
                self.turns += 1;
                entries.push(Entry::ToolCall { tool: text(&said["tool_name"]), input: input(&said["parameters"]) });
            }
            "tool_result" => {
                let output =
                    if said["error"].is_object() { text(&said["error"]["message"]) } else { text(&said["output"]) };
                entries.push(Entry::ToolResult { ok: said["status"] == "success", output });
            }
            "result" => {
                let stats = &said["stats"];
                entries.push(Entry::Usage(Usage {
                    micro_usd: 0,
                    tokens_in: number(&stats["input_tokens"]),
                    tokens_out: number(&stats["output_tokens"]),
                    turns: self.turns + 1,
                }));
                let over = if said["status"] == "success" {
                    Over::Done(self.last.clone())
                } else {
                    Over::Failed(Failure::told(text(&said["error"]["message"])))
                };
                self.over = Some(over.clone());
                entries.push(Entry::Over(over));
            }
            _ => {}
        }
        entries
    }

    fn exited(&mut self, code: i32) -> Over {
        end(self.over.take(), code, &self.last)
    }
}
