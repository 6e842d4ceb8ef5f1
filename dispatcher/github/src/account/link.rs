//! `GET` and `POST /link/github`: somebody signs in on GitHub, and says that the person of the chat is them.
//!
//! The address to begin at is told to that person alone; it holds who they are, sealed. Somebody else who is brought to
//! open it is asked, with the name they signed in with before their eyes, and is warned.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;

use super::page::{self, Shown};
use crate::app::Github;
use crate::settings::{Oauth, Secret};
use crate::token::seal;

/// Where GitHub sends people back to: the App's callback address ends with it.
pub const LINK: &str = "/link/github";
/// How long an address to begin at is good.
const BEGUN: Span = Span::hours(24);
/// How long somebody may think before they say yes.
const ASKED: Span = Span::minutes(10);
/// What the key that seals addresses is for.
const PURPOSE: &str = "linking accounts";

/// Hears who linked their account, so that what waited for it goes on.
#[async_trait]
pub trait Linked: Send + Sync {
    /// The person `chat:id` did. Hearing it again changes nothing.
    async fn linked(&self, person: &str) -> Result<(), Error>;
}

/// What stands in an address: nobody can make or change one but us.
#[derive(Debug, Serialize, Deserialize)]
struct Ticket {
    person: String,
    until: Time,
    /// Whom they signed in as, once they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<u64>,
}

#[derive(Clone)]
struct Desk {
    github: Github,
    told: Arc<dyn Linked>,
}

#[derive(Deserialize)]
struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
struct Confirmed {
    ticket: String,
}

#[derive(Deserialize)]
struct Granted {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    error_description: String,
}

#[derive(Deserialize)]
struct Me {
    id: u64,
    login: String,
}

/// Serves the pages of [`LINK`].
pub fn link_routes(github: &Github, told: Arc<dyn Linked>) -> Router {
    let desk = Desk { github: github.clone(), told };
    Router::new().route(LINK, get(returned).post(confirmed)).with_state(desk)
}

impl Github {
    /// Where a person begins.
    pub(super) fn sign_in(&self, oauth: &Oauth, person: &str) -> Result<String, Error> {
        let ticket = Ticket { person: person.to_owned(), until: self.now() + BEGUN, account: None };
        let mut url = url::Url::parse(&format!("{}/login/oauth/authorize", self.settings().web_url))
            .map_err(|error| Error::rejected(format!("the address of GitHub is none: {error}")))?;
        url.query_pairs_mut().append_pair("client_id", &oauth.client_id).append_pair("state", &self.issue(&ticket)?);
        Ok(url.into())
    }

    fn issue(&self, ticket: &Ticket) -> Result<String, Error> {
        let text = serde_json::to_string(ticket).map_err(Error::rejected)?;
        seal::seal(&self.sealing_key(PURPOSE), PURPOSE, &Secret::new(text))
    }

    /// A ticket of ours that is still good.
    fn read(&self, sealed: &str) -> Option<Ticket> {
        let text = seal::open(&self.sealing_key(PURPOSE), PURPOSE, sealed)?;
        let ticket: Ticket = serde_json::from_str(text.expose()).ok()?;
        (self.now() < ticket.until).then_some(ticket)
    }

    /// Who signed in with this code. Their token is used for this one question and forgotten.
    async fn signed_in(&self, code: &str) -> Result<Me, Error> {
        let Some(oauth) = &self.settings().oauth else {
            return Err(Error::rejected("the App has no client secret: nobody can sign in"));
        };
        let wanted = serde_json::json!({
            "client_id": oauth.client_id,
            "client_secret": oauth.client_secret.expose(),
            "code": code,
        });
        let granted: Granted = self.web().make("/login/oauth/access_token", &wanted).await?;
        if granted.access_token.is_empty() {
            return Err(Error::rejected(format!("GitHub did not sign you in: {}", granted.error_description)));
        }
        Ok(self.person(Secret::new(granted.access_token)).get("/user").await?)
    }
}

/// Somebody comes back from GitHub: they are asked whether the person is them.
async fn returned(State(desk): State<Desk>, Query(returned): Query<Returned>) -> Response {
    let Some(ticket) = desk.github.read(&returned.state) else { return page::show(&Shown::Stale) };
    if returned.code.is_empty() {
        return page::show(&Shown::Declined);
    }
    let asked = async {
        let me = desk.github.signed_in(&returned.code).await?;
        let until = desk.github.now() + ASKED;
        let ticket = Ticket { account: Some(me.id), until, ..ticket };
        Ok((desk.github.issue(&ticket)?, me.login, ticket.person))
    };
    match asked.await {
        Ok((ticket, login, person)) => page::show(&Shown::Asked { ticket: &ticket, login: &login, person: &person }),
        Err(error) => failed(&error),
    }
}

/// They said yes.
async fn confirmed(State(desk): State<Desk>, Form(confirmed): Form<Confirmed>) -> Response {
    let Some(Ticket { person, account: Some(account), .. }) = desk.github.read(&confirmed.ticket) else {
        return page::show(&Shown::Stale);
    };
    let kept = async {
        desk.github.remember(&person, account).await?;
        desk.told.linked(&person).await
    };
    match kept.await {
        Ok(()) => page::show(&Shown::Done),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Response {
    tracing::warn!(%error, "an account could not be linked");
    page::show(&Shown::Failed)
}
