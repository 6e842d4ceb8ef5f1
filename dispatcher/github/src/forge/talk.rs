//! What people wrote around the code: issues, comments, open review threads; each with what its author may do here.
//!
//! GitHub tells with every text how its author is "associated". That is a word for readers: it says `MEMBER` of somebody
//! who may not push, and `CONTRIBUTOR` of everybody whose typo was ever merged. What somebody may do is asked of the
//! repository's collaborators, each time.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::identity::Permission;
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::forge::{Post, Spot, Talk};

use super::open::Pull;
use crate::app::{Github, Place, Trouble, instant};

/// The most comments of one issue that are read: its first ones would be of people who are long gone.
const COMMENTS: usize = 300;
/// The most people whose permission is asked for; the others are strangers.
const PEOPLE: usize = 30;
/// Open review threads, as GitHub has them only in its other API.
const THREADS: &str = "query($owner:String!,$name:String!,$number:Int!){repository(owner:$owner,name:$name){\
pullRequest(number:$number){url title state reviewThreads(first:100){totalCount nodes{isResolved path line \
comments(first:50){totalCount nodes{body createdAt author{__typename login ... on User{databaseId}}}}}}}}}";

#[derive(Deserialize)]
struct Issue {
    title: String,
    state: String,
    html_url: String,
    comments: u64,
    #[serde(default)]
    pull_request: Option<Merge>,
    #[serde(flatten)]
    post: Written,
}

#[derive(Deserialize)]
struct Merge {
    #[serde(default)]
    merged_at: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    user: Option<User>,
    created_at: String,
    #[serde(default)]
    body: Option<String>,
}

#[derive(Clone, Deserialize)]
struct User {
    id: u64,
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Threads {
    url: String,
    title: String,
    state: String,
    #[serde(rename = "reviewThreads")]
    threads: Nodes<Thread>,
}

#[derive(Deserialize)]
struct Nodes<T> {
    #[serde(rename = "totalCount")]
    total: u64,
    nodes: Vec<T>,
}

#[derive(Deserialize)]
struct Thread {
    #[serde(rename = "isResolved")]
    resolved: bool,
    path: String,
    #[serde(default)]
    line: Option<u64>,
    comments: Nodes<Comment>,
}

#[derive(Deserialize)]
struct Comment {
    body: String,
    #[serde(rename = "createdAt")]
    created: String,
    #[serde(default)]
    author: Option<Author>,
}

#[derive(Deserialize)]
struct Author {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
    #[serde(rename = "databaseId", default)]
    id: Option<u64>,
}

impl Github {
    /// An issue or a pull request, with its comments.
    pub(crate) async fn talked(&self, place: &Place, number: u64) -> Result<Option<Talk>, Error> {
        let path = format!("{}/issues/{number}", place.path);
        let Some(issue) = place.caller.find::<Issue>(&path).await? else { return Ok(None) };
        let comments = match issue.comments {
            0 => Vec::new(),
            _ => place.caller.all::<Written>(&format!("{path}/comments"), "", COMMENTS).await?,
        };
        let more = issue.comments.saturating_sub(comments.len() as u64);
        let merged = issue.pull_request.is_some_and(|pull| pull.merged_at.is_some());
        let all: Vec<Written> = std::iter::once(issue.post).chain(comments).collect();
        let may = self.may(place, all.iter().filter_map(|one| one.user.clone()).collect()).await?;
        let posts = all.into_iter().map(|one| {
            let (by, may) = who(one.user.as_ref(), &may);
            post(by, may, &one.created_at, one.body.unwrap_or_default(), None)
        });
        Ok(Some(Talk {
            title: issue.title,
            state: if merged { "merged".into() } else { issue.state },
            url: issue.html_url,
            posts: posts.collect(),
            more,
        }))
    }

    /// The review threads of a pull request that nobody has resolved.
    pub(crate) async fn unresolved(&self, place: &Place, number: u64) -> Result<Option<Talk>, Error> {
        let (owner, name) = halves(&place.repository);
        let asked = json!({ "query": THREADS, "variables": { "owner": owner, "name": name, "number": number } });
        let answer: Value = place.caller.make("/graphql", &asked).await?;
        if let Some(error) = answer["errors"].as_array().and_then(|errors| errors.first()) {
            return match error["type"].as_str() {
                Some("NOT_FOUND") => Ok(None),
                _ => Err(Error::rejected(format!("GitHub refuses: {}", error["message"].as_str().unwrap_or_default()))),
            };
        }
        let pull = &answer["data"]["repository"]["pullRequest"];
        if pull.is_null() {
            return Ok(None);
        }
        let pull =
            Threads::deserialize(pull).map_err(|error| Error::unavailable(format!("GitHub's answer: {error}")))?;
        let read = pull.threads.nodes.len() as u64;
        let mut more = pull.threads.total.saturating_sub(read);
        let open: Vec<Thread> = pull.threads.nodes.into_iter().filter(|thread| !thread.resolved).collect();
        let authors = open.iter().flat_map(|thread| &thread.comments.nodes).filter_map(|one| one.author.as_ref());
        let may = self.may(place, authors.filter_map(Author::user).collect()).await?;
        let mut posts = Vec::new();
        for (thread, Thread { path, line, comments, .. }) in (1..).zip(open) {
            more += comments.total.saturating_sub(comments.nodes.len() as u64);
            for comment in comments.nodes {
                let user = comment.author.as_ref().and_then(Author::user);
                let (by, may) = who(user.as_ref(), &may);
                let spot = Spot { thread, path: path.clone(), line };
                posts.push(post(by, may, &comment.created, comment.body, Some(spot)));
            }
        }
        Ok(Some(Talk { title: pull.title, state: pull.state.to_lowercase(), url: pull.url, posts, more }))
    }

    /// The commit that a pull request proposes.
    pub(crate) async fn proposed_by(&self, place: &Place, number: u64) -> Result<Option<Commit>, Error> {
        let pull: Option<Pull> = place.caller.find(&format!("{}/pulls/{number}", place.path)).await?;
        Ok(pull.map(|pull| Commit(pull.head.sha)))
    }

    /// What each of these may do here. Programs may nothing, whatever they were given: whoever can make one speak speaks
    /// through it.
    async fn may(&self, place: &Place, users: Vec<User>) -> Result<BTreeMap<u64, Permission>, Error> {
        let people: BTreeSet<u64> = users.iter().filter(|user| user.kind == "User").map(|user| user.id).collect();
        let asked = people
            .into_iter()
            .take(PEOPLE)
            .map(|id| async move { Ok::<_, Error>((id, self.allows(place, &format!("github:{id}")).await?)) });
        Ok(try_join_all(asked).await?.into_iter().collect())
    }
}

impl Author {
    fn user(&self) -> Option<User> {
        Some(User { id: self.id?, login: self.login.clone(), kind: self.kind.clone() })
    }
}

fn who(user: Option<&User>, may: &BTreeMap<u64, Permission>) -> (String, Permission) {
    match user {
        Some(user) => (user.login.clone(), may.get(&user.id).copied().unwrap_or(Permission::None)),
        // Whoever wrote it is gone.
        None => ("ghost".into(), Permission::None),
    }
}

fn post(by: String, may: Permission, at: &str, text: String, spot: Option<Spot>) -> Post {
    Post { by, may, at: instant(at).unwrap_or(Time(0)), text, spot }
}

fn halves(repository: &Repository) -> (&str, &str) {
    repository.as_str().split_once('/').unwrap_or_default()
}

/// What GitHub has no answer to is nothing that it has.
pub(super) fn or_nothing<T>(found: Result<Vec<T>, Trouble>) -> Result<Option<Vec<T>>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if trouble.missing() => Ok(None),
        Err(trouble) => Err(trouble.into()),
    }
}
