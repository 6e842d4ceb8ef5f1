//! How model providers are talked to: which paths of theirs there are for an agent, and what each is for.

use serde::{Deserialize, Serialize};

use crate::event::Class;

/// A provider's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Anthropic's `POST /v1/messages`.
    Messages,
    /// OpenAI's `POST /v1/responses`.
    Responses,
    /// OpenAI's `POST /v1/chat/completions`, and that of many who speak as it does.
    Chat,
    /// Gemini's `POST /v1beta/models/MODEL:streamGenerateContent`.
    Gemini,
}

/// Something a provider can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) protocol: Protocol,
    pub(crate) class: Class,
    /// The model, where the path names it.
    pub(crate) model: Option<String>,
}

impl Protocol {
    /// What `method` on `path` is for. Everything else a provider offers (files, batches, fine-tuning, hosted tools) is
    /// nothing an agent needs, and a place to leave things for somebody else.
    pub(crate) fn endpoint(self, method: &str, path: &str) -> Option<Endpoint> {
        let is = |class| Some(Endpoint { protocol: self, class, model: None });
        match (self, method, path) {
            (Self::Messages, "POST", "/v1/messages") => is(Class::Say),
            (Self::Messages, "POST", "/v1/messages/count_tokens") => is(Class::Count),
            (Self::Responses, "POST", "/v1/responses") => is(Class::Say),
            (Self::Chat, "POST", "/v1/chat/completions") => is(Class::Say),
            (Self::Messages | Self::Responses | Self::Chat, "GET", "/v1/models") => is(Class::Models),
            (Self::Gemini, "GET", "/v1beta/models") => is(Class::Models),
            (Self::Messages | Self::Responses | Self::Chat, "GET", _) => {
                named(path.strip_prefix("/v1/models/")?).and_then(|_| is(Class::Models))
            }
            (Self::Gemini, "POST", _) => {
                let (model, action) = path.strip_prefix("/v1beta/models/")?.split_once(':')?;
                let class = match action {
                    "generateContent" | "streamGenerateContent" => Class::Say,
                    "countTokens" => Class::Count,
                    _ => return None,
                };
                Some(Endpoint { protocol: self, class, model: Some(named(model)?.to_owned()) })
            }
            _ => None,
        }
    }
}

/// A model's name as it can stand in a path.
fn named(model: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (!model.is_empty() && model.bytes().all(plain)).then_some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_needs_is_there_and_nothing_else() {
        let class = |protocol: Protocol, method, path| protocol.endpoint(method, path).map(|endpoint| endpoint.class);
        assert_eq!(class(Protocol::Messages, "POST", "/v1/messages"), Some(Class::Say));
        assert_eq!(class(Protocol::Messages, "GET", "/v1/models/claude-opus-5-5"), Some(Class::Models));
        assert_eq!(class(Protocol::Gemini, "POST", "/v1beta/models/gemini-2.5-pro:countTokens"), Some(Class::Count));
        for (protocol, method, path) in [
            (Protocol::Messages, "POST", "/v1/files"),
            (Protocol::Messages, "POST", "/v1/messages/batches"),
            (Protocol::Messages, "GET", "/v1/messages"),
            (Protocol::Messages, "POST", "/v1/messages/"),
            (Protocol::Messages, "GET", "/v1/models/../files"),
            (Protocol::Messages, "POST", "/v1/responses"),
            (Protocol::Responses, "GET", "/v1/responses/resp_1"),
            (Protocol::Gemini, "POST", "/v1beta/models/x/../../files:generateContent"),
            (Protocol::Gemini, "POST", "/v1beta/models/m:uploadFile"),
        ] {
            assert_eq!(class(protocol, method, path), None, "{method} {path}");
        }
    }
}
