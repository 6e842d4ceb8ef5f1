//! One fetch, by one call of one port: labelled with where it is from, who wrote it and how far to believe it.
//!
//! What people below the threshold wrote is left out here, before any plugin sees it, by what the forge or the chat says
//! they may do.

use serde_json::{Value, json};
use signalbox_domain::change::Verdict;
use signalbox_domain::context::Trust;
use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::identity::Permission;
use signalbox_domain::run::Run;
use signalbox_domain::talk::Role;
use signalbox_ports::Error;
use signalbox_ports::forge::{Post, Talk};
use signalbox_ports::plugins::{Fetch, Fetched, Scope};
use signalbox_ports::web::{Bounds, Refused};

use super::{Answer, MAX_FETCHED};
use crate::Engine;
use crate::settings::FETCH_DEADLINE;

/// What the branch of a run is called that begins at what a change request proposes.
const PROPOSED: &str = "pull/";
/// The most paths a folder lists.
const MAX_PATHS: usize = 2_000;
/// The most places a search finds.
const MAX_HITS: usize = 20;
/// The most commits a history tells of.
const MAX_PAST: usize = 20;
/// The most of a failed check's log, in bytes.
const MAX_LOG: usize = 8 * 1024;
/// The most messages of a conversation.
const MAX_MESSAGES: usize = 200;

impl Engine {
    pub(super) async fn one_fetch(&self, run: &Run, scope: &Scope, fetch: &Fetch) -> Result<Answer, Error> {
        match fetch {
            Fetch::Thread { limit } => self.conversation(run, *limit).await,
            Fetch::Http { url } => Ok(self.page(url).await.into()),
            Fetch::File { repository, .. }
            | Fetch::List { repository, .. }
            | Fetch::Change { repository, .. }
            | Fetch::Issue { repository, .. }
            | Fetch::Remarks { repository, .. }
            | Fetch::Checks { repository, .. }
            | Fetch::Search { repository, .. }
            | Fetch::History { repository, .. } => match self.at(scope, repository).await? {
                Some(at) => self.of_repository(&at, repository, fetch).await,
                None => Ok(Fetched::Denied { reason: format!("{repository} is not known here") }.into()),
            },
        }
    }

    /// The commit to read a repository at: the one the run begins at; the default branch as it is, if that is what
    /// somebody proposes, for a proposal is nobody's guide; and of another repository, which the grant let through.
    async fn at(&self, scope: &Scope, repository: &Repository) -> Result<Option<Commit>, Error> {
        let proposed = scope.target.branch.as_deref().is_some_and(|branch| branch.starts_with(PROPOSED));
        if scope.target.repository.as_ref() == Some(repository) && !proposed {
            return Ok(scope.base.clone());
        }
        if !self.ports.forge.repositories().await?.iter().any(|known| known.repository == *repository) {
            return Ok(None);
        }
        Ok(Some(self.ports.forge.head(repository, None).await?.commit))
    }

    async fn of_repository(&self, at: &Commit, repository: &Repository, fetch: &Fetch) -> Result<Answer, Error> {
        let forge = &self.ports.forge;
        let reviewed = |text: Option<String>, source: String| match text {
            Some(text) if text.len() > MAX_FETCHED => Fetched::TooLarge,
            Some(text) => Fetched::Ok { text, author: None, trust: Trust::Reviewed, source },
            None => Fetched::NotFound,
        };
        Ok(match fetch {
            Fetch::Thread { .. } | Fetch::Http { .. } => Fetched::NotFound.into(),
            Fetch::File { path, .. } => {
                let text = forge.file(repository, at, path, MAX_FETCHED).await?;
                reviewed(text, format!("{repository}@{}:{path}", short(at))).into()
            }
            Fetch::List { folder, .. } => {
                let paths = forge.list(repository, at, folder, MAX_PATHS).await?;
                reviewed(Some(paths.join("\n")), format!("{repository}@{}:{folder}/", short(at))).into()
            }
            Fetch::Search { words, .. } => {
                let hits = forge.search(repository, words, MAX_HITS).await?;
                let hits = hits.map(|hits| {
                    lines(hits.into_iter().map(|hit| json!({"path": hit.path, "line": hit.line, "text": hit.text})))
                });
                reviewed(hits, format!("{repository}: {words}")).into()
            }
            Fetch::History { path, .. } => {
                let past = forge.history(repository, at, path, MAX_PAST).await?;
                let past = past.map(|past| {
                    lines(
                        past.into_iter()
                            .map(|it| json!({"commit": it.commit, "by": it.by, "at_ms": it.at.0, "title": it.title})),
                    )
                });
                reviewed(past, format!("{repository}@{}:{path} (history)", short(at))).into()
            }
            Fetch::Checks { change, .. } => self.checks(at, repository, *change).await?.into(),
            Fetch::Issue { number, .. } => {
                self.talk(forge.issue(repository, *number).await?, repository, *number, true)
            }
            Fetch::Remarks { number, .. } => {
                self.talk(forge.remarks(repository, *number).await?, repository, *number, false)
            }
            Fetch::Change { number, .. } => self.change(repository, *number).await?,
        })
    }

    /// A change request and its diff. A stranger's is left out whole: the diff is as much theirs as the words.
    async fn change(&self, repository: &Repository, number: u64) -> Result<Answer, Error> {
        let forge = &self.ports.forge;
        let (change, talk) =
            futures::try_join!(forge.change(repository, number, MAX_FETCHED), forge.issue(repository, number))?;
        let Some((change, text)) = change else { return Ok(Fetched::NotFound.into()) };
        let author = talk.as_ref().and_then(|talk| talk.posts.first());
        if let Some(author) = author.filter(|author| !self.heard(author)) {
            let reason = format!("{}, who proposes it, is not of the team", author.by);
            return Ok(Fetched::Denied { reason }.into());
        }
        let state = talk.as_ref().map_or(String::new(), |talk| format!("state: {}\n", talk.state));
        let mut text = format!("{}\n{state}\n{}", change.title, text.trim_start());
        text.truncate(text.floor_char_boundary(MAX_FETCHED));
        let author = author.map(|author| author.by.clone());
        Ok(Fetched::Ok { text, author, trust: Trust::Team, source: change.url }.into())
    }

    /// The checks that failed.
    async fn checks(&self, at: &Commit, repository: &Repository, change: Option<u64>) -> Result<Fetched, Error> {
        let forge = &self.ports.forge;
        let at = match change {
            Some(number) => match forge.proposed(repository, number).await? {
                Some(commit) => commit,
                None => return Ok(Fetched::NotFound),
            },
            None => at.clone(),
        };
        if !forge.watches(repository).await? {
            return Ok(Fetched::NotFound);
        }
        let checks = forge.checks(repository, &at, MAX_LOG).await?;
        let failed = checks.ran.iter().filter(|ran| ran.verdict == Verdict::Failed);
        let mut text = String::new();
        for ran in failed {
            let line = format!("{}\n", json!({"name": ran.name, "url": ran.url, "log": ran.log}));
            if text.len() + line.len() > MAX_FETCHED {
                break;
            }
            text.push_str(&line);
        }
        let source = format!("checks of {repository}@{}", short(&at));
        Ok(Fetched::Ok { text, author: None, trust: Trust::Team, source })
    }

    /// What people wrote, without strangers. `described`: the first post is the description, under a title of its own.
    fn talk(&self, talk: Option<Talk>, repository: &Repository, number: u64, described: bool) -> Answer {
        let Some(talk) = talk else { return Fetched::NotFound.into() };
        let mut head = None;
        let mut posts = talk.posts.iter();
        let mut left_out = 0_u64;
        if described {
            let mut line = json!({ "state": talk.state });
            if let Some(post) = posts.next().filter(|post| self.heard(post)) {
                line = said(post);
                line["state"] = talk.state.clone().into();
                line["title"] = talk.title.clone().into();
            } else {
                left_out += 1;
            }
            head = Some(format!("{line}\n"));
        }
        let head = head.unwrap_or_default();
        let mut kept: Vec<String> = Vec::new();
        for post in posts {
            if self.heard(post) {
                kept.push(format!("{}\n", said(post)));
            } else {
                left_out += 1;
            }
        }
        // The newest count most.
        let mut size = head.len() + 64;
        let fit = kept.iter().rev().take_while(|line| {
            size += line.len();
            size <= MAX_FETCHED
        });
        let fit = fit.count();
        let older = (kept.len() - fit) as u64 + talk.more;
        let mut text = head;
        kept[kept.len() - fit..].iter().for_each(|line| text.push_str(line));
        if left_out + older > 0 {
            text.push_str(&format!("{}\n", json!({ "left_out": left_out, "older": older })));
        }
        if text.len() > MAX_FETCHED {
            return Fetched::TooLarge.into();
        }
        let source = if talk.url.is_empty() { format!("{repository}#{number}") } else { talk.url };
        let note = match (left_out, older) {
            (0, 0) => None,
            (0, older) => Some(format!("its {older} oldest comments are too many to be read")),
            (strangers, _) => Some(format!("{strangers} of its posts are by people who are not of the team")),
        };
        Answer { fetched: Fetched::Ok { text, author: None, trust: Trust::Team, source }, note }
    }

    /// Whether somebody's words are passed on.
    fn heard(&self, post: &Post) -> bool {
        post.may >= self.settings.fetch.least
    }

    /// The conversation before the request, without what people outside the team wrote.
    async fn conversation(&self, run: &Run, limit: u32) -> Result<Answer, Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(MAX_MESSAGES);
        let spoken = self.chat(&run.thread)?.read(&run.thread, limit).await?;
        let mut kept: Vec<String> = Vec::new();
        let mut left_out = 0_u64;
        for spoken in spoken {
            if spoken.ours || spoken.message.id == run.request.id {
                continue;
            }
            if spoken.message.by.role < Role::Viewer {
                left_out += 1;
                continue;
            }
            let line = json!({
                "by": spoken.message.by.name,
                "role": spoken.message.by.role.words(),
                "at_ms": spoken.at.0,
                "text": spoken.message.text,
            });
            kept.push(format!("{line}\n"));
        }
        let mut size = 64;
        let fit = kept.iter().rev().take_while(|line| {
            size += line.len();
            size <= MAX_FETCHED
        });
        let fit = fit.count();
        let older = kept.len() - fit;
        let mut text: String = kept[older..].concat();
        if left_out > 0 || older > 0 {
            text.push_str(&format!("{}\n", json!({ "left_out": left_out, "older": older })));
        }
        let note = (left_out > 0).then(|| format!("{left_out} of its messages are by people who are not of the team"));
        let fetched = Fetched::Ok { text, author: None, trust: Trust::Team, source: run.thread.to_string() };
        Ok(Answer { fetched, note })
    }

    /// A page. Whoever wrote it, the team named its host.
    async fn page(&self, url: &str) -> Fetched {
        let hosts = self.settings.fetch.hosts.clone();
        let bounds = Bounds { hosts, bytes: MAX_FETCHED, within: FETCH_DEADLINE };
        match self.ports.web.get(url, &bounds).await {
            Ok(page) => Fetched::Ok { text: page.text, author: None, trust: Trust::Team, source: page.url },
            Err(Refused::Denied(reason)) => Fetched::Denied { reason },
            Err(Refused::NotFound) => Fetched::NotFound,
            Err(Refused::Timeout) => Fetched::Timeout,
            Err(Refused::TooLarge) => Fetched::TooLarge,
            Err(Refused::Upstream(detail)) => Fetched::Upstream { detail },
        }
    }
}

/// One post as a line.
fn said(post: &Post) -> Value {
    let mut line = json!({ "by": post.by, "role": words(post.may), "at_ms": post.at.0, "text": post.text });
    if let Some(spot) = &post.spot {
        line["thread"] = spot.thread.into();
        line["path"] = spot.path.clone().into();
        if let Some(at) = spot.line {
            line["line"] = at.into();
        }
    }
    line
}

fn words(permission: Permission) -> &'static str {
    match permission {
        Permission::None => "none",
        Permission::Read => "read",
        Permission::Triage => "triage",
        Permission::Write => "write",
        Permission::Maintain => "maintain",
        Permission::Admin => "admin",
    }
}

/// Objects, one a line, as many as fit.
fn lines(all: impl Iterator<Item = Value>) -> String {
    let mut text = String::new();
    for one in all {
        let line = format!("{one}\n");
        if text.len() + line.len() > MAX_FETCHED {
            break;
        }
        text.push_str(&line);
    }
    text
}

fn short(commit: &Commit) -> &str {
    commit.0.get(..12).unwrap_or(&commit.0)
}
