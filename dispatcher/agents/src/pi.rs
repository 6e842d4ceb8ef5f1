//! `pi --mode json`.

use serde_json::{Value, json};
use signalbox_domain::devbox::Usage;

use crate::agent::{Agent, Entry, Launch, Over, Task, end, pairs, words};
use crate::failure::{Failure, What};
use crate::json::{input, micro_usd, number, object, text};

/// What it reads and writes at most, in tokens; it asks for as much, and so much money is set aside.
const CONTEXT_TOKENS: u64 = 200_000;
const ANSWER_TOKENS: u64 = 32_000;

#[derive(Debug, Default)]
pub(crate) struct Pi {
    over: Option<Over>,
    last: String,
}

impl Agent for Pi {
    fn launch(&self, task: &Task) -> Launch {
        let model = task.model.as_deref().unwrap_or("default");
        // It computes a price of its own; what counts is the gateway's.
        let models = json!({ "providers": { "signalbox": {
            "baseUrl": format!("{}/anthropic", task.gateway),
            "api": "anthropic-messages",
            "apiKey": "SIGNALBOX_MODEL_KEY",
            "models": [{
                "id": model, "name": model, "reasoning": false, "input": ["text"],
                "contextWindow": CONTEXT_TOKENS, "maxTokens": ANSWER_TOKENS,
                "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
            }],
        } } });
        let mut command = words(&["pi", "--mode", "json", "--offline", "--no-extensions", "--no-skills"]);
        command.extend(words(&["--provider", "signalbox", "--model", model]));
        match &task.session {
            Some(session) => command.extend(words(&["--session", session])),
            None => command.push("--no-session".to_owned()),
        }
        command.extend(words(&["-p", &task.prompt]));
        let env =
            pairs([("SIGNALBOX_MODEL_KEY", task.placeholder.as_str()), ("HOME", &task.home), ("PI_OFFLINE", "1")]);
        let files = pairs([(".pi/agent/models.json", &*models.to_string())]);
        Launch { command, env, input: Vec::new(), files }
    }

    fn read(&mut self, line: &str) -> Vec<Entry> {
        let Some(said) = object(line) else { return Vec::new() };
        match said["type"].as_str().unwrap_or_default() {
            "session" => vec![Entry::Session(text(&said["id"]))],
            "message_end" if said["message"]["role"] == "assistant" => self.message(&said["message"]),
            "tool_execution_start" => {
                vec![Entry::ToolCall { tool: text(&said["toolName"]), input: input(&said["args"]) }]
            }
            "tool_execution_end" => {
                vec![Entry::ToolResult { ok: said["isError"] != true, output: text(&said["result"]["content"]) }]
            }
            "auto_retry_start" => vec![Entry::Again(Failure::told(text(&said["errorMessage"])))],
            "agent_end" => match &self.over {
                Some(Over::Failed(failure)) => vec![Entry::Over(Over::Failed(failure.clone()))],
                Some(Over::Done(_)) | None => {
                    let over = Over::Done(self.last.clone());
                    self.over = Some(over.clone());
                    vec![Entry::Over(over)]
                }
            },
            _ => Vec::new(),
        }
    }

    fn exited(&mut self, code: i32) -> Over {
        end(self.over.take(), code, &self.last)
    }
}

impl Pi {
    fn message(&mut self, message: &Value) -> Vec<Entry> {
        // A later answer means that it went on.
        self.over = (message["stopReason"] == "error")
            .then(|| Over::Failed(Failure::told(text(&message["errorMessage"]))))
            .or_else(|| (message["stopReason"] == "length").then(|| Over::Failed(cut())));
        let parts = message["content"].as_array().into_iter().flatten().filter(|part| part["type"] == "text");
        let mut entries = Vec::new();
        for part in parts {
            self.last = text(&part["text"]);
            entries.push(Entry::Text(self.last.clone()));
        }
        let usage = &message["usage"];
        entries.push(Entry::Usage(Usage {
            micro_usd: micro_usd(&usage["cost"]["total"]),
            tokens_in: number(&usage["input"]) + number(&usage["cacheRead"]) + number(&usage["cacheWrite"]),
            tokens_out: number(&usage["output"]),
            turns: 1,
        }));
        entries
    }
}

fn cut() -> Failure {
    Failure::new(What::Unpaid, "its answer was cut to what the money left paid for")
}
