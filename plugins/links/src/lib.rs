//! Brings what the request and its conversation link to: files and change requests of known repositories, and pages.

#[cfg(target_family = "wasm")]
mod component;

mod link;

use serde::Deserialize;
use signalbox_plugin::prefetcher::{Assembled, Item, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError};

/// No settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Links of the request itself that are followed.
const OF_REQUEST: usize = 12;
/// Links of the conversation before it that are followed.
const OF_CONVERSATION: usize = 8;
/// Messages of the conversation that are searched for links.
const MESSAGES: u32 = 50;

/// Asks for what the request links to, and for the conversation, which may link to more.
pub fn plan(event: &Event, route: &Route, _: &Config) -> Result<Vec<Request>, PluginError> {
    let mut requests = link::all(&event.text, event, route);
    requests.truncate(OF_REQUEST);
    requests.push(Request::Thread(MESSAGES));
    Ok(requests)
}

/// Asks for what the conversation links to besides; then makes a piece of everything that came, and one of what did not.
pub fn assemble(
    event: &Event,
    route: &Route,
    _: &Config,
    round: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    if round == 1 {
        let more = of_conversation(event, route, responses);
        if !more.is_empty() {
            return Ok(Assembled::More(more));
        }
    }
    let mut items = Vec::new();
    let of_request = responses.iter().position(|it| matches!(it.request, Request::Thread(_))).unwrap_or_default();
    for (place, response) in (0u32..).zip(responses) {
        if matches!(response.request, Request::Thread(_)) {
            continue;
        }
        let title = link::title(&response.request);
        // What did not come the host notes by itself.
        let Outcome::Ok(fetched) = &response.outcome else { continue };
        // What the person points at themselves matters more than what was pointed at before.
        let weight = if (place as usize) < of_request { 700 } else { 400 };
        items.push(Item { title, text: fetched.text.clone(), sources: vec![place], weight });
    }
    Ok(Assembled::Done(items))
}

/// What the conversation links to, as far as it is not asked for yet.
fn of_conversation(event: &Event, route: &Route, responses: &[Response]) -> Vec<Request> {
    let conversation = responses.iter().find_map(|response| match (&response.request, &response.outcome) {
        (Request::Thread(_), Outcome::Ok(fetched)) => Some(fetched.text.replace("\\n", "\n")),
        _ => None,
    });
    let mut more = link::all(&conversation.unwrap_or_default(), event, route);
    more.retain(|request| responses.iter().all(|response| response.request != *request));
    more.truncate(OF_CONVERSATION);
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_cases_hold() {
        signalbox_plugin::testing::check_prefetcher("cases", plan, assemble);
    }

    #[test]
    fn no_text_is_too_odd() {
        let route = Route { workflow: "build".into(), repository: Some("acme/website".into()), branch: None };
        signalbox_plugin::testing::check_odd_texts("cases", |event| {
            assert!(plan(event, &route, &Config::default()).unwrap().len() <= 32);
        });
    }
}
