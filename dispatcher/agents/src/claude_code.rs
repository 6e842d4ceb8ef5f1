//! `claude -p --output-format stream-json`.

use std::collections::BTreeMap;

use serde_json::Value;
use signalbox_domain::devbox::Usage;

use crate::agent::{Agent, Entry, Launch, Over, Task, end, pairs, words};
use crate::failure::{Failure, What};
use crate::json::{input, micro_usd, number, object, text};

/// Tries after the first that it makes by itself; further ones are the run's to decide.
const RETRIES: &str = "2";
/// The longest answer it asks for, in tokens: so much money is set aside for every call.
const ANSWER_TOKENS: &str = "32000";

#[derive(Debug, Default)]
pub(crate) struct ClaudeCode {
    over: Option<Over>,
    last: String,
}

impl Agent for ClaudeCode {
    fn launch(&self, task: &Task) -> Launch {
        let mut command = words(&["claude", "-p", "--output-format", "stream-json", "--verbose"]);
        // The box is the permission; and what a repository says about agents is laid in it from the base branch only.
        command.extend(words(&["--permission-mode", "bypassPermissions", "--setting-sources", "user"]));
        command.extend(words(&["--strict-mcp-config", "--disallowedTools", "WebFetch", "WebSearch"]));
        if let Some(model) = &task.model {
            command.extend(words(&["--model", model]));
        }
        if let Some(session) = &task.session {
            command.extend(words(&["--resume", session]));
        }
        let env = pairs([
            ("ANTHROPIC_BASE_URL", &format!("{}/anthropic", task.gateway)),
            ("ANTHROPIC_API_KEY", &task.placeholder),
            ("HOME", &task.home),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("DISABLE_AUTOUPDATER", "1"),
            ("DISABLE_TELEMETRY", "1"),
            ("DISABLE_ERROR_REPORTING", "1"),
            ("CLAUDE_CODE_MAX_RETRIES", RETRIES),
            ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", ANSWER_TOKENS),
        ]);
        Launch { command, env, input: task.prompt.clone().into_bytes(), files: BTreeMap::new() }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        let Some(said) = object(line) else { return Vec::new() };
        match (said["type"].as_str().unwrap_or_default(), said["subtype"].as_str().unwrap_or_default()) {
            ("system", "init") => vec![Entry::Session(text(&said["session_id"]))],
            ("system", "api_retry") => vec![Entry::Again(failure(&said, &text(&said["error"])))],
            // Its own words for an error; they come again at the end.
            ("assistant", _) if said["error"].is_string() => {
                self.over = Some(Over::Failed(failure(&said, &text(&said["message"]["content"]))));
                Vec::new()
            }
            ("assistant", _) => self.parts(&said["message"]["content"]),
            ("user", _) => results(&said["message"]["content"]),
            ("result", _) => self.result(&said),
            _ => Vec::new(),
        }
    }

    fn exited(&mut self, code: i32) -> Over {
        end(self.over.take(), code, &self.last)
    }
}

impl ClaudeCode {
    fn parts(&mut self, content: &Value) -> Vec<Entry> {
        let mut entries = Vec::new();
        for part in content.as_array().into_iter().flatten() {
            match part["type"].as_str() {
                Some("text") => {
                    self.last = text(&part["text"]);
                    entries.push(Entry::Text(self.last.clone()));
                }
                Some("tool_use") => {
                    entries.push(Entry::ToolCall { tool: text(&part["name"]), input: input(&part["input"]) });
                }
                Some(_) | None => {}
            }
        }
        entries
    }

    fn result(&mut self, said: &Value) -> Vec<Entry> {
        let usage = &said["usage"];
        let read = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
        let used = Usage {
            micro_usd: micro_usd(&said["total_cost_usd"]),
            tokens_in: read.iter().map(|name| number(&usage[*name])).sum(),
            tokens_out: number(&usage["output_tokens"]),
            turns: u32::try_from(number(&said["num_turns"])).unwrap_or(u32::MAX),
        };
        let over = if said["stop_reason"] == "refusal" {
            Over::Failed(Failure::new(What::Declined, text(&said["result"])))
        } else if said["is_error"] == true {
            let known = match self.over.take() {
                Some(Over::Failed(failure)) => Some(failure.what),
                Some(Over::Done(_)) | None => None,
            };
            let mut failure = failure(said, &text(&said["result"]));
            failure.what = known.filter(|_| failure.what == What::Unknown).unwrap_or(failure.what);
            Over::Failed(failure)
        } else {
            Over::Done(text(&said["result"]))
        };
        self.over = Some(over.clone());
        vec![Entry::Usage(used), Entry::Over(over)]
    }
}

/// It has a word for most of them.
fn failure(said: &Value, detail: &str) -> Failure {
    let what = match (said["error"].as_str(), said["terminal_reason"].as_str()) {
        (_, Some("prompt_too_long")) => What::TooLong,
        (Some("rate_limit"), _) => What::Limited,
        (Some("overloaded" | "server_error"), _) => What::Outage,
        (Some("authentication_failed"), _) => What::Unauthorized,
        (Some("billing_error"), _) => What::Unpaid,
        (Some("model_not_found"), _) => What::NoModel,
        _ if said["error_status"].is_null() && said["subtype"] == "api_retry" => What::Cut,
        _ => match said["api_error_status"].as_u64() {
            Some(429) => What::Limited,
            Some(401 | 403) => What::Unauthorized,
            Some(404) => What::NoModel,
            Some(500..) => What::Outage,
            Some(_) | None => Failure::told(detail).what,
        },
    };
    Failure::new(what, detail)
}

fn results(content: &Value) -> Vec<Entry> {
    let parts = content.as_array().into_iter().flatten().filter(|part| part["type"] == "tool_result");
    let result = |part: &Value| Entry::ToolResult { ok: part["is_error"] != true, output: text(&part["content"]) };
    parts.map(result).collect()
}
