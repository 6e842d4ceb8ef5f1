//! What was used, read from the provider's own words while they pass by.

use serde_json::Value;

use crate::event::Trouble;
use crate::protocol::Protocol;
use crate::sse::Events;
use crate::tokens::Tokens;

/// The largest answer that is read as a whole, in bytes. It is passed on in any case.
const WHOLE_BYTES: usize = 32 << 20;

/// Reads along with one answer.
#[derive(Debug)]
pub(crate) struct Meter {
    protocol: Protocol,
    reading: Reading,
    tokens: Tokens,
    /// Whether what was said of the usage is said of all of it.
    complete: bool,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
enum Reading {
    Stream(Events),
    Whole(Vec<u8>),
}

impl Meter {
    pub(crate) fn new(protocol: Protocol, streamed: bool) -> Self {
        let reading = if streamed { Reading::Stream(Events::default()) } else { Reading::Whole(Vec::new()) };
        Self { protocol, reading, tokens: Tokens::default(), complete: false, trouble: None }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        match &mut self.reading {
            Reading::Whole(whole) => {
                if whole.len() + bytes.len() <= WHOLE_BYTES {
                    whole.extend_from_slice(bytes);
                }
            }
            Reading::Stream(events) => {
                let mut seen = Vec::new();
                events.feed(bytes, |data| seen.extend(serde_json::from_slice::<Value>(data).ok()));
                for event in seen {
                    self.event(&event);
                }
            }
        }
    }

    /// At the end: what was used, as far as it was said, and whether that is all of it.
    pub(crate) fn end(mut self) -> (Tokens, bool, Option<Trouble>) {
        if let Reading::Whole(whole) = &self.reading
            && let Ok(answer) = serde_json::from_slice::<Value>(whole)
        {
            // Gemini streams a list where nobody asks for events.
            match answer.as_array() {
                Some(pieces) => pieces.iter().for_each(|piece| self.event(piece)),
                None => self.answer(&answer),
            }
        }
        (self.tokens, self.complete, self.trouble)
    }

    fn event(&mut self, event: &Value) {
        match self.protocol {
            Protocol::Messages => match event["type"].as_str() {
                Some("message_start") => {
                    self.messages(&event["message"]["usage"]);
                }
                Some("message_delta") => self.complete |= self.messages(&event["usage"]),
                Some("error") => {
                    let overloaded = event["error"]["type"] == "overloaded_error";
                    self.trouble = Some(if overloaded { Trouble::Overloaded } else { Trouble::Broken });
                }
                Some(_) | None => {}
            },
            Protocol::Responses => match event["type"].as_str() {
                Some("response.completed" | "response.incomplete") => self.responses(&event["response"]["usage"]),
                Some("response.failed") => {
                    self.responses(&event["response"]["usage"]);
                    let code = event["response"]["error"]["code"].as_str().unwrap_or_default();
                    self.trouble = Some(match code {
                        "rate_limit_exceeded" => Trouble::Limited { retry_after: None },
                        "context_length_exceeded" => Trouble::TooLong,
                        "insufficient_quota" => Trouble::Unpaid,
                        _ if code.contains("overloaded") => Trouble::Overloaded,
                        _ => Trouble::Broken,
                    });
                }
                Some("error") => self.trouble = Some(Trouble::Broken),
                Some(_) | None => {}
            },
            Protocol::Chat => {
                self.chat(&event["usage"]);
                if event["error"].is_object() {
                    self.trouble = Some(Trouble::Broken);
                }
            }
            Protocol::Gemini => {
                self.gemini(event);
                if event["error"].is_object() {
                    self.trouble = Some(Trouble::Broken);
                }
            }
        }
    }

    fn answer(&mut self, answer: &Value) {
        match self.protocol {
            Protocol::Messages => self.complete = self.messages(&answer["usage"]),
            Protocol::Responses => self.responses(&answer["usage"]),
            Protocol::Chat => self.chat(&answer["usage"]),
            Protocol::Gemini => self.gemini(answer),
        }
    }

    /// Anthropic counts apart what was cached; what comes later stands for what came before.
    fn messages(&mut self, usage: &Value) -> bool {
        let count = |value: &Value, was: u64| value.as_u64().unwrap_or(was);
        let tokens = &mut self.tokens;
        tokens.input = count(&usage["input_tokens"], tokens.input);
        tokens.cached = count(&usage["cache_read_input_tokens"], tokens.cached);
        tokens.kept_long = count(&usage["cache_creation"]["ephemeral_1h_input_tokens"], tokens.kept_long);
        if let Some(kept) = usage["cache_creation_input_tokens"].as_u64() {
            tokens.kept = kept.saturating_sub(tokens.kept_long);
        }
        tokens.output = count(&usage["output_tokens"], tokens.output);
        usage["output_tokens"].is_u64()
    }

    /// OpenAI counts what was cached among what was read.
    fn responses(&mut self, usage: &Value) {
        let details = &usage["input_tokens_details"];
        self.together(&usage["input_tokens"], details, &usage["output_tokens"]);
    }

    fn chat(&mut self, usage: &Value) {
        self.together(&usage["prompt_tokens"], &usage["prompt_tokens_details"], &usage["completion_tokens"]);
    }

    fn together(&mut self, read: &Value, details: &Value, written: &Value) {
        let (Some(read), Some(output)) = (read.as_u64(), written.as_u64()) else { return };
        let cached = details["cached_tokens"].as_u64().unwrap_or(0).min(read);
        let kept = details["cache_write_tokens"].as_u64().unwrap_or(0).min(read - cached);
        self.tokens = Tokens { input: read - cached - kept, cached, kept, kept_long: 0, output };
        self.complete = true;
    }

    /// Gemini says what was used so far with every piece, and counts thoughts apart.
    fn gemini(&mut self, answer: &Value) {
        let usage = &answer["usageMetadata"];
        let count = |name: &str| usage[name].as_u64().unwrap_or(0);
        if usage["promptTokenCount"].is_u64() {
            let read = count("promptTokenCount") + count("toolUsePromptTokenCount");
            let cached = count("cachedContentTokenCount").min(read);
            let output = count("candidatesTokenCount") + count("thoughtsTokenCount");
            self.tokens = Tokens { input: read - cached, cached, kept: 0, kept_long: 0, output };
        }
        let candidates = answer["candidates"].as_array().into_iter().flatten();
        let ended = candidates.into_iter().any(|candidate| candidate["finishReason"].is_string());
        self.complete |= usage["promptTokenCount"].is_u64() && (ended || answer["promptFeedback"].is_object());
    }
}
