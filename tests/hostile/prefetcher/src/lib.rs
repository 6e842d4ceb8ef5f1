//! A prefetcher that does, by its settings, whatever a prefetcher should not. What it was told, it gives.

use signalbox_plugin::prefetcher::{Assembled, File, Item, Outcome, Request, Response, Route};
use signalbox_plugin::{Event, PluginError};

signalbox_plugin::prefetcher!(plan, assemble, Config);

/// What it does, and to what.
#[derive(serde::Deserialize)]
pub struct Config {
    does: String,
    at: Vec<String>,
}

fn file(repository: &str, path: &str) -> Request {
    Request::File(File { repository: repository.to_string(), path: path.to_string() })
}

fn number(config: &Config) -> usize {
    config.at.first().and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// Asks for what it should not.
pub fn plan(_: &Event, route: &Route, config: &Config) -> Result<Vec<Request>, PluginError> {
    let here = route.repository.clone().unwrap_or_default();
    let number = number(config);
    Ok(match config.does.as_str() {
        "paths" => config.at.iter().map(|path| file(&here, path)).collect(),
        "repositories" => config.at.iter().map(|repository| file(repository, "README.md")).collect(),
        "pages" => config.at.iter().map(|url| Request::Http(url.clone())).collect(),
        "requests" => (0..number).map(|number| file(&here, &format!("{number}.md"))).collect(),
        "spin" => loop {
            std::hint::black_box(&here);
        },
        _ => Vec::new(),
    })
}

/// Gives what it should not, or what became of what it asked for.
pub fn assemble(
    _: &Event,
    route: &Route,
    config: &Config,
    round: u32,
    responses: &[Response],
) -> Result<Assembled, PluginError> {
    let item = |bytes: usize| Item {
        title: "what came".to_string(),
        text: "x".repeat(bytes),
        sources: vec![0, 1, u32::MAX],
        weight: u16::MAX,
    };
    let number = number(config);
    Ok(match config.does.as_str() {
        "rounds" if round as usize <= number => {
            Assembled::More(vec![file(&route.repository.clone().unwrap_or_default(), &format!("{round}.md"))])
        }
        "items" => Assembled::Done(vec![item(1); number]),
        "item" => Assembled::Done(vec![item(number)]),
        "bundle" => Assembled::Done(vec![item(64 * 1024); number]),
        "sources" => Assembled::Done(vec![item(1)]),
        _ => {
            let lines = responses.iter().map(|response| match &response.outcome {
                Outcome::Ok(_) => format!("{:?} came to ok\n", response.request),
                Outcome::Denied(reason) => format!("denied: {reason}\n"),
                other @ (Outcome::NotFound
                | Outcome::Timeout
                | Outcome::TooLarge
                | Outcome::Quota
                | Outcome::Upstream(_)) => format!("{:?} came to {other:?}\n", response.request),
            });
            Assembled::Done(vec![Item { text: lines.collect(), sources: Vec::new(), ..item(0) }])
        }
    })
}
