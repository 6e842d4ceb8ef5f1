//! Reading a thread back: its own text, its comments, and on a pull request its reviews and comments on lines.

use std::collections::BTreeMap;

use serde::Deserialize;
use signalbox_domain::id::Repository;
use signalbox_domain::talk::{Message, Person, Role, ThreadId};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::chat::{Room, Spoken};

use super::comment::{self, User, moment};
use super::{Comments, numbered};
use crate::app::Place;
use crate::decode::received::{Account, Spot};
use crate::mention;

/// The most reviews, and the most comments on lines, that are read.
const MOST: usize = 1_000;
/// The most people of a thread about whom the forge is asked; whoever comes after is an outsider.
const PEOPLE: usize = 20;

#[derive(Deserialize)]
struct Issue {
    title: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
    created_at: String,
    #[serde(default)]
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Review {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    submitted_at: Option<String>,
}

#[derive(Deserialize)]
struct LineComment {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
    path: String,
    #[serde(default)]
    line: Option<u64>,
    created_at: String,
}

#[derive(Deserialize)]
struct Pull {
    state: String,
    head: Head,
    base: Head,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "ref")]
    branch: String,
    #[serde(default)]
    repo: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    full_name: String,
}

/// One thing written, before it is known who may do what.
struct Written {
    spot: Spot,
    text: String,
    by: Option<User>,
    at: Time,
    ours: bool,
}

impl Comments {
    pub(super) async fn conversation(&self, thread: &ThreadId, limit: usize) -> Result<Vec<Spoken>, Error> {
        let (repository, number) = numbered(thread)?;
        let place = self.github.place(&repository).await?;
        let mut written = self.written(&place, number).await?;
        written.sort_by_key(|written| written.at);
        if written.len() > limit {
            // The root stays: it is what the thread is about.
            let end = (written.len() - limit + 1).max(1);
            written.drain(1..end);
            written.truncate(limit);
        }
        let mut people = BTreeMap::new();
        let mut spoken = Vec::new();
        for Written { spot, text, by, at, ours } in written {
            let by = match by {
                Some(user) if !ours => self.author(&repository, &user, &mut people).await?,
                Some(user) => person(&user, Role::Outsider),
                None => Person { id: "github:ghost".into(), name: "ghost".into(), role: Role::Outsider },
            };
            let message = Message { id: spot.message(), by, text, attachments: Vec::new() };
            spoken.push(Spoken { message, at, ours });
        }
        Ok(spoken)
    }

    async fn written(&self, place: &Place, number: u64) -> Result<Vec<Written>, Error> {
        let issue: Issue =
            place.caller.get(&format!("{}/issues/{number}", place.path)).await.map_err(|trouble| {
                trouble.or(|| format!("{} has no issue or pull request {number}", place.repository))
            })?;
        let at = |stamp: &str| moment(stamp).unwrap_or_default();
        let plain = |body: Option<String>| mention::unhidden(&body.unwrap_or_default()).trim().to_owned();
        let us = |user: &Option<User>| user.as_ref().is_some_and(|user| user.is_us(&self.us));
        let mut written = vec![Written {
            spot: Spot::Issue(number),
            text: format!("{}\n\n{}", issue.title, plain(issue.body)).trim().to_owned(),
            at: at(&issue.created_at),
            ours: us(&issue.user),
            by: issue.user,
        }];
        for comment in comment::every(place, number).await? {
            written.push(Written {
                spot: Spot::Comment(comment.id),
                at: at(&comment.created_at),
                ours: comment.is_ours(&self.us),
                text: plain(comment.body),
                by: comment.user,
            });
        }
        if issue.pull_request.is_none() {
            return Ok(written);
        }
        let reviews: Vec<Review> =
            place.caller.all(&format!("{}/pulls/{number}/reviews", place.path), "", MOST).await?;
        for review in reviews {
            let text = plain(review.body);
            if !text.is_empty() {
                written.push(Written {
                    spot: Spot::Review(review.id),
                    text,
                    at: review.submitted_at.as_deref().map(at).unwrap_or_default(),
                    ours: us(&review.user),
                    by: review.user,
                });
            }
        }
        let lines: Vec<LineComment> =
            place.caller.all(&format!("{}/pulls/{number}/comments", place.path), "", MOST).await?;
        for comment in lines {
            let of = comment.line.map_or(comment.path.clone(), |line| format!("{}, line {line}", comment.path));
            written.push(Written {
                spot: Spot::ReviewComment(comment.id),
                text: format!("({of}) {}", plain(comment.body)),
                at: at(&comment.created_at),
                ours: us(&comment.user),
                by: comment.user,
            });
        }
        Ok(written)
    }

    /// Who wrote something, asking about each only once.
    async fn author(
        &self,
        repository: &Repository,
        user: &User,
        people: &mut BTreeMap<u64, Person>,
    ) -> Result<Person, Error> {
        if let Some(known) = people.get(&user.id) {
            return Ok(known.clone());
        }
        let found = if people.len() < PEOPLE {
            let bot = user.kind.as_deref() != Some("User");
            let account = Account { id: user.id, login: user.login.clone(), bot, via: None };
            self.person(repository, &account).await?
        } else {
            person(user, Role::Outsider)
        };
        people.insert(user.id, found.clone());
        Ok(found)
    }

    /// What a thread is called, and where its words go by themselves: its repository, and the branch of a pull request
    /// that is open there. That of a fork is named as what it proposes: asked for its head, the forge says in words that
    /// nothing begins there.
    pub(super) async fn about(&self, thread: &ThreadId) -> Result<Room, Error> {
        let (repository, number) = numbered(thread)?;
        let place = self.github.place(&repository).await?;
        let mut topic = format!("repo:{repository}");
        let pull: Option<Pull> = place.caller.find(&format!("{}/pulls/{number}", place.path)).await?;
        if let Some(pull) = pull.filter(|pull| pull.state == "open") {
            // The repository may have another name by now: what counts is that both ends have the same.
            let named = |head: &Head| head.repo.as_ref().map(|repo| repo.full_name.to_lowercase());
            let ours = named(&pull.head).is_some_and(|head| named(&pull.base) == Some(head));
            let branch = if ours { pull.head.branch } else { format!("pull/{number}/head") };
            topic.push_str(&format!(" branch:{branch}"));
        }
        Ok(Room { name: repository.0, topic })
    }
}

fn person(user: &User, role: Role) -> Person {
    Person { id: format!("github:{}", user.id), name: user.login.clone(), role }
}
