//! Finding: words in the code, and the commits that touched a path.

use serde::Deserialize;
use signalbox_domain::id::Commit;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::forge::{Hit, Past};

use super::talk::or_nothing;
use super::tree::commit;
use crate::app::{Github, MATCHES, Place, instant, segment};

#[derive(Deserialize)]
struct Found {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    path: String,
    #[serde(default)]
    text_matches: Vec<Match>,
}

#[derive(Deserialize)]
struct Match {
    #[serde(default)]
    property: String,
    #[serde(default)]
    fragment: String,
}

#[derive(Deserialize)]
struct Listed {
    sha: String,
    commit: About,
}

#[derive(Deserialize)]
struct About {
    message: String,
    #[serde(default)]
    author: Option<By>,
    #[serde(default)]
    committer: Option<By>,
}

#[derive(Deserialize)]
struct By {
    #[serde(default)]
    name: String,
    #[serde(default)]
    date: String,
}

impl Github {
    /// Where words occur on the default branch, which is all that GitHub's search knows.
    pub(crate) async fn found(&self, place: &Place, words: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        // Taken literally: nothing in the words may become a qualifier of GitHub's.
        let plain: String =
            words.chars().map(|c| if c == '"' || c == '\\' || c.is_control() { ' ' } else { c }).collect();
        let query = segment(&format!("\"{}\" repo:{}", plain.trim(), place.repository));
        let path = format!("/search/code?q={query}&per_page={}", limit.min(100));
        let found: Found = place.caller.get_as(&path, MATCHES).await?;
        let mut hits = Vec::new();
        for item in found.items {
            let fragments = item.text_matches.iter().filter(|one| one.property == "content");
            hits.extend(fragments.map(|one| Hit { path: item.path.clone(), line: None, text: one.fragment.clone() }));
        }
        hits.truncate(limit);
        Ok(hits)
    }

    /// The newest commits before one that touched a path.
    pub(crate) async fn touched(
        &self,
        place: &Place,
        at: &Commit,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<Past>>, Error> {
        let address = format!("{}/commits?sha={}&path={}", place.path, commit(at)?, segment(path));
        let found = or_nothing(place.caller.all::<Listed>(&address, "", limit).await)?;
        Ok(found.map(|found| found.into_iter().map(past).collect()))
    }
}

fn past(listed: Listed) -> Past {
    let About { message, author, committer } = listed.commit;
    let at = committer.as_ref().or(author.as_ref()).and_then(|by| instant(&by.date)).unwrap_or(Time(0));
    let title = message.lines().next().unwrap_or_default().to_owned();
    Past { commit: Commit(listed.sha), by: author.map(|by| by.name).unwrap_or_default(), at, title }
}
