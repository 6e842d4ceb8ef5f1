//! One call: who asks, how fast, and what is made of the answer.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue, LINK, LOCATION};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signalbox_domain::time::Span;
use signalbox_ports::Error;

use super::Github;
use super::pace::Cost;
use super::trouble::Trouble;
use crate::settings::Secret;

/// The longest a call may take, whatever GitHub does.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest answer that is read whole, in bytes: a tree of 100,000 entries is below it.
const LARGEST: usize = 32 * 1024 * 1024;
/// The largest answer of which the end is read, in bytes.
const LONGEST: usize = 256 * 1024 * 1024;
/// What GitHub gives on one page at most.
const PAGE: usize = 100;
/// How often a call is sent on to where a repository is now.
const HOPS: u32 = 2;
/// How long to wait when too many calls are under way.
const BUSY: Span = Span::seconds(1);

/// What GitHub answers in, where nothing else is asked for.
const JSON: &str = "application/vnd.github+json";
/// A diff as text.
pub(crate) const DIFF: &str = "application/vnd.github.diff";
/// What was found, with the words around it.
pub(crate) const MATCHES: &str = "application/vnd.github.text-match+json";

/// Somebody who calls GitHub.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(super) github: Github,
    pub(super) who: Who,
    pub(super) token: Secret,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The App itself.
    App,
    /// One of its installations.
    Installation(u64),
    /// The bearer of a token of an installation.
    Bearer(u64),
    /// A person who signed in.
    Person,
    /// Nobody, at the address where people and git go.
    Web,
}

impl Caller {
    /// Looks at something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        let answer = self.ask(Method::GET, path, None::<&()>, JSON, Cost::Look).await?;
        read(whole(answer).await?)
    }

    /// Looks at something in another of its forms.
    pub(crate) async fn get_as<T: DeserializeOwned>(&self, path: &str, accept: &str) -> Result<T, Trouble> {
        let answer = self.ask(Method::GET, path, None::<&()>, accept, Cost::Look).await?;
        read(whole(answer).await?)
    }

    /// What GitHub's clock says when it answers, as it writes it.
    pub(crate) async fn date(&self, path: &str) -> Result<Option<String>, Trouble> {
        let answer = self.ask(Method::GET, path, None::<&()>, JSON, Cost::Look).await?;
        Ok(answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok()).map(str::to_owned))
    }

    /// Looks at something that may not be there.
    pub(crate) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Trouble> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(trouble) if trouble.missing() => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Every element of a list, page by page, at most `limit`. `list` is the name it has in the answer, empty if the
    /// answer is the list.
    pub(crate) async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        list: &str,
        limit: usize,
    ) -> Result<Vec<T>, Trouble> {
        self.until(path, list, limit, |_| false).await
    }

    /// The same, page by page up to the one that has an element for which `last` holds.
    pub(crate) async fn until<T: DeserializeOwned>(
        &self,
        path: &str,
        list: &str,
        limit: usize,
        last: impl Fn(&T) -> bool + Send,
    ) -> Result<Vec<T>, Trouble> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut next = Some(format!("{path}{mark}per_page={}", PAGE.min(limit)));
        let mut found = Vec::new();
        while let Some(page) = next.take().filter(|_| found.len() < limit) {
            let answer = self.ask(Method::GET, &page, None::<&()>, JSON, Cost::Look).await?;
            next = following(answer.headers());
            let mut page: Value = read(whole(answer).await?)?;
            let elements = if list.is_empty() { page } else { page[list].take() };
            let mut page: Vec<T> = take(elements)?;
            if page.iter().any(&last) {
                next = None;
            }
            found.append(&mut page);
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The first `limit` bytes of an answer as text, and whether there is more.
    pub(crate) async fn text(&self, path: &str, accept: &str, limit: usize) -> Result<(String, bool), Trouble> {
        let mut answer = self.ask(Method::GET, path, None::<&()>, accept, Cost::Look).await?.into_body();
        let mut text = Vec::new();
        while text.len() <= limit
            && let Some(frame) = answer.frame().await
        {
            if let Ok(data) = frame.map_err(Trouble::silence)?.into_data() {
                text.extend_from_slice(&data);
            }
        }
        let more = text.len() > limit;
        text.truncate(limit);
        Ok((String::from_utf8_lossy(&text).into_owned(), more))
    }

    /// The last `limit` bytes of an answer as text.
    pub(crate) async fn tail(&self, path: &str, limit: usize) -> Result<String, Trouble> {
        let answer = self.ask(Method::GET, path, None::<&()>, JSON, Cost::Look).await?;
        let mut body = Limited::new(answer.into_body(), LONGEST);
        let mut end = VecDeque::new();
        while let Some(frame) = body.frame().await {
            let Ok(mut data) = frame.map_err(Trouble::silence)?.into_data() else { continue };
            data.advance(data.len().saturating_sub(limit));
            end.drain(..(end.len() + data.len()).saturating_sub(limit));
            end.extend(data);
        }
        Ok(String::from_utf8_lossy(end.make_contiguous()).into_owned())
    }

    /// Makes something that people see.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Trouble> {
        read(whole(self.ask(Method::POST, path, Some(body), JSON, Cost::Content).await?).await?)
    }

    /// Makes something that nobody is told of.
    pub(crate) async fn make<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Trouble> {
        read(whole(self.ask(Method::POST, path, Some(body), JSON, Cost::Change).await?).await?)
    }

    /// Changes something that people see.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Trouble> {
        read(whole(self.ask(Method::PATCH, path, Some(body), JSON, Cost::Content).await?).await?)
    }

    /// Removes something. What is gone already is no trouble.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), Trouble> {
        match self.ask(Method::DELETE, path, None::<&()>, JSON, Cost::Change).await {
            Ok(_) => Ok(()),
            Err(trouble) if trouble.missing() => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Makes one call, if it may be made now, and answers with what GitHub did if it did something.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        accept: &str,
        cost: Cost,
    ) -> Result<Response<BoxBody<Bytes, octocrab::Error>>, Trouble> {
        let inner = &*self.github.0;
        let account = self.account();
        let busy = || Error::later(self.github.now() + BUSY, "too many calls to GitHub are under way");
        let _under_way = inner.under_way.try_acquire().map_err(|_| busy())?;
        inner.pace.take(account, cost, self.github.now())?;

        // Where people go there is no API, and no media type of its own.
        let accept = if self.who == Who::Web { "application/json" } else { accept };
        let http = if self.who == Who::Web { &inner.web } else { &inner.http };
        let mut at = path.to_owned();
        let mut hops = 0;
        let (parts, body) = loop {
            let mut request = Request::builder().method(method.clone()).uri(&at).header(ACCEPT, accept);
            if self.who != Who::Web {
                let bearer = format!("Bearer {}", self.token.expose());
                let mut bearer = HeaderValue::try_from(bearer).map_err(|_| Error::rejected("the token is no text"))?;
                bearer.set_sensitive(true);
                request = request.header(AUTHORIZATION, bearer);
            }
            let made = http.build_request(request, body);
            let request = made.map_err(|error| Error::rejected(format!("{path} cannot be asked for: {error}")))?;
            let answer = match tokio::time::timeout(PATIENCE, http.execute(request)).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => return Err(Trouble::silence(first_line(&error))),
                Err(_) => return Err(Trouble::silence("no answer in time")),
            };
            let (parts, said) = answer.into_parts();
            match moved(parts.status, &parts.headers) {
                Some(to) if hops < HOPS => (at, hops) = (to, hops + 1),
                Some(_) | None => break (parts, said),
            }
        };
        if parts.status.is_success() {
            return Ok(Response::from_parts(parts, body));
        }
        // What is said about a failure matters less than that it failed.
        let said = Limited::new(body, LARGEST).collect().await.map(|said| said.to_bytes()).unwrap_or_default();
        let mut trouble = Trouble::read(parts.status, &parts.headers, &said, self.github.now());
        if let Error::Later { until, .. } = &trouble.error {
            inner.pace.hold(account, *until);
        }
        if let (Who::Installation(id), StatusCode::UNAUTHORIZED) = (self.who, parts.status) {
            self.github.known().tokens.remove(&id);
            trouble.error = Error::unavailable("GitHub takes the installation's token no longer");
        }
        tracing::debug!(path, status = parts.status.as_u16(), "GitHub refused a call");
        Err(trouble)
    }

    /// Whose limits a call counts against.
    fn account(&self) -> Option<u64> {
        match self.who {
            Who::App | Who::Person | Who::Web => None,
            Who::Installation(id) | Who::Bearer(id) => Some(id),
        }
    }
}

async fn whole(answer: Response<BoxBody<Bytes, octocrab::Error>>) -> Result<Bytes, Trouble> {
    let body = Limited::new(answer.into_body(), LARGEST);
    let read = tokio::time::timeout(PATIENCE, body.collect()).await;
    Ok(read.map_err(|_| Trouble::silence("no answer in time"))?.map_err(Trouble::silence)?.to_bytes())
}

/// Reads what GitHub wrote; an answer without a body is `null`.
fn read<T: DeserializeOwned>(bytes: Bytes) -> Result<T, Trouble> {
    let bytes = if bytes.is_empty() { &b"null"[..] } else { &bytes };
    serde_json::from_slice(bytes).map_err(|error| strange(&error))
}

fn take<T: DeserializeOwned>(value: Value) -> Result<T, Trouble> {
    serde_json::from_value(value).map_err(|error| strange(&error))
}

/// An answer that is not what GitHub documents, or is cut off: the next one may be better.
fn strange(error: &serde_json::Error) -> Trouble {
    Trouble::silence(format!("its answer makes no sense: {error}"))
}

/// Where a repository is that has another name now, on the host we asked. What is asked there is the same: the client
/// follows only what looks.
fn moved(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let kept = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let uri: Uri = headers.get(LOCATION)?.to_str().ok().filter(|_| kept)?.parse().ok()?;
    Some(uri.path_and_query()?.as_str().to_owned())
}

/// Where the next page is, on the host we asked: what an answer says about hosts is not followed.
fn following(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains(r#"rel="next""#))?;
    let uri: Uri = next.split_once('<')?.1.split_once('>')?.0.parse().ok()?;
    Some(uri.path_and_query()?.as_str().to_owned())
}

/// octocrab appends a backtrace to some of its errors.
fn first_line(error: &octocrab::Error) -> String {
    let mut words = error.to_string().lines().next().unwrap_or_default().to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        words.push_str(": ");
        words.push_str(inner.to_string().lines().next().unwrap_or_default());
        cause = inner.source();
    }
    words
}
