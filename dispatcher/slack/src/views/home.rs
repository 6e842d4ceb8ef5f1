//! The app's home: what somebody asked for, what it cost, what they set for themselves.

use signalbox_domain::post::Span;
use signalbox_domain::reply::money;
use slack_morphism::SlackActionId;
use slack_morphism::blocks::{
    SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackBlockButtonElement, SlackHeaderBlock, SlackHomeView,
    SlackView,
};
use url::Url;

use super::defaults::Defaults;
use crate::encode::{lines, web, words};
use crate::slack::{Spend, Summary};

/// The name of the button that opens the form.
pub(crate) const SETTINGS: &str = "signalbox.settings";

/// What is shown.
pub(super) struct Home {
    pub(super) runs: Vec<Summary>,
    pub(super) spend: Spend,
    /// Where they say who they are at the forge, if they have not.
    pub(super) link: Option<String>,
    pub(super) defaults: Defaults,
}

pub(super) fn view(home: &Home, console: Option<&str>) -> SlackView {
    let mut blocks = vec![header("What I work on for you")];
    blocks.extend(lines(&runs(&home.runs), console));
    blocks.push(header("What it cost"));
    blocks.extend(lines(&[spend(home.spend)], console));
    blocks.push(header("What you set for yourself"));
    blocks.extend(lines(&defaults(&home.defaults), console));
    let mut row: Vec<SlackActionBlockElement> = vec![button("Change", SETTINGS).into()];
    if let Some((url, _)) = home.link.as_deref().and_then(|link| web(link, console))
        && let Ok(url) = Url::parse(&url)
    {
        row.push(button("Link your account at the forge", "signalbox.link").with_url(url).into());
    }
    blocks.push(SlackActionsBlock::new(row).into());
    SlackView::Home(SlackHomeView::new(blocks))
}

fn runs(runs: &[Summary]) -> Vec<Vec<Span>> {
    if runs.is_empty() {
        let nothing = "Nothing yet. Mention me in a channel, or write to me here, and say in a sentence what you want.";
        return vec![vec![Span::Plain(nothing.into())]];
    }
    let row = |run: &Summary| {
        let title: String = run.title.chars().take(120).collect();
        let more = if title.len() < run.title.len() { " …" } else { "" };
        let mut row = vec![
            Span::Strong(run.standing.clone()),
            Span::Plain("  ".into()),
            Span::Untrusted(format!("{title}{more}")),
            Span::Plain(format!(" · {} · run:{}", run.place, run.run)),
        ];
        if let Some(url) = &run.url {
            row.extend([Span::Plain(" · ".into()), Span::Link { label: "look".into(), url: url.clone() }]);
        }
        row
    };
    runs.iter().map(row).collect()
}

fn spend(spend: Spend) -> Vec<Span> {
    let cap = spend.cap.map_or_else(String::new, |cap| format!(" of {}", money(cap)));
    vec![Span::Plain(format!("{} today, {}{cap} this month", money(spend.today), money(spend.month)))]
}

fn defaults(defaults: &Defaults) -> Vec<Vec<Span>> {
    let place = match &defaults.repository {
        Some(repository) => vec![Span::Plain("Requests go to ".into()), Span::Strong(repository.to_string())],
        None => vec![Span::Plain("You are asked where a request goes, if nothing says so.".into())],
    };
    let told =
        if defaults.verbose { "You are told of every step." } else { "You are told what needs you, and the end." };
    vec![place, vec![Span::Plain(told.into())]]
}

fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(words(text)).into()
}

fn button(label: &str, action: &str) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(words(label)).with_action_id(SlackActionId(action.into()))
}

#[cfg(test)]
mod tests {
    use signalbox_domain::time::Time;

    use super::*;

    #[test]
    fn a_home_shows_runs_spend_and_defaults_and_calls_nobody() {
        let run = Summary {
            run: "01J".into(),
            title: "ask <!channel> & <@U1> about the price".into(),
            place: "acme/website".into(),
            standing: "working".into(),
            url: Some("/runs/01J".into()),
            at: Time(0),
        };
        let defaults = Defaults { repository: Some("acme/website".into()), verbose: true };
        let spend = Spend { today: 840_000, month: 12_000_000, cap: Some(50_000_000) };
        let home = Home { runs: vec![run], spend, link: Some("https://forge.example/link".into()), defaults };
        let written = serde_json::to_string(&view(&home, Some("https://signalbox.example"))).unwrap();
        for shown in
            ["working", "acme/website", "$0.84 today, $12 of $50 this month", "https://signalbox.example/runs/01J"]
        {
            assert!(written.contains(shown), "{shown} in {written}");
        }
        assert!(!written.contains("\"mrkdwn\""), "nothing is read as markup: {written}");
    }
}
